"""What somebody has added to a result beside its original: making it again would remove it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import JsonValue

from tasks.plan.errors import InvalidInputError
from tasks.plan.quality_table import QUALITY_TABLE
from tasks.plan.registration_plan import RegistrationPlan
from tasks.storage.fingerprint import fingerprint_pyramid, fingerprint_table
from tasks.storage.made_from import IMAGE, OF_REFERENCE, TABLES
from tasks.storage.provenance import MADE, MADE_FROM, changes_since, read_provenance
from tasks.survey.label_names import find_labels
from tasks.survey.listed_tables import list_tables
from tasks.survey.multiscale import read_multiscale

_GROUPS = frozenset({"labels", "tables"})


def refuse_to_lose(plan: RegistrationPlan, *, redo: bool) -> tuple[str, ...]:
    """Refuse to make a result again that somebody has worked in since, unless redo is asked for.

    Args:
        plan: What will be done; the result is not up to date, or is made again anyway.
        redo: Whether finished work is to be done again.

    Returns:
        With `redo`, what is lost, in words; nothing where nothing was added.

    Raises:
        InvalidInputError: Something was added to the result, or changed in it, since it was made.
    """
    added = added_since(plan.output_path, plan.image_path) if not plan.overwrites_input else ()
    if not added:
        return ()
    held = f"{plan.output_path} holds what was added or changed since it was made"
    if redo:
        return (f"{held}, and is made again without it: {', '.join(added)}",)
    raise InvalidInputError(
        f"{held}: {', '.join(added)}. It is out of date ({', '.join(changes_since(plan))}), and "
        "making it again would remove that. Copy what you need out of the well, then make it again "
        "with redo; or leave it as it is, and name the other images"
    )


def added_since(result: Path, origin: Path) -> tuple[str, ...]:
    """Return in words what a result holds that its run did not write; empty if nothing, or unknown.

    That are labels, tables, groups and files, and pixels of image and labels that were changed.
    What can be told of results of earlier releases is nothing: their records do not say it.

    Args:
        result: Root folder of the result, which may not be there.
        origin: Root folder of the image it was made from.

    Raises:
        InvalidInputError: Metadata cannot be understood.
    """
    record = read_provenance(result) or {}
    made, before = record.get(MADE), record.get(MADE_FROM)
    if not isinstance(made, dict) or not isinstance(before, dict):
        return ()
    parts = {str(part): str(letters) for part, letters in made.items()}
    return (
        *_changed(result, parts),
        *(f"label '{name}'" for name in _new_labels(result, origin, parts)),
        *(
            f"table '{name}'"
            for name in list_tables(result)
            if name not in {QUALITY_TABLE, *_known_tables(origin, parts, before)}
        ),
        *(f"'{name}'" for name in sorted(_others(result) - _others(origin))),
    )


def _changed(result: Path, made: dict[str, str]) -> Iterator[str]:
    for part, letters in made.items():
        fingerprint = fingerprint_table if part.startswith(TABLES) else fingerprint_pyramid
        try:
            now = fingerprint(result if part == IMAGE else result / part)
        except (FileNotFoundError, InvalidInputError):
            # What is gone cannot be lost.
            continue
        if now != letters:
            group, _, name = part.partition("/")
            yield f"{group.removesuffix('s')} '{name}'" if name else "its pixels"


def _new_labels(result: Path, origin: Path, made: dict[str, str]) -> list[str]:
    # What is not listed may have been carried over without being a label that can be read.
    found, carried = find_labels(result), find_labels(origin)
    beside = {*found.unlisted, *found.unreadable}
    beside -= {*carried.listed, *carried.unlisted, *carried.unreadable}
    return sorted(n for n in {*found.listed, *beside} if f"labels/{n}" not in made)


def _known_tables(origin: Path, made: dict[str, str], before: dict[str, JsonValue]) -> set[str]:
    names = {part.removeprefix(TABLES) for part in made if part.startswith(TABLES)}
    if names:
        return names
    # A record of a release that did not keep them.
    parts = {part.removeprefix(OF_REFERENCE) for part in before}
    return {*list_tables(origin), *(p.removeprefix(TABLES) for p in parts if p.startswith(TABLES))}


def _others(image: Path) -> set[str]:
    """Return what lies in an image beside its levels, labels, tables and hidden files."""
    levels = {path.partition("/")[0] for path in read_multiscale(image).levels}
    return {
        entry.name
        for entry in image.iterdir()
        if not entry.name.startswith(".") and entry.name != "zarr.json"
    } - (levels | _GROUPS)
