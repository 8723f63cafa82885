"""Move boxes with the pixels: cut to each region's source window, moved by its whole pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasks.plan.registration_plan import Pyramid
from tasks.plan.window import Shift
from tasks.survey.boxes import Boxes
from tasks.tables.row_index import RowIndex

_NOISE = 1e-6
"""Pixels: less is the rounding of a position times a pixel size, not an extent."""

_Values = npt.NDArray[np.float64]
_Rows = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class MovedBoxes:
    """Where the boxes of a table lie after registration; one entry per row of the source.

    `start` and `length` have shape (rows, axes), in micrometers (seconds for t); the others have
    shape (rows,). What `kept` marks as False lies in no region, and its box means nothing.
    """

    start: _Values
    length: _Values
    kept: _Rows
    cut: _Rows
    """Part of the box lies in no region."""
    torn: _Rows
    """The box's parts moved differently; the new box encloses them all."""


def shift_boxes(boxes: Boxes, pyramid: Pyramid) -> MovedBoxes:
    """Return where each box lies after the pyramid's regions have moved.

    A box is cut with each region's source window; the pieces move by that region's whole pixels
    times the pixel size; the new box is what encloses them. A start and a length that are not
    cut keep their value to the last digit, plus the move. Along an axis that the pyramid lacks,
    or of which it has a single pixel, nothing is cut or moved, nor where a box has no value.

    Args:
        boxes: Micrometers, seconds for t.
        pyramid: The image, or the label that the boxes describe; position 0 is its pixel 0.
    """
    columns = [
        n
        for n, axis in enumerate(boxes.axes)
        if axis in pyramid.axes and pyramid.levels[0].shape[pyramid.axes.index(axis)] > 1
    ]
    array_axes = [pyramid.axes.index(boxes.axes[n]) for n in columns]
    step = np.array([pyramid.pixel_size[axis] for axis in array_axes], dtype=np.float64)
    start, length = boxes.start[:, columns], boxes.length[:, columns]
    low = np.full_like(start, np.inf)
    high = np.full_like(start, -np.inf)
    kept = np.zeros(len(start), dtype=np.bool_)
    torn = np.zeros(len(start), dtype=np.bool_)
    offset = np.zeros_like(start)
    index = RowIndex(start, length, _typical_size(pyramid.shifts, array_axes) * step)
    for shift in pyramid.shifts:
        source = shift.source
        near = index.near(
            _along(source.start, array_axes) * step, _along(source.stop, array_axes) * step
        )
        piece_low, piece_high, inside = _moved_piece(
            start[near], length[near], shift, array_axes, step
        )
        rows = near[inside]
        move = _along(shift.offset, array_axes)
        torn[rows] |= kept[rows] & (offset[rows] != move).any(axis=1)
        offset[rows[~kept[rows]]] = move
        low[rows] = np.minimum(low[rows], piece_low[inside])
        high[rows] = np.maximum(high[rows], piece_high[inside])
        kept[rows] = True
    extent = high - low
    unbounded = np.isnan(start)
    same = unbounded | (np.abs(extent - length) <= _NOISE * step)
    new_start, new_length = boxes.start.copy(), boxes.length.copy()
    new_start[:, columns] = np.where(unbounded, start, low)
    new_length[:, columns] = np.where(same, length, extent)
    cut = kept & (~same & (extent < length)).any(axis=1)
    return MovedBoxes(start=new_start, length=new_length, kept=kept, cut=cut, torn=torn)


def _along(values: tuple[int, ...], array_axes: list[int]) -> _Values:
    return np.array([values[axis] for axis in array_axes], dtype=np.float64)


def _typical_size(shifts: tuple[Shift, ...], array_axes: list[int]) -> _Values:
    """Return the median size of the regions per axis, in pixels; at least one."""
    sizes = [_along(shift.source.shape, array_axes) for shift in shifts]
    if not sizes:
        return np.ones(len(array_axes))
    return np.maximum(np.median(sizes, axis=0), 1.0)


def _moved_piece(
    start: _Values, length: _Values, shift: Shift, array_axes: list[int], step: _Values
) -> tuple[_Values, _Values, _Rows]:
    """Return low and high ends of the moved pieces, and for which rows there is a piece."""
    first, last = _along(shift.source.start, array_axes), _along(shift.source.stop, array_axes)
    move = _along(shift.offset, array_axes)
    noise = _NOISE * step
    end = start + length
    cut_low = start < first * step - noise
    cut_high = end > last * step
    low = np.where(cut_low, first * step, start)
    high = np.where(cut_high, last * step, end)
    point = (length <= noise) & ~cut_low & (start < last * step - noise)
    inside: _Rows = np.all((high - low > noise) | point | np.isnan(start), axis=1)
    moved_low = np.where(cut_low, (first + move) * step, start + move * step)
    moved_high = np.where(cut_high, (last + move) * step, end + move * step)
    return moved_low, moved_high, inside
