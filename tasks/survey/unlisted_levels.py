"""Arrays that lie beside an image's or a label's levels without being one: their pixels stay."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tasks.plan.registration_plan import Pyramid
from tasks.storage.attributes import ZARR_2_ARRAY, ZARR_3, is_zarr_3, read_json


def unlisted_levels_told(image: Path, pyramids: Sequence[Pyramid]) -> tuple[str, ...]:
    """Return in words which arrays are carried over with pixels that do not move, one each.

    A level that somebody took from the list, or a picture that a program put there.

    Args:
        image: Root folder of the image.
        pyramids: The image's own, and those of the labels that move.

    Raises:
        InvalidInputError: The metadata of one cannot be understood.
    """
    levels = {level.path for pyramid in pyramids for level in pyramid.levels}
    # A level's path may lead through groups.
    known = {*levels, *(str(above) for level in levels for above in Path(level).parents)}
    return tuple(
        f"{image}: the array '{found}' lies beside the levels without being listed as one: it is "
        "carried over as it is, not registered. Take it away, or list it if it is a level"
        for pyramid in pyramids
        for entry in sorted((image / pyramid.path).iterdir())
        if (found := entry.relative_to(image).as_posix()) not in known and _is_array(entry)
    )


def _is_array(entry: Path) -> bool:
    if is_zarr_3(entry):
        return read_json(entry / ZARR_3).get("node_type") == "array"
    return (entry / ZARR_2_ARRAY).is_file()
