"""A pyramid written in one pass equals slicing and ngio's zoom of the whole, for any grid."""

from __future__ import annotations

import asyncio
import errno
import re
import sys
import threading
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from ngio.common._zoom import numpy_zoom
from zarr.core.sync import sync
from zarr.storage import LocalStore

from tasks.pixels import blocks, target
from tasks.pixels.write import WrittenPixels, write_pyramid
from tasks.plan.errors import DamagedChunkError
from tasks.plan.registration_plan import Level, Pyramid
from tasks.plan.window import Shift, Window

Shape = tuple[int, ...]


def shift(start: Shape, offset: Shape, shape: Shape, region: str = "FOV_1") -> Shift:
    source = Window(start=start, stop=tuple(a + n for a, n in zip(start, shape, strict=True)))
    return Shift(region=region, source=source, target=source.moved_by(offset))


class Case(NamedTuple):
    """One image on disk and how it moves."""

    levels: tuple[Shape, ...]
    chunks: Shape
    shifts: tuple[Shift, ...]
    dtype: str = "uint16"
    shards: Shape | None = None
    zarr_format: int = 2
    resampling: Any = "linear"
    fill_value: float = 0


def make(case: Case, folder: Path) -> tuple[Pyramid, npt.NDArray[Any]]:
    random = np.random.default_rng(1)
    pixels = random.integers(1, 120, size=case.levels[0]).astype(case.dtype)
    levels = []
    for number, shape in enumerate(case.levels):
        chunks = tuple(min(c, n) for c, n in zip(case.chunks, shape, strict=True))
        options: dict[str, Any] = {}
        if case.shards:
            options["shards"] = tuple(
                -(-min(s, n) // c) * c for s, n, c in zip(case.shards, shape, chunks, strict=True)
            )
        for root in ("source", "staged"):
            array = zarr.create_array(
                folder / root / str(number),
                shape=shape,
                chunks=chunks,
                dtype=case.dtype,
                zarr_format=case.zarr_format,  # type: ignore[arg-type]
                fill_value=case.fill_value,
                **options,
            )
            if number == 0 and root == "source":
                array[...] = pixels
        levels.append(
            Level(
                path=str(number),
                shape=shape,
                chunks=array.chunks,
                shards=array.shards,
                dtype=case.dtype,
            )
        )
    pyramid = Pyramid(
        path="",
        axes=tuple("tczyx"[-len(case.levels[0]) :]),
        pixel_size=(1.0,) * len(case.levels[0]),
        levels=tuple(levels),
        resampling=case.resampling,
        shifts=case.shifts,
    )
    return pyramid, pixels


def expected_levels(case: Case, pixels: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
    expected = np.zeros_like(pixels)
    for move in case.shifts:
        expected[move.target.slices] = pixels[move.source.slices]
    levels = [expected]
    for shape in case.levels[1:]:
        levels.append(numpy_zoom(levels[-1], target_shape=shape, order=case.resampling))
    return levels


def written_levels(pyramid: Pyramid, folder: Path) -> list[npt.NDArray[Any]]:
    return [
        np.asarray(zarr.open_array(folder / "staged" / level.path, mode="r")[...])
        for level in pyramid.levels
    ]


def check(case: Case, folder: Path, workers: int = 2) -> WrittenPixels:
    pyramid, pixels = make(case, folder)
    counts = write_pyramid(pyramid, folder / "source", folder / "staged", workers=workers)
    for written, expected in zip(
        written_levels(pyramid, folder), expected_levels(case, pixels), strict=True
    ):
        np.testing.assert_array_equal(written, expected)
    return counts


EVEN = ((2, 3, 100, 80), (2, 3, 50, 40), (2, 3, 25, 20))
ODD = ((2, 3, 101, 77), (2, 3, 50, 38), (2, 3, 25, 19))
DEEP = ((2, 4, 100, 78), (2, 2, 50, 39), (2, 1, 25, 19))
ONE = (shift((0, 0, 0, 10), (0, 0, 7, -3), (2, 3, 60, 60)),)
IN_Z = (shift((0, 0, 0, 10), (0, 1, 7, -3), (2, 3, 60, 60)),)
OVERLAPPING = (
    shift((0, 0, 0, 10), (0, 0, 7, -3), (2, 3, 60, 60), "later table row below"),
    shift((0, 0, 30, 0), (0, 0, 0, 5), (2, 3, 60, 60), "wins"),
)
SOME_PLANES = (shift((0, 1, 5, 5), (0, 0, 1, 1), (2, 1, 40, 40)),)

CASES = [
    pytest.param(Case(EVEN, (1, 1, 32, 32), ONE), id="windows off the chunk grid"),
    pytest.param(Case(EVEN, (1, 1, 32, 32), OVERLAPPING), id="the later of two overlapping wins"),
    pytest.param(Case(EVEN, (1, 1, 32, 32), ()), id="nothing is covered"),
    pytest.param(Case(EVEN, (1, 1, 32, 32), SOME_PLANES), id="planes outside the region are zero"),
    pytest.param(Case(ODD, (1, 1, 32, 32), ONE), id="levels without whole factor need neighbours"),
    pytest.param(Case(ODD, (1, 1, 9, 7), OVERLAPPING, dtype="int16"), id="odd chunks, signed"),
    pytest.param(Case(DEEP, (1, 1, 32, 32), IN_Z), id="z halved with one plane per chunk"),
    pytest.param(Case(DEEP, (1, 1, 9, 9), IN_Z, dtype="float32"), id="float, z halved, odd x"),
    pytest.param(
        Case(DEEP, (1, 1, 16, 16), IN_Z, shards=(1, 2, 32, 64), zarr_format=3),
        id="shards over planes",
    ),
    pytest.param(
        Case(EVEN, (1, 1, 32, 32), ONE, fill_value=7),
        id="a fill value that is not zero: zeros are written",
    ),
    pytest.param(
        Case(ODD, (1, 1, 32, 32), ONE, dtype="uint32", resampling="nearest"), id="a label"
    ),
    pytest.param(
        Case(((100, 80),), (30, 30), (shift((0, 0), (3, 3), (50, 50)),)), id="one level only"
    ),
]


@pytest.mark.parametrize(
    ("block_bytes", "workers"),
    [
        pytest.param(1, 4, id="blocks of one chunk, four workers"),
        pytest.param(2_000, 1, id="blocks of some chunks"),
        pytest.param(blocks.BLOCK_BYTES, 2, id="one block"),
    ],
)
@pytest.mark.parametrize("case", CASES)
def test_levels_equal_slicing_and_zoom(
    case: Case, block_bytes: int, workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", block_bytes)
    check(case, tmp_path, workers)


axis = st.tuples(st.integers(1, 60), st.integers(1, 4), st.integers(1, 25), st.integers(-30, 30))


@settings(max_examples=60)
@given(axes=st.lists(axis, min_size=2, max_size=3), data=st.data())
def test_any_grid_any_window(
    axes: list[tuple[int, int, int, int]],
    data: st.DataObject,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    shape = tuple(n for n, _, _, _ in axes)
    reduced = tuple(max(n // f, 1) for n, f, _, _ in axes)
    chunks = tuple(c for _, _, c, _ in axes)
    start = tuple(data.draw(st.integers(0, n - 1)) for n in shape)
    stop = tuple(data.draw(st.integers(a + 1, n)) for a, n in zip(start, shape, strict=True))
    source = Window(start=start, stop=stop)
    move = Shift(
        region="any", source=source, target=source.moved_by(tuple(d for _, _, _, d in axes))
    ).clipped_to(shape, shape)
    case = Case((shape, reduced), chunks, (move,))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK_BYTES", 500)
        check(case, tmp_path_factory.mktemp("any"))


def test_each_chunk_is_encoded_once_and_none_that_is_empty(tmp_path: Path) -> None:
    levels = ((1, 128, 128), (1, 64, 64), (1, 32, 32))
    moved = shift((0, 0, 0), (0, 0, 64), (1, 64, 64))
    counts = check(Case(levels, (1, 32, 32), (moved,)), tmp_path)
    # 16 + 4 + 1 chunks; the region covers 4, 1 and 1 of them.
    assert (counts.chunks_written, counts.chunks_empty) == (6, 15)
    files = [p for p in (tmp_path / "staged").rglob("*") if p.is_file() and p.name[0] != "."]
    assert len(files) == 6


@pytest.mark.parametrize(
    ("chunks", "shards", "zarr_format"),
    [((1, 32, 32), None, 2), ((1, 32, 32), None, 3), ((1, 16, 16), (1, 32, 32), 3)],
)
def test_files_of_what_does_not_move_are_carried_over(
    chunks: Shape, shards: Shape | None, zarr_format: int, tmp_path: Path
) -> None:
    levels = ((1, 128, 128), (1, 64, 64))
    still = shift((0, 0, 0), (0, 0, 0), (1, 128, 70))
    moved = shift((0, 0, 0), (0, 96, 0), (1, 32, 32), "over a part of it")
    case = Case(levels, chunks, (still, moved), shards=shards, zarr_format=zarr_format)
    counts = check(case, tmp_path)
    # Of 4 x 3 touched units 2 x 4 are whole; one of them is overwritten by what moves.
    assert (counts.chunks_carried, counts.chunks_written) == (7, 5 + 4)
    same = [
        path
        for path in (tmp_path / "staged/0").rglob("*")
        if path.is_file()
        and path.name not in (".zarray", ".zattrs", "zarr.json")
        and path.read_bytes()
        == (tmp_path / "source" / path.relative_to(tmp_path / "staged")).read_bytes()
    ]
    assert len(same) >= 7


STILL = shift((0, 0, 0), (0, 0, 0), (1, 128, 128))
QUAD = ((1, 128, 128), (1, 64, 64), (1, 32, 32))


def make_still(folder: Path, **storage: Any) -> Pyramid:
    """Make an image that does not move, whose source has all levels."""
    case = Case(QUAD, (1, 32, 32), (STILL,), **storage)
    pyramid, pixels = make(case, folder)
    for number, level in enumerate(expected_levels(case, pixels)):
        zarr.open_array(folder / "source" / str(number), mode="r+")[...] = level
    return pyramid


@pytest.mark.parametrize(
    "storage",
    [{}, {"zarr_format": 3}, {"zarr_format": 3, "shards": (1, 64, 64)}],
    ids=["chunks", "format 3", "shards"],
)
def test_levels_of_an_image_that_stays_are_carried_over(
    storage: dict[str, Any], tmp_path: Path
) -> None:
    pyramid = make_still(tmp_path, **storage)
    counts = write_pyramid(pyramid, tmp_path / "source", tmp_path / "staged", workers=2)
    assert counts.chunks_written == 0
    assert counts.chunks_carried == (4 + 1 + 1 if "shards" in storage else 16 + 4 + 1)
    for name in ("0", "1", "2"):
        assert_same_files(tmp_path / "source" / name, tmp_path / "staged" / name)


def assert_same_files(source: Path, staged: Path) -> None:
    files = [path.relative_to(source) for path in source.rglob("*") if path.is_file()]
    assert files
    for file in files:
        assert (staged / file).read_bytes() == (source / file).read_bytes()


@pytest.mark.parametrize("link", [True, False])
def test_what_stays_is_the_same_file_only_where_the_source_will_be_replaced(
    tmp_path: Path, link: bool
) -> None:
    pyramid = make_still(tmp_path)
    corner = shift((0, 0, 0), (0, 96, 96), (1, 32, 32), "over one chunk")
    pyramid = pyramid.model_copy(update={"shifts": (STILL, corner)})
    write_pyramid(pyramid, tmp_path / "source", tmp_path / "staged", link=link)
    same = {
        key: (tmp_path / "staged/0" / key).samefile(tmp_path / "source/0" / key)
        for key in ("0.0.0", "0.3.2", "0.3.3")
    }
    assert same == {"0.0.0": link, "0.3.2": link, "0.3.3": False}


@pytest.mark.parametrize("linked", ["0", "0/c/0/0"])
def test_what_lies_behind_a_symbolic_link_is_copied(tmp_path: Path, linked: str) -> None:
    pyramid = make_still(tmp_path, zarr_format=3)
    folder, outside = tmp_path / "source" / linked, tmp_path / "outside"
    folder.rename(outside)
    folder.symlink_to(outside)
    write_pyramid(pyramid, tmp_path / "source", tmp_path / "staged", link=True)
    key = "0/c/0/0/3"
    staged, source = tmp_path / "staged" / key, tmp_path / "source" / key
    assert not staged.samefile(source)
    assert staged.read_bytes() == source.read_bytes()


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_a_chunk_is_never_written_over_a_file(tmp_path: Path, zarr_format: int) -> None:
    pyramid = make_still(tmp_path, zarr_format=zarr_format)
    chunk = "0/0.1.1" if zarr_format == 2 else "0/c/0/1/1"
    source, staged = tmp_path / "source" / chunk, tmp_path / "staged" / chunk
    before = source.read_bytes()
    staged.parent.mkdir(parents=True, exist_ok=True)
    staged.hardlink_to(source)
    moved = shift((0, 0, 0), (0, 32, 32), (1, 64, 64))
    pyramid = pyramid.model_copy(update={"shifts": (moved,)})
    with pytest.raises(FileExistsError, match=re.escape(str(staged))):
        write_pyramid(pyramid, tmp_path / "source", tmp_path / "staged")
    assert source.read_bytes() == before


def test_levels_made_in_another_way_are_made_anew(tmp_path: Path) -> None:
    pyramid = make_still(tmp_path)
    other = zarr.open_array(tmp_path / "source/1", mode="r+")
    other[...] = np.asarray(other[...]) + 1
    case = Case(QUAD, (1, 32, 32), (STILL,))
    expected = expected_levels(case, np.asarray(zarr.open_array(tmp_path / "source/0")[...]))
    counts = write_pyramid(pyramid, tmp_path / "source", tmp_path / "staged")
    # The first chunk tells it for all of its level; the level after it is as ours.
    assert (counts.chunks_written, counts.chunks_carried) == (4, 16 + 1)
    for written, wanted in zip(written_levels(pyramid, tmp_path), expected, strict=True):
        np.testing.assert_array_equal(written, wanted)


def test_a_damaged_chunk_of_a_coarser_level_is_made_anew(tmp_path: Path) -> None:
    pyramid = make_still(tmp_path)
    expected = [np.asarray(zarr.open_array(tmp_path / f"source/{n}")[...]) for n in range(3)]
    chunk = tmp_path / "source/1/0.0.0"
    chunk.write_bytes(chunk.read_bytes()[:20])
    write_pyramid(pyramid, tmp_path / "source", tmp_path / "staged")
    for written, wanted in zip(written_levels(pyramid, tmp_path), expected, strict=True):
        np.testing.assert_array_equal(written, wanted)


def test_coarser_chunks_next_to_what_moves_are_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 1)
    pyramid = make_still(tmp_path)
    corner = shift((0, 0, 0), (0, 96, 96), (1, 32, 32), "over one chunk")
    pyramid = pyramid.model_copy(update={"shifts": (STILL, corner)})
    pixels = np.asarray(zarr.open_array(tmp_path / "source/0")[...])
    counts = write_pyramid(pyramid, tmp_path / "source", tmp_path / "staged")
    assert (counts.chunks_written, counts.chunks_carried) == (1 + 1 + 1, 15 + 3)
    expected = expected_levels(Case(QUAD, (1, 32, 32), pyramid.shifts), pixels)
    for written, wanted in zip(written_levels(pyramid, tmp_path), expected, strict=True):
        np.testing.assert_array_equal(written, wanted)


def test_a_shifted_window_decodes_each_source_chunk_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 1)
    moved = shift((0, 5, 3), (0, -5, -3), (1, 123, 125))
    counts = check(Case(((1, 128, 128), (1, 64, 64)), (1, 32, 32), (moved,)), tmp_path)
    assert counts.chunks_decoded == 16


def test_a_truncated_chunk_is_named(tmp_path: Path) -> None:
    pyramid, _ = make(Case(EVEN, (1, 1, 32, 32), ONE), tmp_path)
    chunk = tmp_path / "source" / "0" / "1.2.1.1"
    chunk.write_bytes(chunk.read_bytes()[:20])
    with pytest.raises(DamagedChunkError, match=r"source/0: chunk 1/2/1/1 cannot be decoded"):
        write_pyramid(pyramid, tmp_path / "source", tmp_path / "staged")


async def whatever_zarr_still_does() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*others, return_exceptions=True)


def test_nothing_is_written_after_a_shard_could_not_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Every shard of the one block holds something.
    moved = shift((0, 0), (1, 1), (63, 63))
    case = Case(((64, 64),), (16, 16), (moved,), shards=(32, 32), zarr_format=3)
    pyramid, _ = make(case, tmp_path)
    # As for shards that only zarr can write.
    monkeypatch.setattr(target, "open_chunk_files", lambda *_: None)
    monkeypatch.setattr(target, "with_fast_pipeline", lambda array: array)
    asked = []

    async def fail(_store: LocalStore, key: str, _value: object) -> None:
        asked.append(key)
        raise OSError(errno.EIO, "Input/output error", key)

    monkeypatch.setattr(LocalStore, "set", fail)
    with pytest.raises(OSError, match="Input/output error"):
        write_pyramid(pyramid, tmp_path / "source", tmp_path / "staged")
    sync(whatever_zarr_still_does())
    assert len(asked) == 1


def test_progress_counts_every_block_in_order(tmp_path: Path) -> None:
    pyramid, _ = make(Case(EVEN, (1, 1, 100, 80), ONE), tmp_path)
    seen: list[tuple[int, int]] = []
    caller = threading.get_ident()

    def progress(done: int, total: int) -> None:
        assert threading.get_ident() == caller
        seen.append((done, total))

    write_pyramid(pyramid, tmp_path / "source", tmp_path / "staged", workers=3, progress=progress)
    assert seen == [(n, seen[-1][1]) for n in range(1, seen[-1][1] + 1)]


def test_an_interrupt_stops_after_the_blocks_under_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 1)
    pyramid, _ = make(Case(EVEN, (1, 1, 16, 16), ONE), tmp_path)

    def interrupt(done: int, _total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_pyramid(pyramid, tmp_path / "source", tmp_path / "staged", progress=interrupt)
    written = [p for p in (tmp_path / "staged" / "0").iterdir() if p.name[0] != "."]
    assert len(written) < 2 * 3 * 7 * 5
    assert not any("blocks" in thread.name for thread in threading.enumerate())
    assert sys.exc_info() == (None, None, None)
