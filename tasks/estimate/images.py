"""Which images of a well are estimated against which reference, and which have moved already."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tasks.plan.errors import InvalidInputError
from tasks.plan.window import Frozen
from tasks.storage.provenance import is_output
from tasks.storage.well_entries import read_images
from tasks.survey.listed_tables import list_tables
from tasks.survey.moved_in_place import read_frame
from tasks.survey.reference import pick_reference


class Group(Frozen):
    """A reference and the images that are registered to it."""

    reference: Path
    others: tuple[Path, ...]


def group_images(
    well: Path, *, input_roi_table: str, reference_acquisition: int
) -> tuple[tuple[Group, ...], tuple[str, ...]]:
    """Return the images of a well with their references, and warnings.

    Results of an earlier run beside their origin, and images that the well gives no acquisition,
    are left out; so are images without the table, which are named.

    Raises:
        InvalidInputError: No image of the reference acquisition, or nothing to register to it.
    """
    warnings: list[str] = []
    acquisitions: dict[str, int | None] = {}
    for entry in read_images(well):
        if is_output(well / entry.name):
            continue
        if input_roi_table in list_tables(well / entry.name):
            acquisitions[entry.name] = entry.acquisition
        else:
            warnings.append(f"{well / entry.name} has no table '{input_roi_table}': left out")
    others: dict[str, list[Path]] = {}
    for name, acquisition in acquisitions.items():
        if acquisition is None or acquisition == reference_acquisition:
            continue
        reference, told = pick_reference(acquisitions, name, reference_acquisition, well)
        others.setdefault(reference, []).append(well / name)
        warnings += told
    if not others:
        raise InvalidInputError(
            f"{well}: no image with the table '{input_roi_table}' to register to acquisition "
            f"{reference_acquisition}. {'; '.join(warnings)}"
        )
    groups = tuple(Group(reference=well / r, others=tuple(o)) for r, o in others.items())
    return groups, tuple(warnings)


def settled_images(group: Group) -> tuple[Path, ...]:
    """Return the images of a group that were registered in place: they are in its frame for good.

    What is estimated from their pixels is no shift of the original. Where there are any, the others
    are brought into the frame that these have.

    Raises:
        InvalidInputError: An image's metadata cannot be understood.
    """
    return tuple(path for path in (*group.others, group.reference) if read_frame(path) is not None)


def still_to_move(groups: Sequence[Group]) -> tuple[Group, ...]:
    """Return the groups with only those images that have a shift still: see `settled_images`.

    Raises:
        InvalidInputError: An image's metadata cannot be understood.
    """
    left = []
    for group in groups:
        settled = settled_images(group)
        others = tuple(image for image in group.others if image not in settled)
        if others:
            left.append(group.model_copy(update={"others": others}))
    return tuple(left)
