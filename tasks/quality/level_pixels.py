"""The pixels of one pyramid level, which many regions are cut out of: no file is decoded twice."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.pixels.blocks import Index
from tasks.pixels.chunk_codec import DECODING_ERRORS
from tasks.pixels.chunk_files import ChunkFiles, open_chunk_files
from tasks.pixels.fast_pipeline import with_fast_pipeline
from tasks.plan.errors import InvalidInputError
from tasks.plan.window import Window
from tasks.survey.level_array import open_level_array

KEPT_BYTES = 24 * 2**20
"""Decoded pixels that are kept: at the level that is looked at one file holds several regions."""


class LevelPixels:
    """One level of an image, open for reading windows of it; for one thread at a time."""

    def __init__(self, image: Path, path: str) -> None:
        """Open the level; no chunk is read.

        Raises:
            InvalidInputError: It is not there, or cannot be read.
        """
        self._folder = image / path
        self._array = open_level_array(image, path)
        self._files = open_chunk_files(self._folder, self._array)
        if self._files is None:
            self._array = with_fast_pipeline(self._array)
        self._kept: OrderedDict[Index, NDArray[Any]] = OrderedDict()
        self._bytes = 0

    @property
    def shape(self) -> tuple[int, ...]:
        """Pixels along each axis."""
        return self._array.shape

    def read(self, window: Window) -> NDArray[Any]:
        """Return the pixels of a window inside the level, in the array's axis order.

        They are kept for the next window: look at them, and change nothing.

        Raises:
            InvalidInputError: A chunk cannot be decoded.
            OSError: One cannot be read.
        """
        try:
            return self._read(window)
        except DECODING_ERRORS as error:
            raise InvalidInputError(
                f"{self._folder}: pixels {window.start} to {window.stop} cannot be decoded "
                f"({error}). Restore them from a copy, or convert the image again"
            ) from error

    def _read(self, window: Window) -> NDArray[Any]:
        if self._files is None:
            return np.asarray(self._array[window.slices])
        touching = list(self._files.grid.touching(window))
        if len(touching) == 1:
            return self._part(self._files, touching[0], window)
        pixels = np.empty(window.shape, dtype=self._array.dtype)
        for index in touching:
            part = self._files.grid.window(index).clipped_to(window)
            pixels[_inside(window, part)] = self._part(self._files, index, part)
        return pixels

    def _part(self, files: ChunkFiles, index: Index, part: Window) -> NDArray[Any]:
        """Return a part of the pixels of a file, which is kept from before if it can be."""
        file = files.grid.window(index)
        pixels = self._kept.get(index)
        if pixels is None:
            pixels = files.read(index, Window.whole(file.shape))
            self._kept[index] = pixels
            self._bytes += pixels.nbytes
            while self._bytes > KEPT_BYTES:
                self._bytes -= self._kept.popitem(last=False)[1].nbytes
        return pixels[_inside(file, part)]


def _inside(window: Window, part: Window) -> tuple[slice, ...]:
    """Return the slices that select a part from the pixels of a window."""
    return tuple(
        slice(a - origin, b - origin)
        for a, b, origin in zip(part.start, part.stop, window.start, strict=True)
    )
