"""One pyramid step on blocks gives what ngio gives the whole array."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from ngio.common._zoom import numpy_zoom

from tasks.pixels.resample import Axis, reduce_block
from tasks.plan.window import Window

INTEGERS = ["u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8"]
FLOATS = ["f4", "f8"]

STEPS = [
    pytest.param((2, 40, 60), (2, 20, 30), id="factor 2: exact mean of four"),
    pytest.param((4, 40, 60), (2, 20, 30), id="factor 2 in z too: exact mean of eight"),
    pytest.param((4, 40, 60), (2, 10, 20), id="factors 2, 4 and 3 at once"),
    pytest.param((3, 45, 63), (3, 15, 21), id="factor 3: the centre pixel"),
    pytest.param((3, 41, 61), (3, 20, 30), id="odd sizes: no whole factor"),
    pytest.param((6, 40, 61), (3, 40, 30), id="y kept, z halved, x without whole factor"),
    pytest.param((2, 30, 45), (2, 20, 30), id="factor 1.5: taps straddle blocks"),
    pytest.param((1, 1001, 501), (1, 500, 251), id="weights that no double holds exactly"),
    pytest.param((2, 7, 9), (2, 1, 1), id="a level of one pixel"),
    pytest.param((2, 4, 40), (2, 1, 10), id="an axis that ends at one pixel"),
]


def pixels(shape: tuple[int, ...], dtype: str, *, small: bool) -> npt.NDArray[Any]:
    random = np.random.default_rng(3)
    kind = np.dtype(dtype).kind
    if kind == "f":
        return random.normal(size=shape).astype(dtype)
    if small:
        return random.integers(-100 if kind == "i" else 0, 100, size=shape).astype(dtype)
    bounds = np.iinfo(dtype)
    low, high = int(bounds.min), int(bounds.max)
    if bounds.bits == 64:  # SciPy works in double: values near the ends wrap there
        low, high = low // 4, high // 4
    return random.integers(low, high, size=shape, dtype=dtype, endpoint=True)


def by_blocks(
    array: npt.NDArray[Any], axes: tuple[Axis, ...], resampling: Any, block: tuple[int, ...]
) -> npt.NDArray[Any]:
    shape = tuple(axis.reduced for axis in axes)
    out = np.zeros(shape, array.dtype)
    for start in itertools.product(*(range(0, n, b) for n, b in zip(shape, block, strict=True))):
        stop = tuple(min(a + b, n) for a, b, n in zip(start, block, shape, strict=True))
        target = Window(start=start, stop=stop)
        needed = [axis.needed(a, b) for axis, a, b in zip(axes, start, stop, strict=True)]
        part = array[tuple(slice(a, b) for a, b in needed)]
        origin = tuple(a for a, _ in needed)
        out[target.slices] = reduce_block(part, axes, origin, target, resampling)
    return out


@pytest.mark.parametrize("resampling", ["linear", "nearest"])
@pytest.mark.parametrize(("shape", "reduced"), STEPS)
@pytest.mark.parametrize("dtype", INTEGERS + FLOATS)
def test_equals_ngio_whole_and_block_by_block(
    dtype: str, shape: tuple[int, ...], reduced: tuple[int, ...], resampling: Any
) -> None:
    axes = tuple(Axis(n, m) for n, m in zip(shape, reduced, strict=True))
    exact_ids = resampling == "nearest" and np.dtype(dtype).itemsize == 8
    for small in (True,) if exact_ids else (True, False):
        array = pixels(shape, dtype, small=small)
        expected = numpy_zoom(array, target_shape=reduced, order=resampling)
        whole = reduce_block(array, axes, (0, 0, 0), Window.whole(reduced), resampling)
        np.testing.assert_array_equal(whole, expected)
        assert whole.dtype == array.dtype
        np.testing.assert_array_equal(by_blocks(array, axes, resampling, (1, 7, 11)), expected)


@pytest.mark.parametrize("dtype", ["u1", "<u2", ">u2"])
@pytest.mark.parametrize("cut", [slice(1, 41), slice(0, 80, 2), slice(40, 0, -1)])
def test_equals_ngio_however_pixels_lie_in_memory(dtype: str, cut: slice) -> None:
    # Pairs of neighbours are seen as wider integers where they lie so; here they do not, or not
    # where a wider integer may begin.
    array = pixels((2, 40, 81), np.dtype(dtype).str.lstrip("<>|"), small=False).astype(dtype)
    array = array[..., cut]
    native = array.astype(array.dtype.newbyteorder("="))
    expected = numpy_zoom(native, target_shape=(2, 20, 20), order="linear")
    axes = (Axis(2, 2), Axis(40, 20), Axis(40, 20))
    whole = reduce_block(array, axes, (0, 0, 0), Window.whole((2, 20, 20)), "linear")
    np.testing.assert_array_equal(whole, expected)


def test_label_ids_beyond_double_precision_survive() -> None:
    # ngio's nearest goes through double and changes them; a wrong id is a wrong cell.
    ids = np.arange(2**53, 2**53 + 64, dtype=np.uint64).reshape(8, 8)
    reduced = reduce_block(ids, (Axis(8, 4), Axis(8, 4)), (0, 0), Window.whole((4, 4)), "nearest")
    np.testing.assert_array_equal(reduced, ids[1::2, 1::2])


def test_halves_round_away_from_zero() -> None:
    array = np.array([[1, 2, -1, -2]], dtype=np.int16)
    axes = (Axis(1, 1), Axis(4, 2))
    reduced = reduce_block(array, axes, (0, 0), Window.whole((1, 2)), "linear")
    assert reduced.tolist() == [[2, -2]]


def test_bool_averages_as_scipy_casts() -> None:
    array = np.array([[True, True, True, False]])
    axes = (Axis(1, 1), Axis(4, 2))
    reduced = reduce_block(array, axes, (0, 0), Window.whole((1, 2)), "linear")
    assert reduced.tolist() == [[True, False]]


def test_an_infinite_pixel_does_not_count_where_it_has_no_weight() -> None:
    # At 5/3 every third sample falls on a pixel: the next one has no weight, SciPy gives NaN.
    row = np.array([[1.0, np.inf, 3.0, 4.0, 5.0, 6.0]], dtype=np.float32)
    axes = (Axis(1, 1), Axis(6, 6))
    reduced = reduce_block(row, axes, (0, 0), Window.whole((1, 6)), "linear")
    np.testing.assert_array_equal(reduced, row)
    row = np.array([[1.0, 2.0, np.inf, 4.0, 5.0]], dtype=np.float32)
    axes = (Axis(1, 1), Axis(5, 3))
    reduced = reduce_block(row, axes, (0, 0), Window.whole((1, 3)), "linear")
    # Centers 1/3, 2 and 3 2/3.
    np.testing.assert_allclose(reduced, [[1 + 1 / 3, np.inf, 4 + 2 / 3]], rtol=1e-6)
