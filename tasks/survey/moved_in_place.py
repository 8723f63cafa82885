"""Refuse what an earlier registration in place has made impossible, before anything is written."""

from __future__ import annotations

from pathlib import Path

from tasks.plan.errors import InvalidInputError
from tasks.plan.window import Interpolation
from tasks.storage.provenance import read_provenance


def refuse_labels_left_behind(image: Path) -> None:
    """Refuse labels that an earlier registration has left where they were.

    The image has moved since, and its table now says that it is in place: moving both by the same
    shift again would record labels as registered that are not.

    Raises:
        InvalidInputError: The image has moved in place, and its labels have not.
    """
    record = read_provenance(image)
    if record is None or record["origin"] != image.name or record["register_labels"]:
        return
    shifts = record["shifts"]
    if isinstance(shifts, dict) and any(
        isinstance(moved, dict) and any(moved.values()) for moved in shifts.values()
    ):
        raise InvalidInputError(
            f"{image}: an earlier registration moved the image and left its labels where they were "
            "(register_labels=False), so labels and image cannot move together any more. Segment "
            "the registered image again and remove the old labels, or keep register_labels=False"
        )


def refuse_another_interpolation(
    image: Path, interpolation: Interpolation, *, registered_roi_table: str
) -> None:
    """Refuse another interpolation for pixels that have moved in place already.

    Their table now says that they are in place, so nothing would move, and pixels made in one way
    would be recorded as made in another.

    Args:
        image: An image whose table holds the reference's regions: nothing is left to move.
        interpolation: What is asked for now.
        registered_roi_table: Name of the table.

    Raises:
        InvalidInputError: The image has moved in place by this table, interpolated otherwise.
    """
    record = read_provenance(image)
    if (
        record is None
        or record["origin"] != image.name
        or record["registered_roi_table"] != registered_roi_table
        or record["regions_digest"] == record["reference_digest"]
    ):
        # The last of these held the reference's regions from the first, as the reference does.
        return
    earlier = record.get("interpolation", "none")
    if earlier != interpolation:
        raise InvalidInputError(
            f"{image}: an earlier registration moved the image in place with "
            f"interpolation='{earlier}', and its table '{registered_roi_table}' now says that it "
            f"is in place, so it cannot be moved with interpolation='{interpolation}' any more. "
            f"Restore the original image and its tables first, or keep interpolation='{earlier}'"
        )
