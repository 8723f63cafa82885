"""Wells and images that lie in a plate without being listed: who reads the list sees none."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from tasks.plan.errors import InvalidInputError
from tasks.storage.hidden import OUTPUT_SUFFIX
from tasks.storage.kinds import kind_of
from tasks.storage.provenance import is_output

IMAGE = (
    "lies in the well, but the well does not list it; add it to the list 'images' there, with its "
    "acquisition, or move it out of the well"
)
"""Why such an image is left out."""

WELL = "lies in the plate, but the plate does not list it; add it to the list 'wells' there"
"""Why such a well is left out."""


def unlisted_images(well: Path, listed: Collection[str]) -> tuple[str, ...]:
    """Return the names of images that lie in a well without being listed, sorted.

    Results of registrations are none: they are known by their originals.

    Args:
        well: Root folder of the well.
        listed: Names of the images that it lists.
    """
    return tuple(
        folder.name
        for folder in _folders(well)
        if folder.name not in listed
        and folder.name.removesuffix(OUTPUT_SUFFIX) not in listed
        and _is(folder, "image")
        and not is_output(folder)
    )


def unlisted_wells(plate: Path, listed: Collection[str]) -> tuple[str, ...]:
    """Return row and column of wells that lie in a plate without being listed, sorted.

    Args:
        plate: Root folder of the plate.
        listed: Row and column of each well that it lists, such as `A/01`.
    """
    found = []
    for row in _folders(plate):
        for folder in (row, *_folders(row)):
            name = folder.relative_to(plate).as_posix()
            if name not in listed and _is(folder, "well"):
                found.append(name)
    return tuple(found)


def _folders(parent: Path) -> Iterator[Path]:
    try:
        entries = sorted(parent.iterdir())
    except OSError:
        # What may not be looked into is told of where it is needed.
        return
    yield from (entry for entry in entries if not entry.name.startswith("."))


def _is(folder: Path, kind: str) -> bool:
    try:
        return folder.is_dir() and kind_of(folder) == kind
    except (InvalidInputError, OSError):
        return False
