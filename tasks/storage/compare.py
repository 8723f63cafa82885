"""Compare the staged image's metadata and files with the plan and the source."""

from __future__ import annotations

from pathlib import Path

import zarr

from tasks.plan.registration_plan import Level, Pyramid, RegistrationPlan
from tasks.storage.attributes import (
    OUR_RECORD,
    ZARR_2_ARRAY,
    ZARR_2_ATTRIBUTES,
    ZARR_2_CONSOLIDATED,
    ZARR_3,
    Attributes,
    ngff_metadata,
    read_attributes,
    read_json,
    same_json,
    zarr_format,
)
from tasks.storage.staging import is_written_anew
from tasks.storage.tree import files_and_links, read_tree

_ROOT_METADATA = frozenset({ZARR_2_ATTRIBUTES, ZARR_2_CONSOLIDATED, ZARR_3})


def level_differences(level: Level, source: Path, staged: Path) -> list[str]:
    """Return how a staged level's array differs from the plan and from the source's metadata."""
    array = zarr.open_array(staged / level.path, mode="r")
    planned = {
        "shape": (array.shape, level.shape),
        "chunks": (array.chunks, level.chunks),
        "shards": (array.shards, level.shards),
        "dtype": (array.dtype.name, level.dtype),
    }
    found = [
        f"array {level.path}: {what} is {got}, planned is {wanted}"
        for what, (got, wanted) in planned.items()
        if got != wanted
    ]
    for name in (ZARR_3, ZARR_2_ARRAY, ZARR_2_ATTRIBUTES):
        old, new = source / level.path / name, staged / level.path / name
        if old.is_file() != new.is_file() or (
            old.is_file() and not same_json(read_json(old), read_json(new))
        ):
            found.append(f"array {level.path}: {name} is not the source's")
    return found


def attribute_differences(source: Path, staged: Path) -> list[str]:
    """Return which root attributes differ from the source's; provenance must be there."""
    old, new = read_attributes(source), read_attributes(staged)
    names = sorted({*old, *new} - {OUR_RECORD})
    found = [f"attribute {name} is not the source's" for name in names if not _same(old, new, name)]
    return found if OUR_RECORD in new else [*found, f"attribute {OUR_RECORD} is missing"]


def label_list_differences(source: Path, staged: Path) -> list[str]:
    """Return whether the list of labels differs from the source's."""
    if zarr_format(source / "labels") is None:
        return []
    old = ngff_metadata(read_attributes(source / "labels")).get("labels")
    new = ngff_metadata(read_attributes(staged / "labels")).get("labels")
    return [] if same_json(old, new) else [f"the labels listed are {new}, the source's are {old}"]


def file_differences(plan: RegistrationPlan, staged: Path) -> list[str]:
    """Return which files that are carried over are missing, added or of another size.

    These are all files but the chunks of shifted pyramids, the tables, and the root's metadata. A
    link to a file is carried over as that file.
    """
    shifted = [plan.image, *(label for label in plan.labels if label.shifts)]

    def is_made_here(path: Path) -> bool:
        return (
            path.parts[0] == "tables"
            or path.as_posix() in _ROOT_METADATA
            or any(is_written_anew(path, pyramid) for pyramid in shifted)
        )

    old, new = (
        {
            file.path: file.size
            for file in files_and_links(root, read_tree(root, skip=is_made_here, sizes=True))
        }
        for root in (plan.image_path, staged)
    )
    return [
        f"file {path}: {_size(new.get(path))}, in the source {_size(old.get(path))}"
        for path in sorted({*old, *new})
        if old.get(path) != new.get(path)
    ]


def pyramid_differences(pyramid: Pyramid, source: Path, staged: Path) -> list[str]:
    """Return how the metadata of an image's or label's levels differs from plan and source."""
    found = []
    for level in pyramid.levels:
        found += level_differences(level, source, staged)
    return found


def _same(old: Attributes, new: Attributes, name: str) -> bool:
    return name in old and name in new and same_json(old[name], new[name])


def _size(size: int | None) -> str:
    return "missing" if size is None else f"{size} bytes"
