"""The demo's folder: marked as the demo's own, so that no other folder is ever written over."""

from __future__ import annotations

import shutil
from pathlib import Path

from tasks.plan.errors import InvalidInputError

MARKER = "made-by-plate-registration-demo.txt"
PLATE = "demo-plate.zarr"

_NGIO_LOCKS = f"{PLATE}.ngio-locks"
_REPORT = "demo-plate.registration"
_MARKER_TEXT = f"""\
`plate-registration demo` made this folder. Running the demo again replaces {PLATE};
other files here are left alone.
"""


def claim_folder(folder: Path) -> Path:
    """Make the demo's folder, or empty the one it made before, and return where the plate goes.

    The marker is written first: a demo that was interrupted can be run again.

    Args:
        folder: Absolute path. Its parents are made as needed.

    Raises:
        InvalidInputError: The folder holds something and the demo did not make it, or it is no
            folder at all. Nothing was changed.
        OSError: The folder cannot be written.
    """
    if (folder.exists() or folder.is_symlink()) and not folder.is_dir():
        raise InvalidInputError(
            f"the demo writes a folder, but '{folder}' is a file; name another folder"
        )
    marker, plate = folder / MARKER, folder / PLATE
    if folder.is_dir() and not marker.is_file() and any(folder.iterdir()):
        raise InvalidInputError(
            f"'{folder}' is not empty and the demo did not make it (there is no '{MARKER}' in it), "
            "so it stays as it is; name another folder, or move this one away"
        )
    if plate.is_symlink():
        raise InvalidInputError(
            f"'{plate}' is a link, which the demo does not make; remove it or name another folder"
        )
    folder.mkdir(parents=True, exist_ok=True)
    marker.write_text(_MARKER_TEXT, encoding="utf-8")
    for ours in (plate, folder / _NGIO_LOCKS, folder / _REPORT):
        if ours.exists():
            shutil.rmtree(ours)
    return plate
