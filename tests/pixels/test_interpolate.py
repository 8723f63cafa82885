"""Pixels moved by a fraction equal SciPy's and Keys' formula, for any dtype, block and edge."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.pixels import blocks, interpolate, source
from tasks.pixels.interpolate import copy_between
from tasks.pixels.write import WrittenPixels, write_pyramid
from tasks.plan.interpolation import shift_taps
from tasks.plan.window import Interpolation, Shift, Window
from tests.benchmarks.interpolation import measure
from tests.interpolation_oracle import Kind, assert_is, moved
from tests.pixels.written import Case, make, shift, written_levels
from tests.plate_pixels import Array, smooth_pixels

KINDS = pytest.mark.parametrize("kind", ["linear", "cubic"])


def copied(
    source: Array,
    fraction: Sequence[float],
    kind: Interpolation,
    window: Window | None = None,
) -> Array:
    window = window or Window.whole(source.shape)
    move = Shift(region="any", source=window, target=window, fraction=tuple(fraction))
    out = np.empty(window.shape, dtype=source.dtype.newbyteorder("="))

    def read(into: Array, part: Window) -> None:
        assert part.clipped_to(Window.whole(source.shape)) == part
        into[...] = source[part.slices]

    copy_between(read, out, window, shift_taps(move, kind), source.shape)
    return out


@KINDS
@pytest.mark.parametrize(
    "dtype",
    ["u1", "i1", "u2", ">u2", "i2", ">i2", "u4", ">u4", "i4", "u8", "i8", "f2", "f4", ">f4", "f8"],
)
def test_every_type_is_moved_and_kept(dtype: str, kind: Kind) -> None:
    fraction = (0.31, -0.44)
    pixels = smooth_pixels((37, 41), dtype, seed=3)
    found = copied(pixels, fraction, kind)
    assert found.dtype.name == np.dtype(dtype).name
    assert_is(found, moved(pixels, fraction, kind))


EXTREMES = [
    ("uint8", [0, 0, 255, 255, 0, 0], "beside the highest value cubic goes over it, and under 0"),
    ("int8", [-128, -128, 127, 127], "both limits"),
    ("uint16", [65535, 65535, 0, 0, 65535, 65535], "the other way round"),
    ("int16", [-32768, 32767, -32768, -1, 0, 1], "negatives"),
    ("uint32", [0, 2**32 - 1, 2**32 - 1, 0, 1, 0], "more than single precision holds"),
    ("int32", [-(2**31), 2**31 - 1, -1, 0], "negatives"),
    ("uint64", [0, 2**64 - 1, 2**64 - 1, 0], "more than double precision holds"),
    ("int64", [-(2**63), 2**63 - 1, -(2**63), 0], "more than double precision holds"),
]


@KINDS
@pytest.mark.parametrize(("dtype", "line", "reason"), EXTREMES, ids=[case[0] for case in EXTREMES])
@pytest.mark.parametrize("fraction", [0.5, -0.5, 0.2, -0.07])
def test_values_never_wrap_around(
    dtype: str, line: list[int], reason: str, fraction: float, kind: Kind
) -> None:
    pixels = np.repeat(np.array([line], dtype=dtype), 2, axis=0)
    expected = moved(pixels, (0.0, fraction), kind)
    assert_is(copied(pixels, (0.0, fraction), kind), expected)
    bounds = np.iinfo(dtype)
    overshoots = expected.max() > float(bounds.max) or expected.min() < float(bounds.min)
    assert kind == "cubic" or not overshoots, reason


def test_there_is_something_to_clip() -> None:
    pixels = np.array([[0, 0, 255, 255, 0, 0]] * 2, dtype="uint8")
    expected = moved(pixels, (0.0, 0.3), "cubic")
    assert expected.max() > 260
    assert expected.min() < -5


@pytest.mark.parametrize(
    ("pair", "expected"), [((0, 1), 1), ((1, 2), 2), ((-1, 0), -1), ((-2, -1), -2), ((-1, 2), 1)]
)
def test_halves_are_rounded_away_from_zero(pair: tuple[int, int], expected: int) -> None:
    pixels = np.array([pair, pair], dtype="int16")
    assert copied(pixels, (0.0, -0.5), "linear")[0, 0] == expected


@KINDS
@pytest.mark.parametrize("dtype", ["uint16", "int16", "uint32", "float32", "float64"])
def test_an_even_field_stays_even(dtype: str, kind: Kind) -> None:
    pixels = np.full((9, 9), 54_321 if dtype != "int16" else -12_345, dtype=dtype)
    # The weights are rounded too: in floating point their sum may miss 1 by the last digit.
    np.testing.assert_allclose(copied(pixels, (0.3, -0.17), kind), pixels, rtol=3e-7)
    if dtype[0] in "ui":
        np.testing.assert_array_equal(copied(pixels, (0.3, -0.17), kind), pixels)


def test_linear_never_leaves_the_range_of_its_pixels() -> None:
    pixels = np.random.default_rng(5).integers(100, 60_000, (64, 64)).astype("uint16")
    for fraction in (-0.5, -0.3, 0.01, 0.5):
        found = copied(pixels, (fraction, 0.0), "linear")
        neighbours = np.roll(pixels, 1 if fraction > 0 else -1, axis=0)
        inner = slice(1, -1)
        assert (found >= np.minimum(pixels, neighbours))[inner].all()
        assert (found <= np.maximum(pixels, neighbours))[inner].all()


@pytest.mark.parametrize(("kind", "taps"), [("linear", 2), ("cubic", 4)])
def test_a_missing_pixel_spreads_to_what_is_made_from_it_and_no_further(
    kind: Kind, taps: int
) -> None:
    pixels = np.ones((20, 20), dtype="float32")
    pixels[10, 10] = np.nan
    missing = np.isnan(copied(pixels, (0.3, 0.0), kind))
    assert missing.sum() == taps
    assert missing[:, 10].sum() == taps
    assert np.isnan(copied(pixels, (0.3, -0.3), kind)).sum() == taps**2
    pixels[10, 10] = np.inf
    found = copied(pixels, (0.3, 0.0), kind)
    assert np.isfinite(found).sum() == pixels.size - taps
    np.testing.assert_allclose(found[np.isfinite(found)], 1, rtol=1e-6)


SHAPES = [
    ((33, 29), (0.4, -0.2)),
    ((5, 33, 29), (-0.3, 0.4, -0.2)),
    ((5, 33, 29), (0.25, 0.0, 0.0)),
    ((2, 5, 33, 29), (0.0, 0.5, 0.0, -0.31)),
    ((2, 2, 3, 33, 29), (0.0, 0.0, -0.5, 0.4, 0.3)),
    ((2, 1), (0.3, 0.4)),
    ((1, 2), (-0.3, -0.5)),
]


@KINDS
@pytest.mark.parametrize(("shape", "fraction"), SHAPES, ids=str)
def test_any_axes_and_even_the_smallest_image(
    shape: tuple[int, ...], fraction: tuple[float, ...], kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = smooth_pixels(shape, "uint16", seed=1)
    whole = copied(pixels, fraction, kind)
    assert_is(whole, moved(pixels, fraction, kind))
    monkeypatch.setattr(interpolate, "STRIP_BYTES", 1)
    monkeypatch.setattr(interpolate, "FEWEST_ROWS", 3)
    np.testing.assert_array_equal(copied(pixels, fraction, kind), whole)


def written(
    case: Case, kind: Interpolation, folder: Path, workers: int = 2
) -> tuple[list[Array], Array, WrittenPixels]:
    plain, pixels = make(case, folder)
    pyramid = plain.model_copy(update={"interpolation": kind})
    counts = write_pyramid(pyramid, folder / "source", folder / "staged", workers=workers)
    return written_levels(pyramid, folder), pixels, counts


part = st.tuples(st.integers(2, 40), st.integers(1, 17), st.integers(-20, 20), st.floats(-0.5, 0.5))


@settings(max_examples=25, deadline=None)
@given(axes=st.lists(part, min_size=2, max_size=3), data=st.data())
def test_blocks_give_what_the_whole_image_gives(
    axes: list[tuple[int, int, int, float]],
    data: st.DataObject,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    kind: Kind = data.draw(st.sampled_from(["linear", "cubic"]))
    shape = tuple(n for n, _, _, _ in axes)
    start = tuple(data.draw(st.integers(0, n - 1)) for n in shape)
    stop = tuple(data.draw(st.integers(a + 1, n)) for a, n in zip(start, shape, strict=True))
    source, offset = Window(start=start, stop=stop), tuple(d for _, _, d, _ in axes)
    fraction = tuple(f if abs(f) > 0.01 else 0.0 for *_, f in axes)
    move = Shift(
        region="any", source=source, target=source.moved_by(offset), fraction=fraction
    ).clipped_to(shape, shape)
    case = Case((shape,), tuple(c for _, c, _, _ in axes), (move,))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK_BYTES", 300)
        (found,), pixels, _ = written(case, kind, tmp_path_factory.mktemp("any"))
    expected = np.zeros_like(pixels)
    if not move.target.is_empty:
        if move.is_whole:
            expected[move.target.slices] = pixels[move.source.slices]
        else:
            expected[move.target.slices] = copied(pixels, fraction, kind, move.source)
        values = moved(pixels, np.add(move.offset, fraction), kind)
        assert_is(expected[move.target.slices], values[move.target.slices])
    np.testing.assert_array_equal(found, expected)


IN_PLANE = ((1, 128, 128), (1, 64, 64))


@KINDS
@pytest.mark.parametrize(
    ("chunks", "shards", "zarr_format"),
    [((1, 32, 32), None, 2), ((1, 32, 32), None, 3), ((1, 16, 16), (1, 32, 32), 3)],
)
def test_whole_moves_and_unmoved_files_are_as_without_interpolation(
    chunks: tuple[int, ...],
    shards: tuple[int, ...] | None,
    zarr_format: int,
    kind: Kind,
    tmp_path: Path,
) -> None:
    still = shift((0, 0, 0), (0, 0, 0), (1, 128, 70))
    moves = shift((0, 0, 0), (0, 96, 5), (1, 32, 32), "over a part of it")
    case = Case(IN_PLANE, chunks, (still, moves), shards=shards, zarr_format=zarr_format)
    trees = []
    for each in ("none", kind):
        folder = tmp_path / each
        folder.mkdir()
        *_, counts = written(case, each, folder)
        assert counts.chunks_carried > 0
        trees.append(
            {
                path.relative_to(folder): path.read_bytes()
                for path in folder.rglob("*")
                if path.is_file()
            }
        )
    assert trees[0] == trees[1]


def test_a_region_that_stays_but_for_a_fraction_is_not_carried_over(tmp_path: Path) -> None:
    still = shift((0, 0, 0), (0, 0, 0), (1, 128, 128))
    case = Case(IN_PLANE, (1, 32, 32), (still.model_copy(update={"fraction": (0.0, 0.25, 0.0)}),))
    levels, pixels, counts = written(case, "linear", tmp_path)
    assert counts.chunks_carried == 0
    assert_is(levels[0], moved(pixels, (0.0, 0.25, 0.0), "linear"))


def test_the_later_of_two_overlapping_regions_wins(tmp_path: Path) -> None:
    one = shift((0, 10, 10), (0, 3, -2), (1, 80, 80)).model_copy(update={"fraction": (0, 0.3, 0.2)})
    other = shift((0, 0, 0), (0, 40, 40), (1, 60, 60), "later")
    (found, _), pixels, _ = written(Case(IN_PLANE, (1, 32, 32), (one, other)), "cubic", tmp_path)
    first = moved(pixels, (0, 3.3, -1.8), "cubic")
    assert_is(found[0, 13:93, 8:40], first[0, 13:93, 8:40])
    np.testing.assert_array_equal(found[0, 40:100, 40:100], pixels[0, :60, :60])


@pytest.mark.parametrize(
    ("move", "cached", "times"),
    [
        pytest.param(((0, 0, 0), (0.3, 0.3, -0.3)), 1000, 1.0, id="all planes fit in the cache"),
        pytest.param(((0, 0, 0), (0.0, 0.3, -0.3)), 8, 1.6, id="in the plane, on the chunk grid"),
        pytest.param(((0, 7, -9), (0.0, 0.3, -0.3)), 8, 1.6, id="in the plane, off the grid"),
        pytest.param(((0, 0, 0), (0.3, 0.3, -0.3)), 8, 4.0, id="each plane from four"),
        pytest.param(((0, 7, -9), (0.3, 0.3, -0.3)), 8, 9.0, id="the same, off the grid"),
    ],
)
def test_a_source_chunk_is_decoded_few_times_although_its_neighbours_need_its_rim(
    move: tuple[tuple[int, ...], tuple[float, ...]],
    cached: int,
    times: float,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 1)
    monkeypatch.setattr(source, "CACHE_BYTES", cached * 128**2 * 2)
    offset, fraction = move
    moves = shift((0, 20, 20), offset, (5, 600, 600)).model_copy(update={"fraction": fraction})
    case = Case(((5, 640, 640), (5, 320, 320)), (1, 128, 128), (moves,))
    counts = written(case, "cubic", tmp_path, workers=1)[2]
    assert counts.chunks_decoded <= times * 5 * 25


@pytest.mark.parametrize(
    ("width", "linear", "cubic"),
    [
        pytest.param(2.5, 0.5, 0.2, id="sampled just finely enough"),
        pytest.param(4.0, 0.31, 0.06, id="well sampled"),
    ],
)
@pytest.mark.parametrize("fraction", [(0.25, 0.25), (0.5, 0.5)])
def test_a_known_fraction_is_undone(
    width: float, linear: float, cubic: float, fraction: tuple[float, float]
) -> None:
    whole = measure(fraction, width, "none")
    assert measure(fraction, width, "linear").error < linear * whole.error
    found = measure(fraction, width, "cubic")
    assert found.error < cubic * whole.error
    assert found.sharpness > 0.95
