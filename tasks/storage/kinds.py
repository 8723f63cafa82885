"""Say what a folder is: a plate, a well, an image, a label, or something else."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeAlias

from tasks.plan.errors import InvalidInputError
from tasks.storage.attributes import ngff_metadata, read_attributes, zarr_format

Kind: TypeAlias = Literal["plate", "well", "image", "label", "other", "missing"]

_MOST_NAMED = 3
"""Plates in a folder that are told."""

_ARTICLE = {"image": "an", "other": "neither a plate nor a well nor"}


def kind_of(path: Path) -> Kind:
    """Return what a folder is, from its own metadata.

    `other` is anything that exists without being one of the four; `missing` does not exist.

    Raises:
        InvalidInputError: If metadata is there but cannot be understood.
    """
    if not path.exists():
        return "missing"
    if not path.is_dir() or zarr_format(path) is None:
        return "other"
    metadata = ngff_metadata(read_attributes(path))
    if "plate" in metadata:
        return "plate"
    if "well" in metadata:
        return "well"
    if "image-label" in metadata or ("multiscales" in metadata and path.parent.name == "labels"):
        return "label"
    return "image" if "multiscales" in metadata else "other"


def require_kind(path: Path, wanted: Literal["plate", "well", "image"]) -> None:
    """Check that a folder is what the caller needs.

    Raises:
        InvalidInputError: If not, saying what it is and what to give instead.
    """
    found = kind_of(path)
    if found == wanted:
        return
    article = _ARTICLE.get(wanted, "a")
    if found == "missing":
        raise InvalidInputError(
            f"{path} does not exist; give the folder of {article} {wanted}{_nearest(path)}"
        )
    if found == "other":
        raise InvalidInputError(
            f"{path} is no OME-Zarr {wanted}: it has no such metadata; "
            f"give the folder of {article} {wanted}{_around(path)}"
        )
    raise InvalidInputError(
        f"{path} is {_ARTICLE.get(found, 'a')} {found}, but {article} {wanted} is needed; "
        f"{_instead(wanted, found)}"
    )


def _nearest(path: Path) -> str:
    for parent in path.parents:
        if parent.exists():
            return f" (the nearest folder that exists is {parent})"
    return ""


def _around(path: Path) -> str:
    """Return which plate a folder is a part of, or which plates lie in it; else nothing."""
    try:
        for parent in path.parents[:3]:
            if kind_of(parent) == "plate":
                return f" (it is a part of the plate {parent})"
        inside = sorted(p for p in path.glob("*.zarr") if kind_of(p) == "plate")[:_MOST_NAMED]
    except (InvalidInputError, OSError):
        return ""
    return f" (there is {', '.join(map(str, inside))})" if inside else ""


def _instead(wanted: str, found: str) -> str:
    if wanted == "image" and found == "label":
        return "give the image that the label belongs to; its labels are registered with it"
    return f"use the {found} flow, or give the folder of {_ARTICLE.get(wanted, 'a')} {wanted}"
