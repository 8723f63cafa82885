"""What goes wrong with plates: a turned holder, fluff on the sample, fields without cells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tasks.demo.cells import Cell
from tasks.demo.texture import blurred
from tasks.plan.window import Window

_FIBRES = 5
_STEPS = 400
_LIGHT = 2500.0
"""Photo-electrons per pixel in the middle of a fibre, many times a nucleus's."""


def is_in(cell: Cell, window: Window) -> bool:
    """Whether a cell's centre lies in a window, axes (y, x)."""
    return all(
        start <= place < stop
        for place, start, stop in zip((cell.y, cell.x), window.start, window.stop, strict=True)
    )


def turned(light: NDArray[np.float32], degrees: float) -> NDArray[np.float32]:
    """Return light whose content is turned about its middle, edges repeated, axes (y, x).

    Content at p from the middle then lies at R p, where R turns y towards x: for a small angle a,
    it has moved by (-a x, a y).
    """
    if not degrees:
        return light
    height, width = light.shape
    rows, columns = _came_from((height, width), degrees)
    top, left = rows.astype(np.intp), columns.astype(np.intp)
    below, right = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
    down, across = rows - top, columns - left
    upper = light[top, left] * (1 - across) + light[top, right] * across
    lower = light[below, left] * (1 - across) + light[below, right] * across
    result: NDArray[np.float32] = upper * (1 - down) + lower * down
    return result


def turned_label(label: NDArray[np.uint32], degrees: float) -> NDArray[np.uint32]:
    """Return a label that is turned in the same way; each pixel takes the nearest value."""
    if not degrees:
        return label
    height, width = label.shape
    rows, columns = _came_from((height, width), degrees)
    return label[np.rint(rows).astype(np.intp), np.rint(columns).astype(np.intp)]


def _came_from(
    shape: tuple[int, int], degrees: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return row and column of what is seen at each pixel once all is turned."""
    angle = np.deg2rad(degrees)
    cosine, sine = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    middle = [np.float32((pixels - 1) / 2) for pixels in shape]
    y = np.arange(shape[0], dtype=np.float32)[:, None] - middle[0]
    x = np.arange(shape[1], dtype=np.float32)[None, :] - middle[1]
    rows = np.clip(cosine * y + sine * x + middle[0], 0, shape[0] - 1)
    columns = np.clip(cosine * x - sine * y + middle[1], 0, shape[1] - 1)
    return rows, columns


def fluff(shape: tuple[int, ...], random: np.random.Generator) -> NDArray[np.float32]:
    """Return the light of some bright fibres, in photo-electrons per pixel, axes (y, x)."""
    light = np.zeros(shape, dtype=np.float32)
    for _ in range(_FIBRES):
        place = random.uniform((0, 0), shape)
        heading = random.uniform(0, 2 * np.pi)
        for _ in range(_STEPS):
            heading += random.normal(0, 0.05)
            place += np.sin(heading), np.cos(heading)
            row, column = (int(n) for n in place)
            if 0 <= row < shape[0] and 0 <= column < shape[1]:
                light[row, column] = 1.0
    smooth = blurred(light, 5)
    bright: NDArray[np.float32] = np.float32(_LIGHT) * smooth / smooth.max()
    return bright
