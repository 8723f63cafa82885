"""Which labels an image has: those that it lists, and those that only lie there."""

from __future__ import annotations

from pathlib import Path

from tasks.plan.errors import InvalidInputError
from tasks.plan.window import Frozen
from tasks.storage.attributes import ngff_metadata, read_attributes, zarr_format
from tasks.storage.paths import safe_name


class LabelNames(Frozen):
    """The names of an image's labels."""

    listed: tuple[str, ...]
    """In the order of the metadata."""
    unlisted: tuple[str, ...]
    """Groups with a multiscale image of their own, in sorted order."""
    unreadable: tuple[str, ...]
    """Arrays and groups that are no label, or not one that can be understood."""


def find_labels(image: Path) -> LabelNames:
    """Return the labels of an image, listed or not; files and plain folders are none.

    Args:
        image: Root folder of the image.

    Raises:
        InvalidInputError: The list is none of names, or a name leads out of the folder.
        OSError: The folder cannot be read.
    """
    folder = image / "labels"
    if not folder.is_dir():
        return LabelNames(listed=(), unlisted=(), unreadable=())
    listed = _listed(folder)
    unlisted: list[str] = []
    unreadable: list[str] = []
    for name in sorted(entry.name for entry in folder.iterdir()):
        # What begins with a dot is no label but of the desktop, or of a program at work.
        if name in listed or name.startswith(".") or zarr_format(folder / name) is None:
            continue
        (unlisted if _is_label(folder, name) else unreadable).append(name)
    return LabelNames(listed=listed, unlisted=tuple(unlisted), unreadable=tuple(unreadable))


def _is_label(folder: Path, name: str) -> bool:
    try:
        return "multiscales" in ngff_metadata(read_attributes(folder / safe_name(name, "label")))
    except InvalidInputError:
        return False


def _listed(folder: Path) -> tuple[str, ...]:
    if zarr_format(folder) is None:
        return ()
    listed = ngff_metadata(read_attributes(folder)).get("labels", [])
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        raise InvalidInputError(
            f"The list of labels of {folder} is {listed!r}; it should be a list of names. Repair "
            "the attribute 'labels' of that group"
        )
    return tuple(dict.fromkeys(safe_name(str(name), "label") for name in listed))
