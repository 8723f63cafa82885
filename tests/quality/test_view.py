from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import zarr

from tasks.plan.window import Window
from tasks.quality import view as module
from tasks.quality.view import (
    SIDE,
    Channel,
    coarse_enough,
    shared_channels,
    view_at,
    view_like,
)
from tasks.survey.pyramids import read_image_pyramid
from tests.plates import make_plate


def channel(number: int | None, wavelength: str = "", label: str = "") -> Channel:
    return Channel(number=number, wavelength=wavelength, label=label)


@pytest.mark.parametrize(
    ("reference", "moving", "pairs", "reason"),
    [
        (
            [channel(0, "A01_C01", "DAPI"), channel(1, "A02_C02", "CD4")],
            [channel(0, "A02_C02", "CD4"), channel(1, "A01_C01", "DAPI")],
            [(1, 0), (0, 1)],
            "by name, whatever the order",
        ),
        (
            [channel(0, "A01_C01", "DAPI"), channel(1, "A02_C02", "CD4")],
            [channel(0, "A01_C01", "DAPI"), channel(1, "A02_C02", "CD8")],
            [(0, 0)],
            "one wavelength, two stains",
        ),
        (
            [channel(0, "", "DAPI")],
            [channel(0, "A01_C01", "DAPI")],
            [(0, 0)],
            "one has no wavelength",
        ),
        ([channel(0, "A01_C01")], [channel(0, "A01_C01", "DAPI")], [(0, 0)], "one has no label"),
        ([channel(0), channel(1)], [channel(0), channel(1)], [(0, 0), (1, 1)], "no names at all"),
        ([channel(None)], [channel(None)], [(None, None)], "no channel axis"),
        ([channel(None)], [channel(0, "A01_C01")], [(None, 0)], "no channel axis in one"),
        ([channel(None)], [channel(0, "A01_C01"), channel(1, "A02_C02")], [], "which of two"),
        (
            [channel(0, "", "DAPI"), channel(1, "", "DAPI")],
            [channel(0, "", "DAPI")],
            [],
            "a name that is there twice",
        ),
        ([channel(0, "A01_C01")], [channel(0, "A02_C02")], [], "nothing in common"),
    ],
)
def test_channels_of_one_stain(
    reference: list[Channel],
    moving: list[Channel],
    pairs: list[tuple[int | None, int | None]],
    reason: str,
) -> None:
    found = shared_channels(tuple(reference), tuple(moving))
    assert [(one.number, other.number) for one, other in found] == pairs, reason


@pytest.mark.parametrize("axes", ["czyx", "yx", "zyx", "tczyx"])
def test_a_window_of_a_coarse_level(tmp_path: Path, axes: str) -> None:
    sizes = {"t": 2, "c": 2, "z": 3, "y": 64, "x": 96}
    shape = tuple(sizes[axis] for axis in axes)
    plate = make_plate(tmp_path / "plate.zarr", axes=axes, shape=shape, labels=())
    image = plate / "A/01/0"
    pyramid, _ = read_image_pyramid(image)
    view = view_at(image, pyramid, 2)
    channels = view.channels()
    corner = {"y": (8, 41), "x": (20, 96)}
    window = view.window(
        Window(
            start=tuple(corner.get(axis, (0, 0))[0] for axis in axes),
            stop=tuple(corner.get(axis, (0, sizes[axis]))[1] for axis in axes),
        )
    )
    array = zarr.open_array(image / "2", mode="r")[:]
    picked = {"t": 0, "c": channels[-1].number or 0}
    expected = array[tuple(picked.get(axis, slice(None)) for axis in axes)]
    # 41 / 4 = 10.25: the pixel that the window reaches into counts.
    expected = expected[..., 2:11, 5:24]
    found = view.read(channels[-1], window)
    np.testing.assert_array_equal(found, expected.reshape(found.shape))
    assert found.ndim == 3


@pytest.mark.parametrize(
    ("across", "covered"), [((8, 40), (2, 10)), ((9, 43), (3, 10)), ((9, 11), (2, 3))]
)
def test_where_the_rest_is_0_windows_are_of_pixels_that_lie_in_them_as_a_whole(
    across: tuple[int, int], covered: tuple[int, int], tmp_path: Path
) -> None:
    image = make_plate(tmp_path / "p.zarr", shape=(1, 1, 64, 96), labels=()) / "A/01/0"
    view = replace(view_at(image, read_image_pyramid(image)[0], 2), is_covered=True)
    window = view.window(Window(start=(0, 0, across[0], 0), stop=(1, 1, across[1], 96)))
    assert window == Window(start=(0, 0, covered[0], 0), stop=(1, 1, covered[1], 24))


def test_a_window_of_an_image_with_other_axes(tmp_path: Path) -> None:
    image = make_plate(tmp_path / "p.zarr", shape=(2, 3, 64, 96), labels=()) / "A/01/0"
    view = view_at(image, read_image_pyramid(image)[0], 2)
    whole = Window(start=(0, 0, 2, 5), stop=(2, 3, 11, 24))
    assert view.window(Window(start=(8, 20), stop=(41, 96)), "yx") == whole
    assert view.window(Window(start=(20, 0, 8), stop=(96, 1, 41)), "xcy") == Window(
        start=(0, 0, 2, 5), stop=(1, 3, 11, 24)
    )


def test_of_a_deep_stack_planes_are_left_out_evenly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = make_plate(tmp_path / "p.zarr", shape=(1, 11, 16, 16), labels=()) / "A/01/0"
    pyramid, _ = read_image_pyramid(image)
    view = view_at(image, pyramid, 0)
    monkeypatch.setattr(module, "MOST_PIXELS", 4 * 16 * 16)
    found = view.read(channel(0), Window.whole((1, 11, 16, 16)))
    expected = zarr.open_array(image / "0", mode="r")[0, ::3]
    np.testing.assert_array_equal(found, expected)


def test_another_image_is_seen_at_the_same_level_if_it_was_made_in_the_same_way(
    tmp_path: Path,
) -> None:
    plate = make_plate(tmp_path / "p.zarr", wells=("A/01", "A/02"), pixel_size=0.5, labels=())
    other = make_plate(tmp_path / "q.zarr", pixel_size=0.6, labels=()) / "A/01/0"
    image = plate / "A/01/0"
    view = view_at(image, read_image_pyramid(image)[0], 1)
    alike = view_like(plate / "A/02/0", view)
    assert alike is not None
    whole = Window.whole(alike.pixels.shape)
    np.testing.assert_array_equal(
        alike.read(channel(0), whole), zarr.open_array(plate / "A/02/0/1", mode="r")[0]
    )
    assert view_like(other, view) is None


@pytest.mark.parametrize(
    ("side", "level"), [(SIDE, 0), (SIDE + 1, 1), (4 * SIDE + 4, 3), (10**6, 3)]
)
def test_the_finest_level_that_is_coarse_enough(side: int, level: int, tmp_path: Path) -> None:
    plate = make_plate(tmp_path / "p.zarr", shape=(1, 1, 64, 64), labels=(), levels=4)
    image = plate / "A/01/0"
    pyramid, _ = read_image_pyramid(image)
    window = Window(start=(0, 0, 0, 0), stop=(1, 1, 10, side))
    assert coarse_enough(pyramid, [window]) == level
