"""A real plate with two cycles, whose shift is known: its tables, its windows, its agreement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ngio import open_ome_zarr_container

from tests.oracle import coarser
from tests.plates import read_levels, write_regions

TABLE = "FOV_ROI_table_registered"

Slices = tuple[slice, slice, slice]


@dataclass(frozen=True)
class KnownShift:
    """A reference and an acquisition, and how many pixels (z, y, x) lead from one to the other."""

    reference: Path
    acquisition: Path
    translation: tuple[int, int, int]

    def overlap(self) -> tuple[Slices, Slices]:
        """Return where the common region lies in the reference, and where in the acquisition."""
        shapes = (read_levels(image)[0].shape[1:] for image in (self.reference, self.acquisition))
        there, here = [], []
        for along, (of_reference, of_acquisition) in zip(
            self.translation, zip(*shapes, strict=True), strict=True
        ):
            start, stop = max(0, along), min(of_reference, of_acquisition + along)
            there.append(slice(start, stop))
            here.append(slice(start - along, stop - along))
        return (there[0], there[1], there[2]), (here[0], here[1], here[2])

    def write_tables(self) -> None:
        """Write the common region into both images as the consensus step would."""
        for image, slices in zip((self.reference, self.acquisition), self.overlap(), strict=True):
            size = open_ome_zarr_container(image, mode="r").get_image().pixel_size
            step = {"z": size.z, "y": size.y, "x": size.x}
            box = {
                axis: (cut.start * step[axis], (cut.stop - cut.start) * step[axis])
                for axis, cut in zip("zyx", slices, strict=True)
            }
            write_regions(image, TABLE, {"FOV_1": box})


def channel(image: Path, name: str) -> np.ndarray:
    """Return the pixels (z, y, x) of a channel at the finest level, by its wavelength."""
    container = open_ome_zarr_container(image, mode="r")
    return read_levels(image)[0][container.wavelength_ids.index(name)]


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Return the normalised cross-correlation of two arrays (z, y, x), each plane less its mean.

    Light fades with depth in both cycles alike, and that alone would correlate.
    """
    one, other = (
        (array - array.mean(axis=(1, 2), keepdims=True)).ravel() for array in (first, second)
    )
    return float(np.dot(one, other) / np.sqrt(np.dot(one, one) * np.dot(other, other)))


def moved_by_slicing(
    levels: Sequence[np.ndarray], there: Slices, here: Slices, *, nearest: bool
) -> list[np.ndarray]:
    """Return all levels of a shifted image or label: plain slices, then ngio's own zoom."""
    finest = np.zeros_like(levels[0])
    finest[(..., *there)] = levels[0][(..., *here)]
    moved = [finest]
    for level in levels[1:]:
        moved.append(coarser(moved[-1], level.shape, "nearest" if nearest else "linear"))
    return moved


def assert_same_levels(found: Sequence[np.ndarray], expected: Sequence[np.ndarray]) -> None:
    """Fail with the level and number of differing pixels unless all levels are equal."""
    assert len(found) == len(expected)
    for number, (one, other) in enumerate(zip(found, expected, strict=True)):
        differing = np.count_nonzero(one != other)
        assert differing == 0, f"{differing} of {one.size} pixels differ in level {number}"
