"""Move boxes with the pixels: cut to each region's source window, moved by its whole pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasks.plan.registration_plan import Pyramid
from tasks.plan.window import Shift
from tasks.survey.boxes import Boxes

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
    for shift in pyramid.shifts:
        piece_low, piece_high, inside = _moved_piece(start, length, shift, array_axes, step)
        move = np.array([shift.offset[axis] for axis in array_axes], dtype=np.float64)
        torn |= inside & kept & (offset != move).any(axis=1)
        offset[inside & ~kept] = move
        low[inside] = np.minimum(low, piece_low)[inside]
        high[inside] = np.maximum(high, piece_high)[inside]
        kept |= inside
    extent = high - low
    unbounded = np.isnan(start)
    same = unbounded | (np.abs(extent - length) <= _NOISE * step)
    new_start, new_length = boxes.start.copy(), boxes.length.copy()
    new_start[:, columns] = np.where(unbounded, start, low)
    new_length[:, columns] = np.where(same, length, extent)
    cut = kept & (~same & (extent < length)).any(axis=1)
    return MovedBoxes(start=new_start, length=new_length, kept=kept, cut=cut, torn=torn)


def _moved_piece(
    start: _Values, length: _Values, shift: Shift, array_axes: list[int], step: _Values
) -> tuple[_Values, _Values, _Rows]:
    """Return low and high ends of the moved pieces, and for which rows there is a piece."""
    first = np.array([shift.source.start[axis] for axis in array_axes], dtype=np.float64)
    last = np.array([shift.source.stop[axis] for axis in array_axes], dtype=np.float64)
    move = np.array([shift.offset[axis] for axis in array_axes], dtype=np.float64)
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
