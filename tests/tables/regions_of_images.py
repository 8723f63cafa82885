"""Images of one size, and regions that move on them, for the tests that write tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from tasks.plan.registration_plan import Pyramid
from tests.plates import make_image
from tests.tables.stored import Box, Move, pyramid

SHAPE = (64, 96)
PIXEL = 0.325
WHOLE: dict[str, Move] = {"well": ((5, 0), (0, 7), (59, 89))}
"""Rows 5 to 64 and columns 0 to 89 move 5 pixels up and 7 to the right."""
FIELDS: dict[str, Move] = {
    "left": ((0, 0), (4, 2), (60, 44)),
    "right": ((2, 48), (0, 50), (60, 44)),
}

Images = tuple[Path, Path, Path]
"""The image, its reference, and the staged image."""


def new_image(path: Path, version: Literal["0.4", "0.5"]) -> Path:
    return make_image(
        path,
        axes="yx",
        shape=SHAPE,
        levels=2,
        labels=("nuclei",),
        ngff_version=version,
        pixel_size=PIXEL,
    )


def grid(moves: dict[str, Move], **changes: Any) -> Pyramid:
    given = {"axes": "yx", "shape": SHAPE, "pixel_size": {"y": PIXEL, "x": PIXEL}, **changes}
    return pyramid(moves, **given)


def in_micrometers(boxes: dict[Any, tuple[int, int, int, int]]) -> dict[Any, Box]:
    """Boxes from (first row, first column, rows, columns) in pixels."""
    return {
        name: {"y": (y * PIXEL, h * PIXEL), "x": (x * PIXEL, w * PIXEL)}
        for name, (y, x, h, w) in boxes.items()
    }
