"""Which images of a well are estimated against which reference, and which have moved already."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from tasks.plan.errors import NothingToRegisterError
from tasks.plan.window import Frozen
from tasks.storage.attributes import zarr_format
from tasks.storage.hidden import OUTPUT_SUFFIX
from tasks.storage.provenance import is_output
from tasks.storage.recover import half_swapped
from tasks.storage.well_entries import read_images
from tasks.survey import unlisted
from tasks.survey.listed_tables import list_tables
from tasks.survey.moved_in_place import read_frame
from tasks.survey.reference import pick_reference, require_acquisitions
from tasks.survey.replaced_reference import refuse_replaced_reference
from tasks.survey.unlisted import unlisted_images
from tasks.survey.whole_image import is_of_whole_image, roi_tables, whole_image_told


class Group(Frozen):
    """A reference and the images that are registered to it."""

    reference: Path
    others: tuple[Path, ...]


def group_images(
    well: Path, *, input_roi_table: str, reference_acquisition: int
) -> tuple[tuple[Group, ...], tuple[str, ...]]:
    """Return the images of a well with their references, and warnings.

    Results of an earlier run beside their origin are left out; so are images that the well gives no
    acquisition, that are not there, or lack the table, which are named. Where no image of the well
    has any ROI table, each is one region.

    Raises:
        NothingToRegisterError: The well has no image of the reference acquisition, nothing to
            register to it, or no image with the table, but others.
        InvalidInputError: The well names no acquisition, or it is not plain which field an image
            shows.
    """
    groups, warnings, left_out = _group(well, input_roi_table, reference_acquisition)
    told = [f"{well / name} {reason}: left out" for name, reason in left_out.items()]
    return groups, (*warnings, *told)


def images_left_out(
    well: Path, *, input_roi_table: str, reference_acquisition: int
) -> dict[str, str]:
    """Return the images of a well that are not estimated though they are no results, and why.

    Raises:
        InvalidInputError: As `group_images` does.
    """
    return _group(well, input_roi_table, reference_acquisition)[2]


def _group(
    well: Path, input_roi_table: str, reference_acquisition: int
) -> tuple[tuple[Group, ...], list[str], dict[str, str]]:
    listed = read_images(well)
    names = {entry.name for entry in listed}
    acquisitions = {
        entry.name: entry.acquisition
        for entry in listed
        if not is_output(well / entry.name) and not is_removed_result(well / entry.name, names)
    }
    if reference_acquisition not in acquisitions.values():
        _refuse_results_alone(well, names - acquisitions.keys(), names)
    require_acquisitions(well, acquisitions)
    lacking = _lacking(well, acquisitions)
    there = [name for name in acquisitions if name not in lacking]
    without_table, warnings = _without_table(well, there, input_roi_table)
    lacking |= without_table
    others: dict[str, list[Path]] = {}
    for name, acquisition in acquisitions.items():
        if name in lacking or acquisition == reference_acquisition:
            continue
        usable = acquisitions.keys() - lacking.keys()
        reference, told = pick_reference(
            acquisitions, name, reference_acquisition, well, usable=usable
        )
        if reference in lacking:
            lacking[name] = f"cannot be registered, as its reference {reference} "
            lacking[name] += lacking[reference]
            continue
        others.setdefault(reference, []).append(well / name)
        warnings += told
    lacking |= dict.fromkeys(unlisted_images(well, names), unlisted.IMAGE)
    if not others:
        raise _nothing_to_register(well, acquisitions, lacking, reference_acquisition)
    groups = tuple(Group(reference=well / r, others=tuple(o)) for r, o in others.items())
    return groups, warnings, lacking


def _refuse_results_alone(well: Path, results: Collection[str], listed: Collection[str]) -> None:
    """Refuse a well whose originals somebody has removed: results beside them are no reference."""
    alone = sorted(
        name for name in results if is_output(well / name) and _origin(name) not in listed
    )
    if alone:
        raise NothingToRegisterError(
            f"{well}: {', '.join(alone)} are results whose originals are not there any more, and "
            "nothing is registered to results. Put them in the place of their originals, in the "
            f"well's list of images too ('{alone[0]}' becomes '{_origin(alone[0])}'): later cycles "
            "then join them"
        )


def _origin(result: str) -> str:
    return result.removesuffix(OUTPUT_SUFFIX)


def _nothing_to_register(
    well: Path,
    acquisitions: Mapping[str, int | None],
    lacking: Mapping[str, str],
    reference_acquisition: int,
) -> NothingToRegisterError:
    is_listed = lacking.keys() <= acquisitions.keys()
    if is_listed and set(acquisitions.values()) <= {reference_acquisition}:
        return NothingToRegisterError(
            f"{well}: there is nothing to register, as all of its images "
            f"({', '.join(acquisitions) or 'none'}) are of the reference acquisition "
            f"{reference_acquisition}. Add those of another acquisition to the well, or leave it "
            "as it is"
        )
    why = "; ".join(f"image {name} {reason}" for name, reason in lacking.items())
    return NothingToRegisterError(
        f"{well}: no image can be registered to acquisition {reference_acquisition}: {why}. Give "
        "these images what they lack, or name a table that all of them have as input_roi_table"
    )


def _lacking(well: Path, acquisitions: Mapping[str, int | None]) -> dict[str, str]:
    """Return the images that cannot be compared, whatever their tables, and why."""
    found = {}
    for name, acquisition in acquisitions.items():
        if zarr_format(well / name) is None:
            found[name] = (
                "lost its name when an earlier run was interrupted; a run, or `plate-registration "
                "doctor --repair`, gives it back"
                if name in half_swapped(well)
                else "is listed in its well, and its folder there has no metadata (.zgroup, "
                ".zattrs or zarr.json): copy it once more, hidden files too"
                if (well / name).is_dir()
                else "is listed in its well but is not there"
            )
        elif acquisition is None:
            found[name] = "has no acquisition in the well's metadata"
    return found


def is_removed_result(image: Path, listed: Collection[str]) -> bool:
    """Return whether an image was a result by its name, and somebody has removed it by hand."""
    origin = image.name.removesuffix(OUTPUT_SUFFIX)
    return origin != image.name and origin in listed and zarr_format(image) is None


def without_regions(well: Path, names: Sequence[str], table: str) -> tuple[str, ...]:
    """Return the images of a well that have no regions: no table, and are not taken whole either.

    Where no image has a table of regions, all are taken whole.

    Args:
        well: Folder of the well.
        names: Of images that are there.
        table: Name of the ROI table.

    Raises:
        InvalidInputError: A table is listed but not there, or cannot be read.
    """
    having = [name for name in names if table in list_tables(well / name)]
    without = tuple(name for name in names if name not in having)
    if not all(is_of_whole_image(well / name, table) for name in having):
        return without
    return tuple(name for name in without if roi_tables(well / name))


def _without_table(
    well: Path, names: Sequence[str], table: str
) -> tuple[dict[str, str], list[str]]:
    """Return the images without regions, and why, and what a person should know."""
    lacking = without_regions(well, names, table)
    if lacking and not any(table in list_tables(well / name) for name in names):
        known = sorted({each for name in lacking for each in roi_tables(well / name)})
        raise NothingToRegisterError(
            f"{well}: no image has the table '{table}'; ROI tables there are {', '.join(known)}. "
            "Give the one with the regions to compare as input_roi_table"
        )
    told = [
        text
        for name in names
        if name not in lacking
        for text in whole_image_told(well / name, table)
    ]
    return dict.fromkeys(lacking, f"has no table '{table}'"), told


def settled_images(group: Group) -> tuple[Path, ...]:
    """Return the images of a group that were registered in place: they are in its frame for good.

    What is estimated from their pixels is no shift of the original. Where there are any, the others
    are brought into the frame that these have.

    Raises:
        InvalidInputError: An image's metadata cannot be understood, or the reference was replaced
            after others had been registered to it.
    """
    refuse_replaced_reference(group.reference, group.others)
    return tuple(path for path in (*group.others, group.reference) if read_frame(path) is not None)


def still_to_move(groups: Sequence[Group]) -> tuple[Group, ...]:
    """Return the groups with only those images that have a shift still: see `settled_images`.

    Raises:
        InvalidInputError: As `settled_images` does.
    """
    left = []
    for group in groups:
        settled = settled_images(group)
        others = tuple(image for image in group.others if image not in settled)
        if others:
            left.append(group.model_copy(update={"others": others}))
    return tuple(left)
