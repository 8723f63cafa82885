"""What the microscope sees of one well: the same cells in each acquisition, shifted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.demo.camera import photograph
from tasks.demo.cells import scatter_cells
from tasks.demo.layout import (
    ALL_WELLS,
    DIRTY,
    EMPTY,
    IMAGE_SHAPE,
    MARGIN,
    TURNED,
    fields,
    translation,
)
from tasks.demo.panels import BLEACHING, PANELS
from tasks.demo.stains import Light, light_of
from tasks.demo.territories import Territories, share_out
from tasks.demo.troubles import fluff, is_in, turned, turned_label
from tasks.plan.window import Window

LABELS_PER_FIELD = 10_000
"""Nucleus 7 of the second field has the number 20,007: the same in each acquisition."""

_SEED = 20261
_CELLS, _OUTLINES, _STAIN, _CAMERA, _FLUFF = range(5)


@dataclass(frozen=True)
class Sample:
    """The cells of one well, and how they shine once they are stained."""

    cells: Territories
    light: Mapping[str, Light]
    """By the name of the stain, before the sample is moved."""


@dataclass(frozen=True)
class Acquired:
    """The pixels of one image."""

    channels: NDArray[np.uint16]
    """Axes (c, z, y, x), with one plane."""
    nuclei: NDArray[np.uint32]
    """The nuclei as a label, axes (z, y, x): 0 is background."""


def grow_sample(well: str) -> Sample:
    """Return the cells of a well with all stains, on the fields and a margin around them."""
    shape = (IMAGE_SHAPE[0] + 2 * MARGIN, IMAGE_SHAPE[1] + 2 * MARGIN)
    cells = scatter_cells(shape, _random(well, _CELLS))
    for name, field in fields().items():
        if (well, name) in EMPTY:
            # A margin wide enough that no acquisition sees a cell there.
            wide = Window(start=field.start, stop=tuple(stop + 2 * MARGIN for stop in field.stop))
            cells = tuple(cell for cell in cells if not is_in(cell, wide))
    territories = share_out(cells, shape, _random(well, _OUTLINES))
    stains = {stain.name: stain for panel in PANELS for stain in panel}
    light = {
        name: light_of(stain, territories, _random(well, _STAIN, *name.encode()))
        for name, stain in stains.items()
    }
    return Sample(territories, light)


def acquire(well: str, sample: Sample, acquisition: int) -> Acquired:
    """Return what one acquisition records of a well: stained, shifted, with camera noise.

    Called twice it returns the same pixels.

    Args:
        well: Row and column, such as `A/01`.
        sample: What `grow_sample` returned for this well.
        acquisition: Which acquisition.
    """
    panel = PANELS[acquisition]
    degrees = TURNED.get((well, acquisition), 0.0)
    labels = turned_label(sample.cells.nuclei, degrees)
    channels = np.empty((len(panel), 1, *IMAGE_SHAPE), dtype=np.uint16)
    nuclei = np.zeros((1, *IMAGE_SHAPE), dtype=np.uint32)
    for number, (name, field) in enumerate(fields().items(), start=1):
        seen = field.moved_by((MARGIN, MARGIN)).moved_by(translation(well, acquisition, name))
        label = labels[seen.slices]
        nuclei[0][field.slices] = np.where(label > 0, label + number * LABELS_PER_FIELD, 0)
    for channel, stain in enumerate(panel):
        light = turned(sample.light[stain.name], degrees)
        camera = _random(well, _CAMERA, acquisition, channel)
        for name, field in fields().items():
            seen = field.moved_by((MARGIN, MARGIN)).moved_by(translation(well, acquisition, name))
            falling = light[seen.slices]
            if (well, acquisition, name) in DIRTY:
                falling = falling + fluff(falling.shape, _random(well, _FLUFF))
            channels[channel, 0][field.slices] = photograph(
                falling, camera, exposure=BLEACHING[acquisition]
            )
    return Acquired(channels=channels, nuclei=nuclei)


def _random(well: str, *purpose: int) -> np.random.Generator:
    return np.random.default_rng([_SEED, list(ALL_WELLS).index(well), *purpose])
