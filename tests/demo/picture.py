"""Draw the README's picture: a demo well before and after, reference magenta, acquisition green.

Run it from the repository's root: `python -m tests.demo.picture docs/before-after.png`
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import zarr
from PIL import Image, ImageDraw, ImageFont

from tasks.demo.comparing import compare_with_reference
from tasks.demo.panels import NUCLEI
from tasks.demo.plate import write_plate
from tasks.estimate.options import EstimateOptions
from tests.registration import register_raw

WELL = "A/01"
ACQUISITION = 1
ZOOM_START = (560, 690)
ZOOM = 240
"""Corner and side of the enlarged square, in pixels of the image."""

_SIDE = 440
_GAP = 12
_CAPTION = 56
_COLORS = 64


def stain(image: Path) -> np.ndarray:
    """Return the nuclear stain from 0 to 1, axes (y, x): background black, nuclei bright."""
    pixels = np.asarray(zarr.open_array(image / "0", mode="r")[0, 0]).astype(float)
    low, high = np.percentile(pixels[pixels > 0], (60, 99.5))
    return np.clip((pixels - low) / (high - low), 0, 1) ** 0.8


def overlay(reference: np.ndarray, acquisition: np.ndarray) -> Image.Image:
    """Return two images in one: white is where they agree."""
    colors = np.stack([reference, acquisition, reference], axis=-1)
    return Image.fromarray((255 * colors).astype(np.uint8))


def panel(well: Path, caption: str) -> Image.Image:
    """Return the well as a whole, and a square of it enlarged below, under a caption."""
    both = overlay(stain(well / "0"), stain(well / str(ACQUISITION)))
    (y, x), side = ZOOM_START, ZOOM
    enlarged = both.crop((x, y, x + side, y + side)).resize(
        (_SIDE, _SIDE), Image.Resampling.BICUBIC
    )
    height = round(_SIDE * both.height / both.width)
    whole = both.resize((_SIDE, height), Image.Resampling.BOX)
    scale = _SIDE / both.width
    ImageDraw.Draw(whole).rectangle(
        [x * scale, y * scale, (x + side) * scale, (y + side) * scale], outline="white"
    )
    drawn = Image.new("RGB", (_SIDE, _CAPTION + height + _GAP + _SIDE), "white")
    words = ImageDraw.Draw(drawn)
    words.text((0, 2), caption, fill="black", font=ImageFont.load_default(20))
    small = ImageFont.load_default(15)
    words.text((0, 30), "acquisition 0 (reference)", fill="#b000b0", font=small)
    words.text((190, 30), f"acquisition {ACQUISITION}", fill="#008000", font=small)
    words.text((290, 30), "both", fill="#707070", font=small)
    drawn.paste(whole, (0, _CAPTION))
    drawn.paste(enlarged, (0, _CAPTION + height + _GAP))
    return drawn


def main(target: Path) -> None:
    """Write a plate, register one well of it, and draw the well before and after."""
    with TemporaryDirectory() as folder:
        plate = Path(folder) / "plate.zarr"
        write_plate(plate)
        panels = []
        for when in ("Before", "After"):
            if when == "After":
                options = EstimateOptions(wavelength_id=NUCLEI.wavelength)
                register_raw(plate / WELL, options, "1", "2")
            agreement = compare_with_reference(plate)[WELL, ACQUISITION]
            panels.append(panel(plate / WELL, f"{when} registration: correlation {agreement:.2f}"))
    first, second = panels
    picture = Image.new("RGB", (2 * first.width + _GAP, first.height), "white")
    picture.paste(first, (0, 0))
    picture.paste(second, (first.width + _GAP, 0))
    picture.quantize(_COLORS).save(target, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
