"""Record in an image how it was registered, and recognise a registration that was done."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from pydantic import JsonValue

from tasks.plan.errors import VerificationError
from tasks.plan.registration_plan import RegistrationPlan
from tasks.storage.attributes import read_attributes, write_attributes, zarr_format
from tasks.storage.consolidated import consolidate, has_consolidated
from tasks.storage.hidden import hidden_folders, staging_path

KEY = "plate_registration"
"""Root attribute that holds the record."""

EARLIER = "earlier"
"""Key of the records of registrations that this one was built on, oldest first."""

# A new release does not make an old result wrong, nor does what was done before.
_NOT_COMPARED = frozenset({"version", EARLIER})
# Once the input is replaced, it has the reference's table, and new shifts would all be zero.
_SAME_AFTER_OVERWRITING = (
    "registered_roi_table",
    "reference",
    "origin",
    "register_labels",
    "reference_digest",
    "interpolation",
)


def make_provenance(plan: RegistrationPlan) -> dict[str, JsonValue]:
    """Return the record of a registration; it depends on the plan and this release alone.

    Shifts are in whole pixels of the finest level, per region and axis, from where the region was
    read to where it was written. Where pixels were interpolated, the record says how, and by which
    fractions of a pixel they moved beyond that; it does not mention it where they were not.
    """
    record: dict[str, JsonValue] = {
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


def read_provenance(image: Path) -> dict[str, JsonValue] | None:
    """Return the record of an image, or None if it has none or does not exist.

    Raises:
        InvalidInputError: If the image's metadata cannot be understood.
    """
    if zarr_format(image) is None:
        return None
    record = read_attributes(image).get(KEY)
    return record if isinstance(record, dict) else None


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
    attributes = {**read_attributes(staged), KEY: _next_record(plan)}
    write_attributes(staged, attributes, temporary=staged / ".attributes.new")
    if has_consolidated(plan.image_path):
        consolidate(staged)


def is_up_to_date(plan: RegistrationPlan) -> bool:
    """Return whether the output exists and is the result of this very registration.

    Raises:
        InvalidInputError: If the output's metadata cannot be understood.
    """
    recorded = read_provenance(plan.output_path)
    if recorded is None:
        return False
    if not plan.overwrites_input:
        return is_result(plan)
    expected = make_provenance(plan)
    return plan.regions_digest == plan.reference_digest and all(
        recorded.get(key) == expected.get(key) for key in _SAME_AFTER_OVERWRITING
    )


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


def _next_record(plan: RegistrationPlan) -> JsonValue:
    source = read_provenance(plan.image_path)
    if source is None:
        return make_provenance(plan)
    if plan.overwrites_input and is_up_to_date(plan):
        return source
    earlier = source.get(EARLIER)
    chain: list[JsonValue] = list(earlier) if isinstance(earlier, list) else []
    chain.append({key: value for key, value in source.items() if key != EARLIER})
    return {**make_provenance(plan), EARLIER: chain}


def _compared(record: dict[str, JsonValue]) -> dict[str, JsonValue]:
    return {key: value for key, value in record.items() if key not in _NOT_COMPARED}
