"""Which images of a well wait to be registered, by what the images themselves say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tasks.estimate.images import group_images, is_removed_result, without_regions
from tasks.estimate.options import RegionOptions, registered_name
from tasks.plan.errors import NothingToRegisterError
from tasks.plan.window import Frozen
from tasks.storage.attributes import zarr_format
from tasks.storage.held import held_path
from tasks.storage.hidden import OUTPUT_SUFFIX, output_names
from tasks.storage.holders import read_holders
from tasks.storage.provenance import is_output, read_provenance
from tasks.storage.recover import half_swapped
from tasks.storage.well_entries import read_images
from tasks.survey.listed_tables import list_tables
from tasks.survey.table_record import read_record


class Pending(Frozen):
    """What there is to do in a well."""

    images: tuple[str, ...] = ()
    """Names of the images that are not registered, the reference among them."""
    reason: str = ""
    """Why it must wait, or is a person's; empty where it can be done now."""


def pending_in(well: Path, regions: RegionOptions) -> Pending:
    """Return what there is to do in a well.

    An image is registered where its record says so: its own, or that of its result beside it. A
    well in which an image, its table or the reference is missing is not complete, and waits; where
    no image has a table of regions, the whole images are the regions, as for `register`.

    Args:
        well: Folder of the well.
        regions: Table and reference, as `register` is told them.

    Raises:
        InvalidInputError: The metadata of the well or of an image cannot be understood.
        OSError: A folder cannot be read.
    """
    half = half_swapped(well)
    if reason := _not_complete(well, regions.input_roi_table, half):
        return Pending(reason=reason)
    try:
        groups, _ = group_images(
            well,
            input_roi_table=regions.input_roi_table,
            reference_acquisition=regions.reference_acquisition,
        )
    except NothingToRegisterError:
        if not half:
            raise
        groups = ()
    waiting = tuple(
        image.name
        for group in groups
        for image in (*group.others, group.reference)
        if not _is_registered(image)
    )
    # The next run gives them their names back, and goes on.
    waiting += half
    return Pending(images=waiting, reason=_in_the_way(well, waiting) if waiting else "")


def _not_complete(well: Path, table: str, half: Sequence[str]) -> str:
    registered = registered_name(table)
    there = []
    listed = read_images(well)
    names = {entry.name for entry in listed}
    for entry in listed:
        image = well / entry.name
        if zarr_format(image) is None:
            if entry.name in half or is_removed_result(image, names):
                continue
            return f"image {entry.name} is not there yet"
        if not is_output(image):
            there.append(entry.name)
    if missing := without_regions(well, there, table):
        return f"image {missing[0]} has no table '{table}' yet"
    for name in there:
        if _is_of_others(well / name, registered):
            return (
                f"image {name} has a table '{registered}' that another program made; "
                "register it by hand if it has not moved yet"
            )
    return ""


def _in_the_way(well: Path, waiting: tuple[str, ...]) -> str:
    for holder in read_holders(well):
        if holder.is_alive:
            return f"in use by {holder.who}"
    held = [n for n in waiting if any(held_path(well / o).is_dir() for o in output_names(n))]
    if not held:
        return ""
    return (
        f"the result of image {', '.join(held)} was held back; look at the report, then "
        "`plate-registration accept` or `discard` it"
    )


def _is_registered(image: Path) -> bool:
    if read_provenance(image) is not None:
        return True
    beside = image.with_name(f"{image.name}{OUTPUT_SUFFIX}")
    return (read_provenance(beside) or {}).get("origin") == image.name


def _is_of_others(image: Path, registered: str) -> bool:
    return (
        registered in list_tables(image)
        and read_record(image, registered) is None
        and not _is_registered(image)
    )
