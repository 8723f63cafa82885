"""A pyramid written in one pass equals slicing and ngio's zoom of the whole, for any grid."""

from __future__ import annotations

import asyncio
import errno
import math
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from zarr.core.sync import sync
from zarr.storage import LocalStore

from tasks.pixels import blocks, target
from tasks.pixels.write import write_pyramid
from tasks.plan.errors import DamagedChunkError
from tasks.plan.window import Shift, Window
from tests.pixels.written import (
    Case,
    check,
    make,
    shift,
)

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


MOST_CHUNKS = 500

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
    # A file for each pixel of a cube takes minutes, and shows no more.
    assume(math.prod(-(-n // c) for n, c in zip(shape, chunks, strict=True)) <= MOST_CHUNKS)
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
