"""Open the array of a pyramid level for reading, or say in a sentence why that cannot be done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import zarr
from zarr.errors import BaseZarrError
from zarr.storage import LocalStore, StorePath

from tasks.plan.errors import InvalidInputError
from tasks.storage.attributes import ZARR_2_ARRAY, ZARR_3, is_zarr_3, read_json
from tasks.storage.paths import require_level_inside
from tasks.survey.codecs import missing_codec


def open_level_array(image: Path, path: str) -> zarr.Array[Any]:
    """Open a level of an image or of one of its labels; no chunk is read.

    Args:
        image: Root folder of the image.
        path: The level below it, such as `0` or `labels/nuclei/0`.

    Raises:
        InvalidInputError: It lies outside the image, is not there, or is stored in a way that this
            program cannot read.
    """
    folder = image / path
    require_level_inside(image, path)
    document = folder / (ZARR_3 if is_zarr_3(folder) else ZARR_2_ARRAY)
    if document.is_file() and (missing := missing_codec(folder)):
        raise InvalidInputError(f"{folder}: {missing}")
    try:
        # Not `zarr.open_array`: its thread asks for every file that there may be, which costs four
        # times as much, and every image opens dozens of levels.
        metadata: dict[str, Any] = read_json(document)
        return zarr.Array.from_dict(StorePath(LocalStore(folder, read_only=True)), metadata)
    except (BaseZarrError, FileNotFoundError, ValueError, KeyError, TypeError) as error:
        raise InvalidInputError(
            f"{folder}: pyramid level is listed but cannot be read ({error}). Restore it, "
            "or convert the image again"
        ) from error
