"""What the demo found: how well each image agrees with the reference, before and after."""

from __future__ import annotations

from pathlib import Path

from tasks.demo.layout import Translation
from tasks.plan.window import Frozen

_ROW = "{:<6}{:<13}{:<26}{:>8}{:>8}"


class Comparison(Frozen):
    """One image against the reference of its well."""

    well: str
    """Row and column, such as `A/01`."""
    acquisition: int
    translations: dict[str, Translation]
    """Per field, the true translation to the reference in whole pixels along y and x."""
    before: float
    """Normalised cross-correlation with the reference over the fields' common regions."""
    after: float

    @property
    def range_of_translations(self) -> str:
        """Smallest and largest translation along y and x, such as `y 16 to 19, x -24 to -21`."""
        along = zip(*self.translations.values(), strict=True)
        return ", ".join(
            f"{axis} {min(values)} to {max(values)}"
            for axis, values in zip("yx", along, strict=True)
        )


class DemoReport(Frozen):
    """What the demo did. As a string it is a table that people can read."""

    plate: Path
    """The registered plate."""
    stain: str
    """The channel that was compared."""
    reference_acquisition: int
    comparisons: tuple[Comparison, ...]
    seconds_to_write: float
    seconds_to_register: float

    def __str__(self) -> str:
        """Return the table, and where the plate lies."""
        lines = [
            f"Agreement of {self.stain} with acquisition {self.reference_acquisition}:",
            "normalised cross-correlation over the common region of all acquisitions, 1 is best.",
            "",
            _ROW.format("well", "acquisition", "true shift (pixels)", "before", "after"),
            *(
                _ROW.format(
                    row.well,
                    row.acquisition,
                    row.range_of_translations,
                    f"{row.before:.3f}",
                    f"{row.after:.3f}",
                )
                for row in self.comparisons
            ),
            "",
            f"Written in {self.seconds_to_write:.1f} s, "
            f"registered in {self.seconds_to_register:.1f} s.",
            f"The registered plate: {self.plate}",
        ]
        return "\n".join(lines)
