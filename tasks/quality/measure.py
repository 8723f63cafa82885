"""Measure how well the regions of an image agree with its reference, before and after."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.plan.errors import InvalidInputError
from tasks.plan.window import Window
from tasks.quality.agreement import Centred, agreement, agreement_of_centred, centred
from tasks.quality.common_motion import common_motion, shared
from tasks.quality.floats import as_picture
from tasks.quality.parts import parts_of
from tasks.quality.place import Place
from tasks.quality.region_quality import Agreement, Motion
from tasks.quality.residual import motion_left
from tasks.quality.turn import fit_turn
from tasks.quality.view import Channel, View

Pixels = NDArray[Any]

LARGEST = 0.95
"""Quantile of the blocks' motions that stands for the largest: one block may be wrong."""


_DECIMALS = 2
"""Of the arrows: a hundredth of a pixel."""

TURNED = 0.8
"""Share of the motion from which on a turn explains it, and no parts are looked for."""


@dataclass(frozen=True)
class Compared:
    """An image and its reference, each at one level of the same pixel size."""

    reference: View
    original: View | None
    """None where the original is gone."""
    result: View | None
    """None where nothing was registered yet."""
    channels: tuple[tuple[Channel, Channel], ...]
    """Those that show one stain in both: the reference's, and the image's."""
    others: tuple[View, ...]
    """The reference acquisition in other wells: what agrees with them agrees by chance."""

    @property
    def is_flat(self) -> bool:
        """Whether one of them is a single plane; of the others the brightest of all is compared."""
        seen = (self.reference, self.original, self.result)
        return any(view is not None and view.planes == 1 for view in seen)


@dataclass(frozen=True)
class Pictures:
    """One region in one channel; axes (z, y, x)."""

    channel: Channel
    reference: Pixels
    before: Pixels | None
    after: Pixels | None
    spacing: tuple[float, float]
    """Pixels of the finest level in one of these, along y and x."""
    pixel_size: tuple[float, float]
    """Micrometers per pixel of these, along y and x."""

    @property
    def judged(self) -> Pixels | None:
        """The result; the original where there is no result."""
        return self.before if self.after is None else self.after

    @cached_property
    def centred(self) -> Centred:
        """What is judged, centred: it meets the reference, and others."""
        return None if self.judged is None else centred(self.judged)


def look_at(place: Place, compared: Compared) -> tuple[Pictures, ...]:
    """Read a region in every shared channel: the reference, the original, the result.

    Raises:
        OSError: Something cannot be read.
    """
    view = compared.reference
    windows = tuple(
        None if seen is None or where is None else (seen, seen.window(where, place.axes))
        for seen, where in ((compared.original, place.before), (compared.result, place.after))
    )
    factor = dict(zip(view.axes, view.factor, strict=True))
    size = dict(zip(view.axes, view.pixel_size, strict=True))
    window = view.window(place.reference, place.axes)
    found = []
    for theirs, own in compared.channels:
        reference = _read(view, theirs, window, is_flat=compared.is_flat)
        before, after = (
            seen and _like(reference, _read(seen[0], own, seen[1], is_flat=compared.is_flat))
            for seen in windows
        )
        found.append(
            Pictures(
                channel=theirs,
                reference=reference,
                before=before,
                after=after,
                spacing=(factor["y"], factor["x"]),
                pixel_size=(factor["y"] * size["y"], factor["x"] * size["x"]),
            )
        )
    return tuple(found)


def _read(view: View, channel: Channel, window: Window, *, is_flat: bool) -> Pixels:
    pixels = view.read(channel, window)
    return pixels.max(axis=0, keepdims=True) if is_flat and len(pixels) > 1 else pixels


def _like(reference: Pixels, pixels: Pixels) -> Pixels:
    """Return pixels in the reference's shape; what is not in the image is 0."""
    if pixels.shape == reference.shape:
        return pixels
    whole = np.zeros_like(reference, dtype=pixels.dtype)
    shared = tuple(slice(min(a, b)) for a, b in zip(pixels.shape, whole.shape, strict=True))
    whole[shared] = pixels[shared]
    return whole


def agreement_of(pictures: Pictures) -> Agreement:
    """Return how alike image and reference are in one channel; chance is not looked at."""
    reference = centred(pictures.reference)
    before, after = (
        None
        if pixels is None
        else agreement_of_centred(
            reference, pictures.centred if pixels is pictures.judged else centred(pixels)
        )
        for pixels in (pictures.before, pictures.after)
    )
    return Agreement(channel=pictures.channel.name, before=before, after=after, others=None)


def likeness_of(agreed: Agreement, pictures: Pictures, *, anywhere: bool = False) -> float:
    """Return the agreement that channels are ranked by; less than any where nothing is seen.

    Of what was not registered yet, it is that of what both show, wherever that lies: the agreement
    of what lies elsewhere says nothing of a stain.

    Args:
        agreed: How alike image and reference are where they lie.
        pictures: The region in one channel.
        anywhere: Whether to take what was registered for what was not.
    """
    now = agreed.before if agreed.after is None else agreed.after
    if now is None or pictures.judged is None:
        return -2.0
    if pictures.after is not None and not anywhere:
        return now
    one, other = as_picture(pictures.reference), as_picture(pictures.judged)
    dy, dx = common_motion(one, other)
    there = agreement(shared(one, dy, dx), shared(other, -dy, -dx))
    return now if there is None else max(now, there)


def chance_of(pictures: Pictures, strangers: Sequence[Pixels]) -> float | None:
    """Return the highest agreement with what has nothing to do with the image.

    Args:
        pictures: The region in one channel.
        strangers: The same region of other wells' references; without any, the reference moved by
            half its size stands for them.
    """
    judged = pictures.judged
    if judged is None:
        return None
    found = [
        value
        for other in strangers or [_elsewhere(pictures.reference)]
        if other.shape == judged.shape
        and (value := agreement_of_centred(pictures.centred, centred(other))) is not None
    ]
    return max(found, default=None)


def read_strangers(place: Place, compared: Compared, channel: Channel) -> Iterator[Pixels]:
    """Yield the same region of other wells; one that cannot be read there is passed over."""
    for view in compared.others:
        window = view.window(place.reference, place.axes)
        if window.is_empty:
            continue
        try:
            yield _read(view, channel, window, is_flat=compared.is_flat)
        except (InvalidInputError, OSError):
            # Another run may be replacing it: one witness less.
            continue


def motion_of(pictures: Pictures) -> Motion:
    """Return the motion left between the result (the original, without one) and the reference."""
    if pictures.judged is None:
        return _NO_MOTION
    one, other = as_picture(pictures.reference), as_picture(pictures.judged)
    left = motion_left(one, other)
    counted = {
        "places": left.looked_at,
        "in_one_only": left.in_one_only,
        "blocks": left.blocks,
    }
    if not len(left.motion):
        return _NO_MOTION.model_copy(update=counted)
    spacing = np.array(pictures.spacing)
    lengths = np.hypot(*(left.motion * spacing).T)
    turn = fit_turn(left)
    is_turned = turn is not None and turn.share >= TURNED
    parts = [] if is_turned else parts_of(left.motion)
    corner = None
    if turn is not None:
        half = math.hypot(*(np.array(one.shape) * spacing)) / 2
        corner = abs(math.radians(turn.degrees)) * half
    return Motion(
        places=left.looked_at,
        in_one_only=left.in_one_only,
        blocks=left.blocks,
        clear=len(lengths),
        median=float(np.median(lengths)),
        largest=float(np.quantile(lengths, LARGEST)),
        rotation=turn and turn.degrees,
        rotation_error=turn and turn.error,
        rotation_share=turn and turn.share,
        in_corner=corner,
        parts=tuple(_part(left.motion[part] * spacing) for part in parts),
        arrows=tuple(
            (y, x, dy, dx)
            for y, x, dy, dx in np.hstack([left.centre * spacing, left.motion * spacing])
            .round(_DECIMALS)
            .tolist()
        ),
    )


def _part(motion: NDArray[np.float64]) -> tuple[float, float]:
    y, x = np.median(motion, axis=0)
    return float(y), float(x)


_NO_MOTION = Motion(
    places=0,
    clear=0,
    median=0.0,
    largest=0.0,
    rotation=None,
    rotation_error=None,
    rotation_share=None,
    in_corner=None,
)


def _elsewhere(pixels: Pixels) -> Pixels:
    return np.roll(pixels, (pixels.shape[1] // 2, pixels.shape[2] // 2), axis=(1, 2))
