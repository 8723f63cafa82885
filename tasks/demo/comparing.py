"""Compare every image of the demo's plate, as it lies on disk, with its well's reference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import zarr
from numpy.typing import NDArray

from tasks.demo.agreement import cross_correlation
from tasks.demo.layout import ACQUISITIONS, WELLS, registered_fields


def compare_with_reference(plate: Path) -> dict[tuple[str, int], float]:
    """Return how well the nuclear stain agrees with the reference, per well and acquisition.

    Agreement is the normalised cross-correlation over the regions that all acquisitions share, at
    the places where the reference has them: the same pixels before and after registration. The
    reference itself is left out.

    Args:
        plate: The demo's plate, registered or not.
    """
    reference, *others = ACQUISITIONS
    agreement = {}
    for well in WELLS:
        expected = _nuclear_stain(plate / well / str(reference))
        windows = list(registered_fields(well, reference).values())
        for acquisition in others:
            pixels = _nuclear_stain(plate / well / str(acquisition))
            agreement[well, acquisition] = cross_correlation(expected, pixels, windows)
    return agreement


def _nuclear_stain(image: Path) -> NDArray[np.generic]:
    return np.asarray(zarr.open_array(image / "0", mode="r")[0, 0])
