"""Record in an image what it was made from and in which frame it is, and know that again.

One record lies in every image that was registered, as the root attribute `plate_registration`:

- `version`, `registered_roi_table`, `reference` (name and acquisition), `origin` (the image it was
  made from: its own name where it was replaced in place), `acquisition`, `register_labels` and,
  where pixels were interpolated, `interpolation`: what was asked for;
- `made_from`: the letters by which pixels, labels, tables, and the reference's ROI tables are
  known again (`tasks.storage.fingerprint`), as they were; `regions_digest` and `reference_digest`:
  the same for the registered regions of the image and of the reference;
- `made`: the letters by which the pixels of the image and of its labels, and its tables, are known
  again, as they were written (tables not in records of earlier releases);
- `frame`: the regions of the reference, in micrometers, to which the image was brought and cut, and
  `shifts` (with `fractions`): by how many pixels each region moved to get there;
- `earlier`: the records of registrations that this one was built on, oldest first.

A result beside its origin is up to date while all that it was made from is what it was. An image
that was replaced in place is in its frame for good: it is up to date while that is the frame asked
for.

Records of releases before `made_from` and `frame` lack both. Of a result beside its origin it is
then assumed, as those releases did, that nothing has changed but the registered regions, which they
digested. The frame of an image is then taken from a registered table with that digest, its own, or
another's of the well; where none is left it is not known, and the image is not touched. All labels
of an image that was moved without them count as left behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path

from pydantic import JsonValue

from tasks.plan.errors import VerificationError
from tasks.plan.registration_plan import RegistrationPlan
from tasks.storage.attributes import OUR_RECORD, read_attributes, write_attributes, zarr_format
from tasks.storage.consolidated import consolidate, has_consolidated
from tasks.storage.hidden import hidden_folders, staging_path
from tasks.storage.made_from import OF_REFERENCE, changed_parts, fingerprint_result

Record = dict[str, JsonValue]

EARLIER = "earlier"
"""Key of the records of registrations that this one was built on, oldest first."""

MADE_FROM = "made_from"
MADE = "made"
FRAME = "frame"

# A new release does not make an old result wrong, nor does what was done before. What was made is
# the result of all the rest.
_NOT_COMPARED = frozenset({"version", EARLIER, MADE})

_ASKED_FOR = {
    "registered_roi_table": "the name of the registered table",
    "reference": "the reference",
    "origin": "the image it was made from",
    "interpolation": "the interpolation",
}
_ASKED_FOR_BESIDE = {
    **_ASKED_FOR,
    "acquisition": "the acquisition",
    "register_labels": "whether labels move",
    "regions_digest": "the regions of the image",
    "reference_digest": "the regions of the reference",
    "shifts": "the shifts in pixels",
    "fractions": "the fractions of the shifts",
}
_ASKED_FOR_IN_PLACE = {**_ASKED_FOR, "reference_digest": "the regions of the reference"}


def make_provenance(plan: RegistrationPlan) -> Record:
    """Return the record of a registration; it depends on the plan and this release alone.

    Shifts are in whole pixels of the finest level, per region and axis, from where the region was
    read to where it was written. Where pixels were interpolated, the record says how, and by which
    fractions of a pixel they moved beyond that; it does not mention it where they were not.
    """
    record: Record = {
        "version": version("plate-registration"),
        "registered_roi_table": plan.registered_roi_table,
        "reference": {
            "name": plan.reference_path.name,
            "acquisition": plan.reference_acquisition,
        },
        "origin": plan.image_name,
        "acquisition": plan.acquisition,
        "register_labels": plan.register_labels,
        "regions_digest": plan.regions_digest,
        "reference_digest": plan.reference_digest,
        MADE_FROM: dict(plan.made_from),
        FRAME: [region.model_dump() for region in plan.frame],
        "shifts": {
            shift.region: dict(zip(plan.image.axes, shift.offset, strict=True))
            for shift in plan.image.shifts
        },
    }
    if plan.image.interpolation != "none":
        record["interpolation"] = plan.image.interpolation
        record["fractions"] = {
            shift.region: dict(zip(plan.image.axes, shift.fraction, strict=True))
            for shift in plan.image.shifts
            if not shift.is_whole
        }
    return record


def read_provenance(image: Path) -> Record | None:
    """Return the record of an image, or None if it has none or does not exist.

    Raises:
        InvalidInputError: If the image's metadata cannot be understood.
    """
    if zarr_format(image) is None:
        return None
    record = read_attributes(image).get(OUR_RECORD)
    return record if isinstance(record, dict) else None


def all_records(record: Record) -> Iterator[Record]:
    """Yield a record and those that it was built on, newest first."""
    yield record
    earlier = record.get(EARLIER)
    for one in reversed(earlier if isinstance(earlier, list) else []):
        if isinstance(one, dict):
            yield one


def has_moved(record: Record) -> bool:
    """Return whether pixels lie elsewhere than before the registration that a record tells of."""
    regions = [record.get("shifts"), record.get("fractions")]
    return any(
        isinstance(moved, dict) and any(moved.values())
        for by_region in regions
        if isinstance(by_region, dict)
        for moved in by_region.values()
    )


def write_provenance(plan: RegistrationPlan) -> None:
    """Write the record into the staged image, as the last of its metadata.

    Records of earlier registrations are kept under `earlier`; doing a finished registration again
    keeps its record, which has the shifts that the pixels really moved by. If the source has
    consolidated metadata, the staged image gets its own. Does nothing if an earlier attempt of this
    run has come further.

    Raises:
        VerificationError: If there is no staged image.
        OSError: If it cannot be written.
    """
    staged = staging_path(plan)
    if is_past_staging(plan):
        return
    if zarr_format(staged) is None:
        raise VerificationError(f"there is no staged image {staged}; run again from the start")
    record = _next_record(plan, fingerprint_result(plan, staged))
    attributes = {**read_attributes(staged), OUR_RECORD: record}
    write_attributes(staged, attributes, temporary=staged / ".attributes.new")
    if has_consolidated(plan.image_path):
        consolidate(staged)


def is_up_to_date(plan: RegistrationPlan) -> bool:
    """Return whether the output exists and is the result of this very registration.

    Raises:
        InvalidInputError: If the output's metadata cannot be understood.
    """
    recorded = read_provenance(plan.output_path)
    return recorded is not None and not _changes(plan, recorded)


def changes_since(plan: RegistrationPlan) -> tuple[str, ...]:
    """Return in words what has changed since the output was made; empty if nothing, or no output.

    Raises:
        InvalidInputError: If the output's metadata cannot be understood.
    """
    recorded = read_provenance(plan.output_path)
    return () if recorded is None else _changes(plan, recorded)


def is_result(plan: RegistrationPlan) -> bool:
    """Return whether the output's record is that of this very plan, as its own run leaves it.

    Unlike `is_up_to_date` it compares the shifts: a plan made of a finished image has none left.

    Raises:
        InvalidInputError: If the output's metadata cannot be understood.
    """
    recorded = read_provenance(plan.output_path)
    return recorded is not None and _compared(recorded) == _compared(make_provenance(plan))


def is_past_staging(plan: RegistrationPlan) -> bool:
    """Return whether this run's staged image was verified, or is in place, already.

    An attempt to finish that failed late is tried again with nothing left to write or verify.

    Raises:
        InvalidInputError: If the output's metadata cannot be understood.
    """
    hidden = hidden_folders(plan.output_path.parent, plan.output_name)
    return not hidden.staging.is_dir() and (hidden.verified.is_dir() or is_result(plan))


def is_output(image: Path) -> bool:
    """Return whether this project made the image beside the one it was made from.

    Raises:
        InvalidInputError: If the image's metadata cannot be understood.
    """
    record = read_provenance(image)
    return record is not None and record.get("origin") != image.name


def _changes(plan: RegistrationPlan, recorded: Record) -> tuple[str, ...]:
    expected = make_provenance(plan)
    asked_for = _ASKED_FOR_IN_PLACE if plan.overwrites_input else _ASKED_FOR_BESIDE
    changes = [words for key, words in asked_for.items() if recorded.get(key) != expected.get(key)]
    before = recorded.get(MADE_FROM)
    if not isinstance(before, dict):
        return tuple(changes)
    # Of the registered table its regions count, which are compared above.
    table = f"{OF_REFERENCE}tables/{plan.registered_roi_table}"
    # What was an image's own has become the image that is in its place now.
    counts = OF_REFERENCE if plan.overwrites_input else ""
    kept_before, kept_now = (
        {part: known for part, known in parts.items() if part != table and part.startswith(counts)}
        for parts in (before, dict[str, JsonValue](plan.made_from))
    )
    return (*changes, *changed_parts(kept_before, kept_now))


def _next_record(plan: RegistrationPlan, made: Mapping[str, str]) -> Record:
    source = read_provenance(plan.image_path)
    record = {**make_provenance(plan), MADE: dict[str, JsonValue](made)}
    if source is None:
        return record
    if plan.overwrites_input and is_up_to_date(plan):
        return _with_what_is_there(source, made)
    earlier = source.get(EARLIER)
    chain: list[JsonValue] = list(earlier) if isinstance(earlier, list) else []
    chain.append({key: value for key, value in source.items() if key not in {EARLIER, MADE}})
    return {**record, EARLIER: chain}


def _with_what_is_there(source: Record, now: Mapping[str, str]) -> Record:
    """Return the record of an image that stays as it is, with what it holds now, if it kept that.

    A label that holds what it held before it moved was put back, and was not made by anybody.
    """
    made, before = source.get(MADE), source.get(MADE_FROM)
    if not isinstance(made, dict) or not isinstance(before, dict):
        return source
    there = {p: made.get(p, known) if known == before.get(p) else known for p, known in now.items()}
    return {**source, MADE: there}


def _compared(record: Record) -> Record:
    return {key: value for key, value in record.items() if key not in _NOT_COMPARED}
