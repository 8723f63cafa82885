"""Make the plan of one image: everything is read, checked and turned into pixels here, once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tasks.plan.errors import InvalidInputError
from tasks.plan.interpolation import INTERPOLATED_KINDS
from tasks.plan.region import Region, digest_regions, pair_regions
from tasks.plan.registration_plan import Pyramid, RegistrationPlan
from tasks.plan.request import RegistrationRequest
from tasks.plan.rounding import region_shift, region_window
from tasks.plan.window import Interpolation, Shift
from tasks.storage.as_made import refuse_moved_back
from tasks.storage.hidden import OUTPUT_SUFFIX
from tasks.storage.inventory import list_files, summarize
from tasks.storage.kinds import require_kind
from tasks.storage.made_from import IMAGE, fingerprint_inputs
from tasks.storage.paths import local_path, require_inside
from tasks.storage.well_entries import read_images
from tasks.survey.boundary import told_of
from tasks.survey.coverage import judge_kept, measure_kept
from tasks.survey.moved_in_place import (
    had_regions,
    read_frame,
    refuse_another_interpolation,
    refuse_labels_left_behind,
    require_only_cut,
)
from tasks.survey.others_results import refuse_result_of_others
from tasks.survey.planes import is_one_plane_of, whole_along_z
from tasks.survey.pyramids import LabelPyramids, read_image_pyramid, read_label_pyramids
from tasks.survey.reference import require_acquisitions
from tasks.survey.reference_with_table import pick_reference_with
from tasks.survey.regions import read_regions
from tasks.survey.table_extents import clip_tables
from tasks.survey.table_plans import plan_tables
from tasks.survey.table_record import read_fields, require_one_consensus
from tasks.survey.unlike_sizes import unlike_sizes_told
from tasks.survey.unlisted_levels import unlisted_levels_told
from tasks.survey.whole_image import whole_image_told

Pair = tuple[Region, Region]


def build_plan(image: str | Path, request: RegistrationRequest) -> RegistrationPlan:
    """Return what registering this image will do; nothing is written.

    Args:
        image: Path or `file://` URL of the image.
        request: Whose frame it gets, by which table, what moves, and where the result goes.

    Raises:
        InvalidInputError: The request cannot be honoured; says why and what to do.
    """
    path = local_path(image)
    require_kind(path, "image")
    with told_of(path):
        return _build(path, request)


def _build(path: Path, request: RegistrationRequest) -> RegistrationPlan:
    well = path.parent
    acquisitions = {entry.name: entry.acquisition for entry in read_images(well)}
    require_acquisitions(well, acquisitions)
    acquisition = _acquisition_of(path, acquisitions)
    name, warnings = pick_reference_with(
        request.registered_roi_table, path, acquisitions, request.reference_acquisition
    )
    reference = well / name
    for each in (path, reference):
        require_inside(each, well)
    output = path if request.overwrite_input else path.with_name(f"{path.name}{OUTPUT_SUFFIX}")
    if output != path:
        refuse_result_of_others(output, path)
    # Before anything is read: what changes from now on is seen.
    held = {each.name: list_files(each) for each in {path, output} if each.is_dir()}

    here = read_regions(path, request.registered_roi_table)
    there = here if reference == path else read_regions(reference, request.registered_roi_table)
    frame = read_frame(path)
    if frame is not None:
        require_only_cut(path, frame, reference, here=here, there=there)
        refuse_another_interpolation(path, request.interpolation)
        refuse_moved_back(path, [IMAGE])
        here = had_regions(path, there)
    elif reference != path:
        require_one_consensus(path, reference, request.registered_roi_table)
    fields = read_fields(path, request.registered_roi_table) if frame is None else {}
    pairs, paired_warnings, missing = pair_regions(
        there,
        here,
        reference_image=reference,
        image=path,
        # What an image has never had is no reason to refuse what is finished.
        allow_missing=request.allow_missing_regions or frame is not None,
    )
    if not pairs:
        raise InvalidInputError(
            f"{reference}: table '{request.registered_roi_table}' holds no region; "
            "find the consensus again"
        )

    if is_one_plane_of(reference, path):
        # What a plane says of z would cut a stack to one.
        pairs = tuple((whole_along_z(theirs), whole_along_z(own)) for theirs, own in pairs)
    pyramid, doubts = read_image_pyramid(path)
    doubts += (
        () if frame is not None else unlike_sizes_told(path, pyramid.levels[0].shape, reference)
    )
    _refuse_nothing_between(path, pyramid, request.interpolation)
    pixels, clipped = _with_shifts(path, pyramid, pairs, fields, request.interpolation)
    kept = measure_kept(path, pixels)
    little = judge_kept(path, pixels, kept, request.min_covered)
    labels, label_warnings, left_behind = _labels(path, pyramid, request, pairs, fields)
    if labels and not request.register_labels and reference != path and frame is None:
        label_warnings += (
            f"{path}: labels {', '.join(label.name for label in labels)} are carried over "
            "unshifted (register_labels=False) and no longer match the image",
        )
    unlisted: tuple[str, ...] = ()
    if reference != path and frame is None:
        moving = labels if request.register_labels else ()
        unlisted = unlisted_levels_told(path, (pixels, *moving))
    tables, table_warnings = plan_tables(path, reference, register_labels=request.register_labels)
    if reference != path:
        # Its own stay as they are: the other images were made from them, and would be made again.
        tables = clip_tables(
            tables, reference, pixels, registered_roi_table=request.registered_roi_table
        )
    plan = RegistrationPlan(
        plate=well.parent.parent.name.removesuffix(".zarr"),
        well=f"{well.parent.name}/{well.name}",
        image_path=path,
        reference_path=reference,
        output_path=output,
        acquisition=acquisition,
        reference_acquisition=request.reference_acquisition,
        registered_roi_table=request.registered_roi_table,
        register_labels=request.register_labels,
        zarr_format=_zarr_format(path),
        image=pixels,
        labels=labels,
        tables=tables,
        regions_digest=digest_regions(here),
        reference_digest=digest_regions(there),
        frame=there,
        contents={each: summarize(tree, (pixels, *labels)) for each, tree in held.items()},
        kept=kept,
        warnings=(
            *whole_image_told(path, request.registered_roi_table),
            *doubts,
            *little,
            *warnings,
            *paired_warnings,
            *clipped,
            *label_warnings,
            *table_warnings,
        ),
        left_behind=(*missing, *left_behind, *unlisted),
    )
    return plan.model_copy(update={"made_from": fingerprint_inputs(plan)})


def _acquisition_of(image: Path, acquisitions: Mapping[str, int | None]) -> int:
    acquisition = acquisitions.get(image.name)
    if acquisition is None:
        raise InvalidInputError(
            f"{image}: the well {image.parent} lists it without an acquisition; give it its number "
            "as 'acquisition' there"
            if image.name in acquisitions
            else f"{image}: the well {image.parent} does not list image '{image.name}'; it lists "
            f"{', '.join(sorted(acquisitions)) or 'no image'}. Add it there, with its acquisition"
        )
    return acquisition


def _labels(
    image: Path,
    pyramid: Pyramid,
    request: RegistrationRequest,
    pairs: tuple[Pair, ...],
    fields: Mapping[str, Region],
) -> LabelPyramids:
    """Return the labels of an image, with shifts if they move."""
    if not request.register_labels:
        return read_label_pyramids(image, None)
    found = read_label_pyramids(image, pyramid)
    if found.pyramids:
        refuse_labels_left_behind(image)
        refuse_moved_back(image, [label.path for label in found.pyramids])
    moved = [_with_shifts(image, label, pairs, fields) for label in found.pyramids]
    return LabelPyramids(
        tuple(label for label, _ in moved),
        (*found.warnings, *(warning for _, some in moved for warning in some)),
        found.left_behind,
    )


def _refuse_nothing_between(image: Path, pyramid: Pyramid, interpolation: Interpolation) -> None:
    dtype = np.dtype(pyramid.levels[0].dtype)
    if interpolation != "none" and dtype.kind not in INTERPOLATED_KINDS:
        raise InvalidInputError(
            f"{image}: there is nothing between two pixels of type {dtype}, so they cannot be "
            f"moved with interpolation='{interpolation}'. Use interpolation='none'"
        )


def _with_shifts(
    image: Path,
    pyramid: Pyramid,
    pairs: tuple[Pair, ...],
    fields: Mapping[str, Region],
    interpolation: Interpolation = "none",
) -> tuple[Pyramid, tuple[str, ...]]:
    """Return the pyramid with its regions' shifts, clipped to it, and a warning per clipped one."""
    shape = pyramid.levels[0].shape
    what = f"label '{pyramid.name}'" if pyramid.path else pyramid.name
    shifts, warnings = [], []
    for reference, acquisition in pairs:
        whole = region_shift(
            reference,
            acquisition,
            axes=pyramid.axes,
            pixel_size=pyramid.pixel_size,
            shape=shape,
            keep_fraction=interpolation != "none",
        )
        kept = whole.clipped_to(shape, shape)
        if kept.source.is_empty:
            raise InvalidInputError(
                f"{image}: region '{whole.region}' lies outside the {what} of "
                f"{_size(pyramid.axes, shape)}: it would be read from {whole.source.start} to "
                f"{whole.source.stop} and written to {whole.target.start} to {whole.target.stop} "
                "(pixels). Check the registered table of this image and of the reference"
            )
        if lost := _lost(whole, kept, pyramid.axes, shape):
            warnings.append(
                f"{image}: region '{whole.region}' reaches over the edge of the {what} "
                f"({_size(pyramid.axes, shape)}); cut by {lost}"
            )
        if field := fields.get(whole.region):
            box = region_window(
                field, axes=pyramid.axes, pixel_size=pyramid.pixel_size, shape=shape
            )
            shown = kept.read_within(box)
            if lost := _lost(kept, shown, pyramid.axes, shape):
                warnings.append(
                    f"{image}: its {what} does not show the whole of region "
                    f"'{whole.region}' that earlier images were cut to: {lost} of it stay 0"
                )
            kept = shown
        shifts.append(kept)
    moved = pyramid.model_copy(update={"shifts": tuple(shifts), "interpolation": interpolation})
    return moved, tuple(warnings)


def _lost(whole: Shift, kept: Shift, axes: tuple[str, ...], shape: tuple[int, ...]) -> str:
    """Return what clipping took away, such as `4 y, 2 x pixels`; nothing for axes of one pixel.

    A table without z is stored with a z length of 1 micrometer: on an image of one plane that
    length says nothing, and cutting it loses nothing.
    """
    parts = [
        f"{before - after} {axis}"
        for axis, before, after, pixels in zip(
            axes, whole.target.shape, kept.target.shape, shape, strict=True
        )
        if before != after and pixels > 1
    ]
    return f"{', '.join(parts)} pixels" if parts else ""


def _size(axes: tuple[str, ...], shape: tuple[int, ...]) -> str:
    return " x ".join(f"{n} {axis}" for axis, n in zip(axes, shape, strict=True)) + " pixels"


def _zarr_format(image: Path) -> int:
    return 3 if (image / "zarr.json").is_file() else 2
