"""What the demo found: each shift beside the true one, and how well images agree in the end."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from tasks.demo.layout import Translation
from tasks.plan.window import Frozen

_SHIFT_ROW = "{:<6}{:<13}{:<8}{:>14}{:>18}{:>8}"
_ROW = "{:<6}{:<13}{:>8}{:>8}"


class RegionShift(Frozen):
    """One region's true and estimated translation to the reference, pixels along y and x."""

    well: str
    """Row and column, such as `A/01`."""
    acquisition: int
    region: str
    true: Translation
    estimated: tuple[float, float]

    @property
    def error(self) -> float:
        """Distance between the two, in pixels."""
        return math.dist(self.true, self.estimated)


class Comparison(Frozen):
    """One image against the reference of its well."""

    well: str
    acquisition: int
    before: float
    """Normalised cross-correlation with the reference over the fields' common regions."""
    after: float


class DemoReport(Frozen):
    """What the demo did. As a string it is two tables that people can read."""

    plate: Path
    """The registered plate."""
    stain: str
    """The channel that was compared."""
    reference_acquisition: int
    shifts: tuple[RegionShift, ...]
    comparisons: tuple[Comparison, ...]
    seconds_to_write: float
    seconds_to_register: float
    troubles: tuple[str, ...] = ()
    """What the report of the plate's quality found, worst first."""
    page: str | None = None
    """Path of that report."""

    def __str__(self) -> str:
        """Return the tables, and where the plate lies."""
        lines = [
            f"Shifts to acquisition {self.reference_acquisition}, estimated from {self.stain}, "
            "in pixels (y, x):",
            "",
            _SHIFT_ROW.format("well", "acquisition", "region", "true", "estimated", "error"),
            *(
                _SHIFT_ROW.format(
                    row.well,
                    row.acquisition,
                    row.region,
                    "{}, {}".format(*row.true),
                    "{:.2f}, {:.2f}".format(*row.estimated),
                    f"{row.error:.2f}",
                )
                for row in self.shifts
            ),
            "",
            f"Largest error: {max(row.error for row in self.shifts):.2f} pixels.",
            "",
            f"Agreement of {self.stain} with acquisition {self.reference_acquisition}:",
            "normalised cross-correlation over the common region of all acquisitions, 1 is best.",
            "",
            _ROW.format("well", "acquisition", "before", "after"),
            *(
                _ROW.format(row.well, row.acquisition, f"{row.before:.3f}", f"{row.after:.3f}")
                for row in self.comparisons
            ),
            "",
            f"Written in {self.seconds_to_write:.1f} s, "
            f"estimated and registered in {self.seconds_to_register:.1f} s.",
            f"The registered plate: {self.plate}",
            *self._found(),
        ]
        return "\n".join(lines)

    def _found(self) -> Iterator[str]:
        if self.troubles:
            yield ""
            yield (
                "Well C/03 has troubles on purpose: a field without cells, fluff, an acquisition "
                "turned by 0.3 degrees. The report found:"
            )
            yield from (f"  {trouble}" for trouble in self.troubles)
        if self.page is not None:
            yield f"Its report: {self.page}"
