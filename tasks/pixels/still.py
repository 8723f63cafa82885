"""Which write units of a block hold just what they hold in the source."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tasks.pixels.blocks import BlockGrid
from tasks.plan.window import Shift, Window


def still_units(block: Window, units: BlockGrid, shifts: Sequence[Shift]) -> npt.NDArray[np.bool_]:
    """Return, per write unit of a block, whether one region covers it whole and leaves it there.

    The last of those that touch it: what lies below is not seen. Shifts are painted one after the
    other, so that many regions on many units cost as much as the units that each of them touches.

    Args:
        block: Whole write units.
        units: The write units of the level.
        shifts: Those that touch the block, in the plan's order.
    """
    first = tuple(a // n for a, n in zip(block.start, units.block, strict=True))
    last = tuple(-(-b // n) for b, n in zip(block.stop, units.block, strict=True))
    still = np.zeros(tuple(b - a for a, b in zip(first, last, strict=True)), dtype=np.bool_)
    for shift in shifts:
        target = shift.target.clipped_to(block)
        touched, inside = [], []
        for a, b, n, size, low in zip(
            target.start, target.stop, units.block, units.shape, first, strict=True
        ):
            end = -(-b // n) - low
            touched.append(slice(a // n - low, end))
            # The last unit of an axis may be cut short by the array's edge.
            inside.append(slice(-(-a // n) - low, end if b == size else b // n - low))
        still[tuple(touched)] = False
        if shift.is_identity:
            still[tuple(inside)] = True
    return still
