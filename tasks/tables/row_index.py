"""Find the rows of a table that may lie in a region, without looking at the others."""

from __future__ import annotations

import itertools
import math

import numpy as np
import numpy.typing as npt

_Values = npt.NDArray[np.float64]
_Places = npt.NDArray[np.intp]

_FAR = 2**14
"""Cells along an axis at most, of up to four axes: their numbers then fit in 63 bits."""


class RowIndex:
    """Rows sorted by the cell of a grid in which their boxes start.

    Boxes longer than a cell, and those without a value on an axis, are few in a table of objects or
    fields; they are found by every search.
    """

    def __init__(self, start: _Values, length: _Values, cell: _Values) -> None:
        """Sort rows.

        Args:
            start: Of each box, of shape (rows, axes).
            length: The same.
            cell: Size of a cell per axis, positive: that of a typical region.
        """
        self._cell = cell
        small = np.all(length <= cell, axis=1) & np.all(np.isfinite(start), axis=1)
        self._everywhere = np.flatnonzero(~small)
        rows = np.flatnonzero(small)
        keys = self._key(self._cells(start[rows]))
        order = np.argsort(keys, kind="stable")
        self._keys, self._rows = keys[order], rows[order]

    def near(self, low: _Values, high: _Values) -> _Places:
        """Return, sorted, at least the rows whose boxes meet a region; few others.

        Args:
            low: Where the region begins, per axis.
            high: Where it ends.
        """
        # A box of a cell's size may start a cell before the region; one more cell for roundings.
        first = self._cells(low - 1.5 * self._cell)
        last = self._cells(high + 0.5 * self._cell)
        ranges = [range(a, b + 1) for a, b in zip(first[:-1], last[:-1], strict=True)]
        if not len(self._cell) or math.prod(map(len, ranges)) > len(self._rows):
            return np.arange(len(self._rows) + len(self._everywhere))
        found = [self._everywhere]
        for cells in itertools.product(*ranges):
            ends = np.array([(*cells, first[-1]), (*cells, last[-1])])
            a, b = self._key(ends)
            found.append(
                self._rows[np.searchsorted(self._keys, a) : np.searchsorted(self._keys, b, "right")]
            )
        return np.sort(np.concatenate(found))

    def _cells(self, places: _Values) -> npt.NDArray[np.int64]:
        cells: npt.NDArray[np.int64] = np.clip(
            np.floor(places / self._cell), -_FAR, _FAR - 1
        ).astype(np.int64)
        return cells

    @staticmethod
    def _key(cells: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        key = np.zeros(len(cells), dtype=np.int64)
        for axis in range(cells.shape[1]):
            key = key * (2 * _FAR) + cells[:, axis] + _FAR
        return key
