"""What earlier versions left under names that do not say whose they are, such as `.1.staging`.

Such a folder may be anybody's, and is never removed or written over. Only an image that is missing
at its own name is given it again: nothing can be lost by that.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from tasks.storage.durable import flush_folder
from tasks.storage.hidden import MARK
from tasks.storage.kinds import kind_of
from tasks.storage.well_entries import read_images

_HIDDEN = re.compile(r"\.(?P<image>.+)\.(staging|verified|replaced|rejected)", flags=re.DOTALL)


def find_earlier(well: Path) -> dict[str, tuple[str, ...]]:
    """Return the folders of such names by the image that they are named after.

    Raises:
        OSError: If the well cannot be read.
    """
    found: dict[str, tuple[str, ...]] = {}
    for name in sorted(path.name for path in well.iterdir()):
        match = _HIDDEN.fullmatch(name)
        if match and MARK not in name:
            found[match["image"]] = (*found.get(match["image"], ()), name)
    return found


def put_back_earlier(well: Path, name: str) -> tuple[str, ...]:
    """Give an image its name again that an earlier version moved aside; the caller owns the image.

    Returns:
        What was done; empty if the image is there, is not listed, or was not moved aside.

    Raises:
        InvalidInputError: If the well's metadata cannot be understood.
        OSError: If it cannot be renamed.
    """
    image, replaced = well / name, well / f".{name}.replaced"
    if (
        os.path.lexists(image)
        or kind_of(replaced) != "image"
        or name not in {listed.name for listed in read_images(well)}
    ):
        return ()
    replaced.rename(image)
    flush_folder(well)
    return (f"{image}: an earlier run stopped while swapping; put the old one back",)
