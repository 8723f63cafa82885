"""The quality of every region of a registered image, with a verdict and the pictures behind it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tasks.quality.measure import (
    Compared,
    Pictures,
    agreement_of,
    chance_of,
    likeness_of,
    look_at,
    motion_of,
    read_strangers,
)
from tasks.quality.options import Thresholds
from tasks.quality.place import Place
from tasks.quality.region_quality import Agreement, RegionQuality, Verdict
from tasks.quality.verdict import agrees_little, judge

_NOT_THERE: tuple[Verdict, str] = (
    "nothing to judge",
    "the image lacks this region, and is 0 there",
)


def judge_region(
    place: Place,
    compared: Compared,
    thresholds: Thresholds,
    *,
    well: str,
    image: str,
    acquisition: int,
) -> tuple[RegionQuality, tuple[Pictures, ...]]:
    """Return a region's quality and its pictures, those of the judged channel first.

    The channel that agrees best is the one that is judged: stains of two acquisitions may share a
    wavelength and show other things. Where none agrees, it is the one that agrees best wherever it
    lies: a pattern of the camera is in its place when the sample is far off.

    Args:
        place: The region.
        compared: Its image and the reference, at the level that is looked at.
        thresholds: Where verdicts change.
        well: Row and column, such as `B/03`.
        image: Name of the registered image.
        acquisition: Of the image.

    Raises:
        OSError: Something cannot be read.
    """
    if compared.is_flat:
        place = place.across()
    pictured = () if place.is_missing else look_at(place, compared)
    looked = [(agreement_of(pictures), pictures) for pictures in pictured]
    looked.sort(key=lambda each: likeness_of(*each), reverse=True)
    if looked:
        # Chance is looked at where it decides: other wells cost as much as all the rest.
        looked[0] = _beside_chance(place, compared, *looked[0])
    if len(looked) > 1 and place.after is not None and agrees_little(looked[0][0], thresholds):
        looked.sort(key=lambda each: likeness_of(*each, anywhere=True), reverse=True)
        if looked[0][0].others is None:
            looked[0] = _beside_chance(place, compared, *looked[0])
    motion = motion_of(looked[0][1]) if looked else None
    agreement = looked[0][0] if looked else None
    moved = _moved(place, compared)
    verdict, reason = (
        _NOT_THERE
        if place.is_missing
        else judge(agreement, motion, place.cut_away, thresholds, moved)
    )
    quality = RegionQuality(
        well=well,
        image=image,
        acquisition=acquisition,
        region=place.region,
        size=_size(place),
        centre=_centre(place, compared),
        shift=place.shift,
        cut_away=place.cut_away,
        agreements=tuple(found for found, _ in looked),
        motion=motion,
        verdict=verdict,
        reason=reason,
    )
    return quality, tuple(pictures for _, pictures in looked)


def _beside_chance(
    place: Place, compared: Compared, agreed: Agreement, pictures: Pictures
) -> tuple[Agreement, Pictures]:
    strangers = list(read_strangers(place, compared, pictures.channel))
    chance = chance_of(pictures, strangers)
    return agreed.model_copy(update={"others": chance}), pictures


def _moved(place: Place, compared: Compared) -> tuple[float, float]:
    """Return the pixels of the finest level along y and x that a region moved by."""
    view = compared.reference
    size = dict(zip(view.axes, view.pixel_size, strict=True))
    return place.shift[1] / size["y"], place.shift[2] / size["x"]


def _size(place: Place) -> tuple[float, float]:
    shape = dict(zip(place.axes, place.reference.shape, strict=True))
    return float(shape["y"]), float(shape["x"])


def _centre(place: Place, compared: Compared) -> tuple[float, float]:
    view, window = compared.reference, place.reference
    middle = dict(
        zip(place.axes, np.add(window.start, window.stop) / 2, strict=True),
    )
    whole = dict(zip(view.axes, np.multiply(view.pixels.shape, view.factor), strict=True))
    return float(middle["y"] / whole["y"]), float(middle["x"] / whole["x"])


def judge_image(
    places: tuple[Place, ...],
    compared: Compared,
    thresholds: Thresholds,
    *,
    well: str,
    image: str,
    acquisition: int,
) -> Iterator[tuple[RegionQuality, tuple[Pictures, ...]]]:
    """Yield each region's quality and pictures, one after the other: see `judge_region`."""
    for place in places:
        yield judge_region(
            place, compared, thresholds, well=well, image=image, acquisition=acquisition
        )
