"""Refuse to put a result in the place of what somebody else has made."""

from __future__ import annotations

from pathlib import Path

from tasks.plan.errors import InvalidInputError
from tasks.storage.kinds import kind_of
from tasks.storage.provenance import read_provenance


def refuse_result_of_others(output: Path, image: Path) -> None:
    """Check that an image in the place of a result is the result of an earlier run on this image.

    Raises:
        InvalidInputError: It does not carry our record of that, so it may be the only copy of
            somebody's work.
    """
    if kind_of(output) != "image":
        return
    record = read_provenance(output)
    if record is not None and record.get("origin") == image.name:
        return
    whose = "has no record of ours" if record is None else "is no result of this image"
    raise InvalidInputError(
        f"{output} is there already and {whose}: another program or a person made it, so it is not "
        "overwritten. Move it out of the well, or rename it, there and in the well's list of "
        "images; or register in place (overwrite_input), which leaves it alone"
    )
