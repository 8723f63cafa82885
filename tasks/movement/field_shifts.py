"""The shifts of many fields in one acquisition, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class FieldShifts:
    """Shifts that fields are sure of, in one acquisition; one row per field."""

    wells: NDArray[np.intp]
    """Which well, counted from 0 without gaps."""
    places: Floats
    """Centre of the field on the plate, micrometers, axes (field, y x)."""
    shifts: Floats
    """Micrometers from the image to its reference, axes (field, z y x)."""
    errors: Floats
    """Standard error of each shift along y or x, micrometers."""
    side: float
    """Shorter side of a field, micrometers."""

    def __len__(self) -> int:
        """Return how many fields there are."""
        return len(self.wells)

    def only(self, chosen: NDArray[np.bool_]) -> FieldShifts:
        """Return some of the fields, their wells counted anew."""
        _, wells = np.unique(self.wells[chosen], return_inverse=True)
        return FieldShifts(
            wells=wells,
            places=self.places[chosen],
            shifts=self.shifts[chosen],
            errors=self.errors[chosen],
            side=self.side,
        )
