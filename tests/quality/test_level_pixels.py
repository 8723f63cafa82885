from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import zarr

from tasks.pixels.chunk_files import ChunkFiles
from tasks.plan.errors import InvalidInputError
from tasks.plan.window import Window
from tasks.quality import level_pixels as module
from tasks.quality.level_pixels import LevelPixels
from tests.plates import make_image

SHAPE = (2, 1, 50, 60)
WINDOWS = (
    Window(start=(0, 0, 3, 5), stop=(1, 1, 49, 60)),
    Window(start=(0, 0, 10, 10), stop=(2, 1, 20, 20)),
    Window.whole(SHAPE),
)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    return make_image(tmp_path / "0", shape=SHAPE, chunks=(1, 1, 16, 16), levels=1, labels=())


@pytest.mark.parametrize(
    ("kept", "is_enough"), [(0, False), (700, False), (module.KEPT_BYTES, True)]
)
def test_windows_are_those_of_zarr_and_no_file_is_read_twice_while_it_is_kept(
    image: Path, kept: int, is_enough: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEPT_BYTES", kept)
    read = []
    real = ChunkFiles.read

    def counted(self: ChunkFiles, index: tuple[int, ...], part: Window) -> object:
        read.append(index)
        return real(self, index, part)

    monkeypatch.setattr(ChunkFiles, "read", counted)
    pixels, array = LevelPixels(image, "0"), zarr.open_array(image / "0", mode="r")
    for window in WINDOWS:
        np.testing.assert_array_equal(pixels.read(window), array[window.slices])
    assert (len(read) == len(set(read)) == 2 * 4 * 4) is is_enough


def test_a_file_that_cannot_be_decoded_is_told_of(image: Path) -> None:
    chunk = image / "0/0/0/0/0"
    chunk.write_bytes(b"torn")
    with pytest.raises(InvalidInputError, match="cannot be decoded"):
        LevelPixels(image, "0").read(Window.whole(SHAPE))
