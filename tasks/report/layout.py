"""Rows and columns of a plate as they are drawn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from tasks.plan.window import Frozen


class Layout(Frozen):
    """The rows and columns that have a well, in their order."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]

    @classmethod
    def of(cls, wells: Iterable[str]) -> Self:
        """Return the layout of wells such as `B/03`."""
        parts = [tuple(well.split("/", 1)) for well in wells]
        return cls(
            rows=tuple(sorted({part[0] for part in parts}, key=_by_length)),
            columns=tuple(sorted({part[-1] for part in parts}, key=_by_length)),
        )

    def has(self, well: str) -> bool:
        """Whether the well has a place."""
        row, _, column = well.partition("/")
        return row in self.rows and column in self.columns

    def place(self, well: str, centre: tuple[float, float]) -> tuple[float, float]:
        """Return where a region is drawn: row and column, from 1, with its place in the well.

        Args:
            well: Row and column.
            centre: Of the region, as a share of the well's image along y and x.
        """
        row, _, column = well.partition("/")
        return (
            self.rows.index(row) + 0.6 + 0.8 * centre[0],
            self.columns.index(column) + 0.6 + 0.8 * centre[1],
        )


def _by_length(name: str) -> tuple[int, str]:
    """Sort Z before AA, and 9 before 10."""
    return len(name), name
