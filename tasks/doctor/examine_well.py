"""Look for what interrupted runs left in a well, and for what does not fit together in it."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from tasks.doctor.examine_image import examine_image
from tasks.doctor.finding import Finding, Remedy
from tasks.doctor.pairs import examine_pairs
from tasks.doctor.records import examine_records
from tasks.plan.errors import InvalidInputError
from tasks.storage.earlier_versions import find_earlier
from tasks.storage.held import find_held, is_held
from tasks.storage.hidden import LOCK_FOLDER, HiddenKind, hidden_folders, parse_hidden
from tasks.storage.holders import Holder, read_holders
from tasks.storage.kinds import kind_of
from tasks.storage.paths import require_inside
from tasks.storage.provenance import Record, read_provenance
from tasks.storage.recover import find_leftovers, require_first_result
from tasks.storage.swap import is_phantom
from tasks.storage.swap_table import find_table_leftovers
from tasks.storage.well_entries import read_images, require_listed_well
from tasks.survey.boundary import told_of
from tasks.survey.unlisted import unlisted_images


def examine_well(well: Path) -> tuple[Finding, ...]:
    """Return what is not as it should be in a well; nothing is changed.

    An image that a run is working on is told of and not looked at. Metadata that cannot be read is
    a finding too.
    """
    try:
        with told_of(well):
            return _examine(well)
    except InvalidInputError as error:
        return (_finding(well, str(error), "person", "it was not looked at any further"),)


def _examine(well: Path) -> tuple[Finding, ...]:
    try:
        require_listed_well(well)
        holders = read_holders(well)
        busy = {str(holder.image) for holder in holders if holder.image and holder.is_alive}
        leftovers = {n: kinds for n, kinds in find_leftovers(well).items() if n not in busy}
        every = read_images(well)
        images = [image for image in every if image.name not in busy]
        listed = [image.name for image in images]
        there = _images_there(well)
    except (InvalidInputError, OSError) as error:
        # A finding names its path itself.
        problem = str(error).removeprefix(f"{well}").lstrip(": ")
        return (_finding(well, problem, "person", "it was not looked at any further"),)
    found = [_of_holder(well, holder) for holder in holders]
    found += [_of_held(held) for held in find_held(well)]
    for name, kinds in sorted(leftovers.items()):
        found += _of_leftovers(well, name, kinds)
    found += _of_earlier_versions(well, listed)
    found += examine_pairs(well, every)
    for name in listed:
        found += _of_listed(well / name, is_half_swapped=name in leftovers)
    is_owned = any(holder.image is None and holder.is_alive for holder in holders)
    if not is_owned:
        found += _of_tables(well)
    records: dict[str, Record] = {}
    for name in there - busy:
        try:
            record = read_provenance(well / name)
        except (InvalidInputError, OSError):
            # It is listed, and told of already; or nobody's.
            continue
        if record is not None:
            records[name] = record
            if name not in listed:
                found.append(_of_unlisted(well / name, record))
    found += _of_unlisted_images(well, {image.name for image in every}, busy | records.keys())
    if not is_owned:
        found += examine_records(well, images, records)
    return tuple(found)


def _of_unlisted_images(
    well: Path, listed: Collection[str], told: Collection[str]
) -> Iterator[Finding]:
    for name in unlisted_images(well, listed):
        if name not in told:
            yield _finding(
                well / name,
                "an image that its well does not list",
                "person",
                "add it to the list 'images' of the well, with its acquisition, or move it out",
            )


def _images_there(well: Path) -> set[str]:
    with os.scandir(well) as entries:
        return {
            entry.name
            for entry in entries
            if entry.is_dir()
            and entry.name != LOCK_FOLDER
            and parse_hidden(entry.name) is None
            and not is_held(entry.name)
        }


def _of_held(held: Path) -> Finding:
    return _finding(
        held,
        "a result that was held back, as its quality was not what was asked for",
        "person",
        "look at the report, then accept it or discard it "
        f"(`plate-registration accept {held.parent}` or `discard`)",
    )


def _of_holder(well: Path, holder: Holder) -> Finding:
    path = well if holder.image is None else well / holder.image
    if holder.is_alive:
        return _finding(path, f"in use by {holder.who}", "wait", "look again when it has ended")
    return _finding(
        path, f"{holder.who} has ended without giving it back", "free", "this stops no other run"
    )


def _of_leftovers(well: Path, name: str, kinds: frozenset[HiddenKind]) -> Iterator[Finding]:
    hidden, image = hidden_folders(well, name), well / name
    if "rejected" in kinds:
        yield _finding(
            hidden.rejected,
            f"a new image that was not what was planned ({_first_reason(hidden.rejected)})",
            "person",
            "look at it; the next run that succeeds removes it",
        )
        kinds -= {"rejected"}
    if not kinds:
        return
    beside = ", ".join(getattr(hidden, kind).name for kind in sorted(kinds))
    try:
        is_missing = not os.path.lexists(image) or is_phantom(image)
        if is_missing and kinds - {"discarded"} == {"verified"}:
            require_first_result(hidden.verified, image)
    except (InvalidInputError, OSError) as error:
        yield _finding(image, f"an earlier run left {beside}", "person", str(error))
        return
    if is_missing and "replaced" in kinds:
        problem = f"an earlier run stopped in the middle of a swap: the image is in {beside}"
        yield _finding(image, problem, "recover", "the next run finishes or undoes the swap")
    else:
        problem = f"an earlier run that was interrupted left {beside}"
        yield _finding(image, problem, "recover", "the next run removes it")


def _of_earlier_versions(well: Path, listed: list[str]) -> Iterator[Finding]:
    for name, folders in find_earlier(well).items():
        if name not in listed:
            continue
        beside = ", ".join(folders)
        if f".{name}.replaced" in folders and not os.path.lexists(well / name):
            problem = f"an earlier run stopped in the middle of a swap: the image is in {beside}"
            yield _finding(well / name, problem, "recover", "the next run puts it back")
        else:
            yield _finding(
                well / name,
                f"{beside} may have been left by an earlier version, or be somebody's own",
                "person",
                "look at it, and remove it if nobody needs it; no run touches it",
            )


def _of_tables(well: Path) -> Iterator[Finding]:
    for image, names in find_table_leftovers(well).items():
        for name in names:
            problem = f"an earlier run stopped while it replaced the table '{name}'"
            yield _finding(image, problem, "recover tables", "the next run finishes or undoes it")


def _of_listed(image: Path, *, is_half_swapped: bool) -> Iterator[Finding]:
    try:
        require_inside(image, image.parent)
        kind = kind_of(image)
        if kind == "image":
            with told_of(image):
                yield from examine_image(image)
        elif not is_half_swapped:
            what = "there is no such folder" if kind == "missing" else "this is no image"
            yield _finding(
                image,
                f"the well lists this image, but {what}",
                "person",
                "restore it from a backup, or take it from the well's list",
            )
    except (InvalidInputError, OSError) as error:
        problem = str(error).removeprefix(f"{image} ")
        yield _finding(image, problem, "person", "the image was not looked at any further")


def _of_unlisted(image: Path, record: Record) -> Finding:
    problem = "a registered image that its well does not list"
    if isinstance(record.get("acquisition"), int):
        return _finding(image, problem, "list", "viewers cannot find it")
    advice = "its record names no acquisition; list it by hand, or remove it"
    return _finding(image, problem, "person", advice)


def _first_reason(rejected: Path) -> str:
    try:
        lines = (rejected / "reason.txt").read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return "it has no reason.txt"
    return lines[0]


def _finding(path: Path, problem: str, remedy: Remedy, advice: str) -> Finding:
    return Finding(path=path, problem=problem, remedy=remedy, advice=advice)
