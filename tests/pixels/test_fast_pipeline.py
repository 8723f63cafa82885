"""Arrays that only zarr can read go through zarrs where it is installed, with the same result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numcodecs
import numpy as np
import pytest
import zarr
from zarr.codecs import Crc32cCodec, ZstdCodec

from tasks.pixels import fast_pipeline
from tasks.pixels.fast_pipeline import pipeline_of, with_fast_pipeline
from tasks.pixels.write import WrittenPixels, write_pyramid
from tasks.plan.errors import DamagedChunkError
from tasks.plan.registration_plan import Level, Pyramid
from tasks.plan.window import Shift, Window

RARE = [
    pytest.param({"compressors": [ZstdCodec(), Crc32cCodec()]}, id="a checksum on each chunk"),
    pytest.param(
        {"compressors": [ZstdCodec(), Crc32cCodec()], "shards": (32, 32)},
        id="shards of chunks with a checksum",
    ),
]


def write(folder: Path, options: dict[str, Any]) -> WrittenPixels:
    pyramid = make(folder, options)
    (folder / "pyramid.json").write_text(pyramid.model_dump_json())
    return write_again(folder)


def write_again(folder: Path) -> WrittenPixels:
    pyramid = Pyramid.model_validate_json((folder / "pyramid.json").read_text())
    return write_pyramid(pyramid, folder / "source", folder / "staged", workers=2)


def make(folder: Path, options: dict[str, Any]) -> Pyramid:
    pixels = np.random.default_rng(0).integers(1, 500, size=(64, 64)).astype("u2")
    levels = []
    for name, shape in (("0", (64, 64)), ("1", (32, 32))):
        for root in ("source", "staged"):
            array = zarr.create_array(
                folder / root / name,
                shape=shape,
                chunks=(16, 16),
                dtype="u2",
                fill_value=0,
                **options,
            )
            if (root, name) == ("source", "0"):
                array[...] = pixels
        levels.append(
            Level(path=name, shape=shape, chunks=(16, 16), shards=array.shards, dtype="uint16")
        )
    window = Window(start=(5, 3), stop=(60, 60))
    moved = Shift(region="well", source=window, target=window.moved_by((-4, 2)))
    return Pyramid(
        path="",
        axes=("y", "x"),
        pixel_size=(1, 1),
        levels=tuple(levels),
        resampling="linear",
        shifts=(moved,),
    )


def pixels_of(folder: Path) -> list[Any]:
    return [np.asarray(zarr.open_array(folder / "staged" / name)[...]) for name in "01"]


@pytest.mark.parametrize("options", RARE)
def test_both_pipelines_give_the_same(
    options: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("zarrs", reason="the extra `zarrs` is not installed")
    assert write(tmp_path / "zarrs", options).encoded_by == "zarrs"
    monkeypatch.setattr(fast_pipeline, "find_spec", lambda _: None)
    assert write(tmp_path / "zarr", options).encoded_by == "zarr"
    for one, other in zip(pixels_of(tmp_path / "zarr"), pixels_of(tmp_path / "zarrs"), strict=True):
        np.testing.assert_array_equal(one, other)
    if "shards" in options:
        return  # zarrs puts the chunks of a shard in another order
    staged = [path.relative_to(tmp_path / "zarr") for path in (tmp_path / "zarr").rglob("*")]
    for path in staged:
        if (tmp_path / "zarr" / path).is_file():
            same = (tmp_path / "zarr" / path).read_bytes()
            assert (tmp_path / "zarrs" / path).read_bytes() == same


def test_what_zarrs_does_not_know_is_left_to_zarr(tmp_path: Path) -> None:
    options = {"zarr_format": 2, "filters": [numcodecs.Delta(dtype="<u2")]}
    assert write(tmp_path, options).encoded_by == "zarr"


def test_without_zarrs_zarr_does_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast_pipeline, "find_spec", lambda _: None)
    array = zarr.create_array(tmp_path, shape=(4,), dtype="u2", compressors=[Crc32cCodec()])
    assert pipeline_of(with_fast_pipeline(array)) == "zarr"


@pytest.mark.parametrize("options", RARE)
def test_a_damaged_chunk_is_named_with_either(
    options: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("zarrs", reason="the extra `zarrs` is not installed")
    for name in ("zarrs", "zarr"):
        write(tmp_path / name, options)
        chunk = tmp_path / name / "source/0/c/0/0"
        chunk.write_bytes(chunk.read_bytes()[:-9])
        with pytest.raises(DamagedChunkError, match=r"source/0: chunk 0/0 cannot be decoded"):
            write_again(tmp_path / name)
        monkeypatch.setattr(fast_pipeline, "find_spec", lambda _: None)


def test_plain_chunks_need_neither(tmp_path: Path) -> None:
    assert write(tmp_path, {}).encoded_by == "numcodecs"


def test_the_choice_is_not_left_behind(tmp_path: Path) -> None:
    before = zarr.config.get("codec_pipeline.path")
    write(tmp_path, {})
    assert zarr.config.get("codec_pipeline.path") == before
