"""Look whether images, tables and records of a well tell one story of its registration."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tasks.doctor.examine_image import listed_names
from tasks.doctor.finding import Finding
from tasks.plan.errors import InvalidInputError
from tasks.storage.as_made import unlike_made
from tasks.storage.fingerprint import fingerprint_table
from tasks.storage.made_from import OF_REFERENCE
from tasks.storage.provenance import MADE_FROM, Record
from tasks.storage.well_entries import WellImage

Records = Mapping[str, Record]
"""By name of the image."""


def examine_records(well: Path, listed: Sequence[WellImage], records: Records) -> Iterator[Finding]:
    """Yield what does not fit together in the records of a well.

    Args:
        well: Folder of the well.
        listed: The images that it lists and that no run is working on.
        records: Of the images that are there.
    """
    yield from _left_out(well, listed, records)
    for name, record in sorted(records.items()):
        yield from _not_as_made(well / name, record)
    in_place = {name: one for name, one in records.items() if one.get("origin") == name}
    beside = {name: one for name, one in records.items() if name not in in_place}
    yield from _mixed_results(well, beside)
    if in_place and not _are_as_registered(well, in_place):
        # Only what is not byte for byte as it was costs reading tables, and loading what does.
        from tasks.doctor.frames import examine_frames  # noqa: PLC0415

        yield from examine_frames(well, sorted(in_place))


def _not_as_made(image: Path, record: Record) -> Iterator[Finding]:
    """Yield what an image does not hold any more of what its registration wrote."""
    try:
        for problem, advice in unlike_made(image, record):
            yield Finding(path=image, problem=problem, remedy="person", advice=advice)
    except (InvalidInputError, OSError):
        # What is not there, or cannot be read, is told of by the image itself.
        return


def _left_out(well: Path, listed: Sequence[WellImage], records: Records) -> Iterator[Finding]:
    """Yield one finding where images, or all of an acquisition, are left beside registered ones."""
    if not records:
        return
    origins = sorted({str(record.get("origin")) for record in records.values()})
    acquisitions = {record.get("acquisition") for record in records.values()}
    tables = {record.get("registered_roi_table") for record in records.values()}
    try:
        left = [
            image.name
            for image in listed
            if (well / image.name).is_dir()
            and image.name not in records
            and image.name not in origins
            and (
                (image.acquisition is not None and image.acquisition not in acquisitions)
                or not tables.isdisjoint(listed_names(well / image.name, "tables"))
            )
        ]
        replaced = {finding.path.name: finding for finding in _replaced(well, left, records)}
    except (InvalidInputError, OSError):
        # What cannot be read is told of by the image itself.
        return
    yield from replaced.values()
    left = [name for name in left if name not in replaced]
    if left:
        yield Finding(
            path=well,
            problem=f"image {', '.join(left)} is not registered beside {', '.join(origins)}",
            remedy="person",
            advice="register it (`plate-registration register` brings an image that came later "
            "into the frame of the others), or leave it as it is",
        )


def _replaced(well: Path, names: Sequence[str], records: Records) -> Iterator[Finding]:
    """Yield a finding for each image that is another than the one others were registered to."""
    in_place = sorted(
        name
        for name, record in records.items()
        if record.get("origin") == name and _reference_of(record) in names
    )
    if not in_place:
        return
    # Only where a reference is not registered this costs loading what reads tables.
    from tasks.survey.replaced_reference import reason_why_replaced  # noqa: PLC0415

    for name in names:
        if reason := reason_why_replaced(well / name, [well / other for other in in_place]):
            problem, advice = reason
            yield Finding(path=well / name, problem=problem, remedy="person", advice=advice)


def _reference_of(record: Record) -> str:
    reference = record.get("reference")
    return str(reference.get("name")) if isinstance(reference, dict) else ""


def _mixed_results(well: Path, beside: Records) -> Iterator[Finding]:
    """Yield a finding per table of which results were made with different contents."""
    results: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for name, record in beside.items():
        key = str(record.get("registered_roi_table")), str(record.get("reference"))
        results[key][str(record.get("reference_digest"))].append(name)
    for (table, _), by_content in results.items():
        if len(by_content) > 1:
            groups = " and ".join(", ".join(sorted(names)) for names in by_content.values())
            yield Finding(
                path=well,
                problem=f"the reference's table '{table}' has changed between the registration of "
                f"{groups}",
                remedy="person",
                advice="run the same registration beside the originals (overwrite_input=False) "
                "again: it makes anew what is not up to date",
            )


def _are_as_registered(well: Path, in_place: Records) -> bool:
    """Return whether all images are in one frame, and their tables the files they got with it."""
    if len({str(record.get("reference_digest")) for record in in_place.values()}) > 1:
        return False
    for name, record in in_place.items():
        made_from = record.get(MADE_FROM)
        below = f"tables/{record.get('registered_roi_table')}"
        try:
            now = fingerprint_table(well / name / below)
        except (InvalidInputError, OSError):
            return False
        if not isinstance(made_from, dict) or made_from.get(f"{OF_REFERENCE}{below}") != now:
            return False
    return True
