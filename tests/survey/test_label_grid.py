"""A label moves with the pixels of its image, whatever its metadata says that a pixel is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tasks.plan.errors import InvalidInputError
from tasks.survey.label_grid import Grid, place_on_image

IMAGE = (4, 64, 96)
SIZE = (2.0, 0.5, 0.5)
HERE = Path("/plate.zarr/A/01/1")


def placed(
    shape: tuple[int, ...], sizes: tuple[float, ...], *, assumed: bool = False
) -> tuple[tuple[float, ...], tuple[str, ...]]:
    image = Grid(
        axes=("c", "z", "y", "x"),
        pixel_size=(1.0, *SIZE),
        shapes=((2, *IMAGE), (2, 4, 32, 48), (2, 4, 16, 24)),
    )
    axes = ("z", "y", "x")[-len(shape) :]
    label = Grid(axes=axes, pixel_size=sizes, shapes=(shape,))
    return place_on_image(label, image, "nuclei", HERE, assumed=assumed)


@pytest.mark.parametrize(
    ("shape", "sizes"),
    [
        pytest.param(IMAGE, SIZE, id="the image's own pixels"),
        pytest.param((64, 96), (0.5, 0.5), id="no z"),
        pytest.param((1, 64, 96), (9.0, 0.5, 0.5), id="one plane"),
        pytest.param((32, 48), (1.0, 1.0), id="a level's pixels"),
        pytest.param((31, 47), (1.0, 1.0), id="a pixel less"),
        pytest.param((21, 32), (1.5, 1.5), id="pixels of no level"),
        pytest.param((40, 50), (0.5, 0.5), id="a part"),
        pytest.param((20, 40), (1.0, 1.0), id="a part on a coarser level"),
        pytest.param((70, 100), (0.5, 0.5), id="filled up to whole chunks"),
        pytest.param((20, 60), (0.7, 0.7), id="a part with pixels of its own"),
    ],
)
def test_a_label_that_fits_is_left_as_it_is(
    shape: tuple[int, ...], sizes: tuple[float, ...]
) -> None:
    assert placed(shape, sizes) == (sizes, ())


@pytest.mark.parametrize(
    ("shape", "sizes", "right"),
    [
        pytest.param(IMAGE, (1.0, 1.0, 1.0), SIZE, id="one micrometer each"),
        pytest.param(IMAGE, (9.0, 0.5, 0.5), SIZE, id="planes"),
        pytest.param((64, 96), (0.25, 0.25), (0.5, 0.5), id="half the size"),
        pytest.param((64, 96), (1.0, 1.0), (0.5, 0.5), id="a level's size"),
        pytest.param((32, 48), (325.0, 325.0), (1.0, 1.0), id="nanometers, half as many"),
        pytest.param((22, 32), (9.0, 9.0), (32 / 22, 1.5), id="a third as many"),
    ],
)
def test_a_label_of_the_whole_image_has_pixels_that_cover_it(
    shape: tuple[int, ...], sizes: tuple[float, ...], right: tuple[float, ...]
) -> None:
    found, (told,) = placed(shape, sizes)
    assert found == right
    assert "label 'nuclei' has as many pixels" in told
    assert (
        " x ".join(f"{one:g}" for one, other in zip(sizes, right, strict=True) if one != other)
        in told
    )


@pytest.mark.parametrize(
    ("shape", "sizes", "assumed"),
    [
        pytest.param((32, 48), (0.5, 0.5), False, id="a quarter, or all of it"),
        pytest.param((16, 24), (1.0, 1.0), False, id="likewise on a level"),
        pytest.param((40, 50), (1.0, 2.0), True, id="a part without a size"),
        pytest.param((60, 70), (2.0, 2.0), False, id="larger than the image"),
    ],
)
def test_what_is_not_plain_is_refused(
    shape: tuple[int, ...], sizes: tuple[float, ...], *, assumed: bool
) -> None:
    with pytest.raises(InvalidInputError, match=re.escape(f"{HERE}: its label 'nuclei' has ")):
        placed(shape, sizes, assumed=assumed)
