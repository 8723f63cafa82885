from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tasks.quality.measure import Pictures
from tasks.quality.view import Channel
from tasks.report.folder import picture_stem
from tasks.report.pictures import MOST, THUMBNAIL, in_two_colours, nice_length, write_pictures

SPOT = np.zeros((1, 40, 80), np.uint16)
SPOT[0, 10:20, 10:20] = 1000
ELSEWHERE = np.roll(SPOT, 40, axis=2)
GROUND = 100


def test_the_reference_is_magenta_the_image_green_and_both_are_gray() -> None:
    colours = in_two_colours(SPOT + GROUND, ELSEWHERE + GROUND)
    assert colours[15, 15].tolist() == [255, 0, 255]
    assert colours[15, 55].tolist() == [0, 255, 0]
    same = in_two_colours(SPOT + GROUND, SPOT + GROUND)
    assert same[15, 15].tolist() == [255, 255, 255]


def test_nothing_is_black_and_breaks_nothing() -> None:
    assert not in_two_colours(np.zeros_like(SPOT), np.zeros_like(SPOT)).any()


@pytest.mark.parametrize("has_before", [True, False])
def test_large_and_small_files_of_each_picture(tmp_path: Path, has_before: bool) -> None:
    pictures = Pictures(
        channel=Channel(number=0, wavelength="", label="DAPI"),
        reference=SPOT + GROUND,
        before=ELSEWHERE + GROUND if has_before else None,
        after=SPOT + GROUND,
        spacing=(4.0, 4.0),
        pixel_size=(1.3, 1.3),
    )
    region = "FOV/1 ä"
    write_pictures(tmp_path, pictures, well="B/03", image="1", region=region)
    stem = tmp_path / picture_stem("B/03", "1", region)
    names = {path.name.removeprefix(stem.name) for path in stem.parent.iterdir()}
    assert names == {"-after.jpg", "-small.jpg"} | ({"-before.jpg"} if has_before else set())
    sizes = {}
    for ending in ("after", "small"):
        with Image.open(f"{stem}-{ending}.jpg") as picture:
            sizes[ending] = picture.size
    # The picture is 80 pixels wide: each becomes a square of 3.
    assert sizes == {"after": (240, 120), "small": (80, 40)}


def test_a_region_that_was_not_registered_is_listed_as_it_is(tmp_path: Path) -> None:
    pictures = Pictures(
        channel=Channel(number=0, wavelength="", label="DAPI"),
        reference=np.zeros((1, 1200, 600), np.uint16),
        before=np.ones((1, 1200, 600), np.uint16),
        after=None,
        spacing=(1.0, 1.0),
        pixel_size=(1.3, 1.3),
    )
    write_pictures(tmp_path, pictures, well="B/03", image="1", region="F")
    stem = tmp_path / picture_stem("B/03", "1", "F")
    sizes = {}
    for path in stem.parent.iterdir():
        with Image.open(path) as picture:
            sizes[path.name] = max(picture.size)
    assert sizes == {"F-before.jpg": MOST, "F-small.jpg": THUMBNAIL}


@pytest.mark.parametrize(
    ("most", "length"), [(1.0, 1), (4.9, 2), (5.1, 5), (99, 50), (100, 100), (0.3, 0.2)]
)
def test_scale_bars_have_lengths_that_people_know(most: float, length: float) -> None:
    assert nice_length(most) == pytest.approx(length)
