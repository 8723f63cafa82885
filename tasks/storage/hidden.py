"""Names of what stands beside an image while it is being replaced; they say that it is ours."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Literal, NamedTuple

from tasks.plan.registration_plan import RegistrationPlan

LOCK_FOLDER = ".plate-registration"
"""Folder in a well that holds the locks; it is there only while runs are."""

MARK = ".plate-registration."
"""Part of the names of all that we make for a time, so that nobody else's is taken for it."""

OUTPUT_SUFFIX = "_registered"
"""What an image's name is extended by when the result does not take its place."""

HiddenKind = Literal["staging", "verified", "replaced", "rejected", "discarded"]

_HIDDEN = re.compile(
    rf"\.(?P<image>.+){re.escape(MARK)}"
    r"(?P<kind>staging|verified|replaced|rejected|discarded)((?<=discarded)-\d+)?",
    flags=re.DOTALL,
)


class HiddenFolders(NamedTuple):
    """The hidden folders of one output image, all beside it and so on its file system."""

    staging: Path
    """Being written; never complete."""
    verified: Path
    """Complete and on disk, about to be put in place; after an exchange, the original."""
    replaced: Path
    """The original, moved aside where two folders cannot be exchanged at once."""
    rejected: Path
    """Failed its verification; holds `reason.txt` and waits for a person to look."""
    discarded: Path
    """Of no use any more, and being removed. Where some cannot be, others get a number."""


def hidden_folders(well: Path, output_name: str) -> HiddenFolders:
    """Return where the hidden folders of an output image are."""
    return HiddenFolders(*(well / f".{output_name}{MARK}{kind}" for kind in HiddenFolders._fields))


def staging_path(plan: RegistrationPlan) -> Path:
    """Return the root of the image that is being written for this plan."""
    return hidden_folders(plan.output_path.parent, plan.output_name).staging


def output_names(image_name: str) -> tuple[str, str]:
    """Return every name that the result of this image can have in its well."""
    return image_name, f"{image_name}{OUTPUT_SUFFIX}"


def parse_hidden(name: str) -> tuple[str, HiddenKind] | None:
    """Return the image and kind that a folder's name stands for, or None if it is not ours."""
    found = _HIDDEN.fullmatch(name)
    if found is None:
        return None
    kind: HiddenKind = found["kind"]  # type: ignore[assignment]  # the pattern allows no other
    return found["image"], kind


def free_name(path: Path) -> Path:
    """Return a path where nothing is yet: the given one, or one with a number at its end."""
    number, found = 1, path
    while os.path.lexists(found):
        number += 1
        found = path.with_name(f"{path.name}-{number}")
    return found
