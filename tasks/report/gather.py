"""Gather what the images of a plate say of their quality; nothing is measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from tasks.plan.errors import RegistrationError
from tasks.quality.region_quality import WORST_FIRST, RegionQuality, Verdict
from tasks.quality.table import read_quality
from tasks.storage.well_entries import read_images, read_wells


def gather(plate: Path, wells: Sequence[str] | None = None) -> Iterator[RegionQuality]:
    """Yield the quality of every region of every image that says it, in the plate's order.

    An image or well that cannot be read is passed over: its own run tells of it.
    """
    for well in read_wells(plate) if wells is None else wells:
        try:
            images = read_images(plate / well)
        except (RegistrationError, OSError):
            continue
        for image in images:
            try:
                yield from read_quality(plate / well / image.name)
            except (RegistrationError, OSError, ValueError):
                continue


def worst(verdicts: Sequence[Verdict]) -> Verdict | None:
    """Return the worst of several verdicts; nothing to judge is worse than a pass only."""
    return min(verdicts, key=WORST_FIRST.index, default=None)
