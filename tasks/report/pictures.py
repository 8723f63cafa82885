"""Pictures of a region: the reference in magenta and the image in green, before and after."""

from __future__ import annotations

import io
import math
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from tasks.quality.floats import as_picture
from tasks.quality.measure import Pictures
from tasks.report.folder import picture_stem

THUMBNAIL = 160
"""Pixels along the longer side."""

LEAST = 256
MOST = 512
"""Pixels along the longer side of a large picture; between them it is as it was read."""

_QUALITY = 85
_SHOWN = (0.05, 0.998)
"""Quantiles that become black and full colour: the edges of a region, which are mixed with 0, are
below."""

_COUNTED = 2**13
"""Pixels that the quantiles are taken of: more say the same."""

_FULL = 255

_BAR_SHARE = 0.25
"""Of the picture's width that the scale bar takes at most."""

Colours = NDArray[np.uint8]


def write_pictures(folder: Path, pictures: Pictures, *, well: str, image: str, region: str) -> None:
    """Write the pictures of one region as JPEG, and a thumbnail of the last.

    Args:
        folder: Of the report.
        pictures: What is to be seen; planes are shown as their mean.
        well: Row and column, such as `B/03`.
        image: Name of the image.
        region: Name of the region.

    Raises:
        OSError: They cannot be written.
    """
    stem = picture_stem(well, image, region)
    (folder / stem).parent.mkdir(parents=True, exist_ok=True)
    magenta = _brightness(pictures.reference)
    # The list shows what came of it, where something did.
    listed = "before" if pictures.after is None else "after"
    for what, moving in (("before", pictures.before), ("after", pictures.after)):
        if moving is None:
            continue
        colours = _coloured(magenta, _brightness(moving))
        shown = _large(colours)
        _draw_bar(shown, pictures.pixel_size[1] * colours.shape[1] / shown.width)
        _write(folder / f"{stem}-{what}.jpg", shown)
        if what == listed:
            _write(folder / f"{stem}-small.jpg", _small(colours))


def in_two_colours(reference: NDArray[Any], moving: NDArray[Any]) -> Colours:
    """Return the reference in magenta and the other in green; where they agree it is gray.

    Args:
        reference: Axes (z, y, x).
        moving: The same shape.

    Returns:
        Axes (y, x, red green blue).
    """
    return _coloured(_brightness(reference), _brightness(moving))


def _coloured(magenta: NDArray[np.uint8], green: NDArray[np.uint8]) -> Colours:
    return np.stack([magenta, green, magenta], axis=-1)


def _brightness(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Return what is shown of a region, axes (y, x): black to full, by the root, as eyes see."""
    flat = as_picture(pixels)
    some = flat.reshape(-1)[:: max(1, flat.size // _COUNTED)]
    # What no region covers is 0, and says nothing of the contrast.
    seen = some[some > 0]
    if not seen.size:
        seen = flat[flat > 0]
    if not seen.size:
        return np.zeros(flat.shape, np.uint8)
    # One after the other: together they take longer by far.
    places = (round(quantile * (seen.size - 1)) for quantile in _SHOWN)
    dark, bright = (float(np.partition(seen, place)[place]) for place in places)
    flat -= np.float32(dark)
    flat *= np.float32(_FULL**2 / max(bright - dark, 1e-6))
    np.clip(flat, 0, _FULL**2, out=flat)
    shown: NDArray[np.uint8] = np.sqrt(flat, out=flat).astype(np.uint8)
    return shown


def _large(colours: Colours) -> Image.Image:
    """Return the picture as it was read; one of few pixels shows each as a square."""
    picture = Image.fromarray(colours)
    times = max(1, LEAST // max(picture.size))
    if max(picture.size) > MOST:
        picture.thumbnail((MOST, MOST), Image.Resampling.BILINEAR)
    elif times > 1:
        size = (times * picture.width, times * picture.height)
        picture = picture.resize(size, Image.Resampling.NEAREST)
    return picture


def _small(colours: Colours) -> Image.Image:
    picture = Image.fromarray(colours)
    picture.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX)
    return picture


def _draw_bar(picture: Image.Image, micrometers: float) -> None:
    """Draw a scale bar; `micrometers` are those of one pixel of the picture."""
    length = nice_length(picture.width * _BAR_SHARE * micrometers)
    wide, edge = round(length / micrometers), 12
    bottom = picture.height - edge
    ImageDraw.Draw(picture).rectangle((edge, bottom - 4, edge + wide, bottom), fill="white")
    # The font that comes along has no other letter for it.
    label = _label(f"{length:g} um")
    picture.paste("white", (edge, bottom - 22), label)


@lru_cache(maxsize=64)
def _label(text: str) -> Image.Image:
    """Return a text as a mask: most regions have one scale, and fonts are slow."""
    font = ImageFont.load_default(size=14)
    _, _, right, bottom = map(math.ceil, font.getbbox(text))
    mask = Image.new("L", (right, bottom))
    ImageDraw.Draw(mask).text((0, 0), text, fill=255, font=font)
    return mask


def nice_length(most: float) -> float:
    """Return the longest of 1, 2, 5, 10, 20, 50 … that is no longer than `most`."""
    power = 10.0 ** math.floor(math.log10(most))
    return next(step * power for step in (5, 2, 1) if step * power <= most)


def _write(path: Path, picture: Image.Image) -> None:
    content = io.BytesIO()
    # Colours as sharp as brightness: it is by colours that the two are told apart.
    picture.save(content, "jpeg", quality=_QUALITY, subsampling=0)
    path.write_bytes(content.getvalue())
