"""What stays is carried over as files, never as the same file by mistake; the rest is made anew."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from tasks.pixels import blocks
from tasks.pixels.write import write_pyramid
from tests.pixels.written import (
    QUAD,
    STILL,
    Case,
    Shape,
    check,
    expected_levels,
    make_still,
    shift,
    written_levels,
)


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
