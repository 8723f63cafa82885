"""Tables that lie in an image without being listed: who reads the list does not know of them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from tasks.storage.attributes import OUR_RECORD, read_attributes, zarr_format


def unlisted_tables(image: Path, listed: Collection[str]) -> tuple[str, ...]:
    """Return the names of tables that lie in an image's `tables/` without being listed, sorted.

    Those that we made are none: a run that was killed while it put one there lists it next time.

    Args:
        image: Root folder of the image.
        listed: Names of its tables that are listed.

    Raises:
        InvalidInputError: The metadata of one cannot be understood.
    """
    folder = image / "tables"
    if not folder.is_dir():
        return ()
    return tuple(
        sorted(
            entry.name
            for entry in folder.iterdir()
            if entry.name not in listed
            and not entry.name.startswith(".")
            and zarr_format(entry) is not None
            and OUR_RECORD not in read_attributes(entry)
        )
    )
