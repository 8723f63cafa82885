"""What knowing the quality costs: whole plates by the flow, with it and without, in turn."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numcodecs import Blosc, Zstd
from rich.table import Table
from scipy import ndimage

from tests.benchmarks.scenes import TABLE, Size
from tests.plates import Array, Box, make_image, make_plate, write_regions

WELLS = ("B/02", "B/03", "B/04", "B/05")
ACQUISITIONS = (0, 1, 2)
PIXEL_SIZE = 0.325
MARGIN = 64
MOVED = (11, 7)
"""Pixels along y and x by which each acquisition lies beyond the one before."""

FIELD = (2160, 2560)
CASES = {
    "4 fields, 3 channels, lz4": Size(channels=3, planes=1, fields=(2, 2), field=FIELD),
    "4 fields, 3 channels, zstd": Size(channels=3, planes=1, fields=(2, 2), field=FIELD),
    "one field, 3 channels, 6 planes": Size(channels=3, planes=6, fields=(1, 1), field=FIELD),
    "one field, one channel": Size(channels=1, planes=1, fields=(1, 1), field=FIELD),
    "one field of 512 x 512, one channel": Size(
        channels=1, planes=1, fields=(1, 1), field=(512, 512)
    ),
}


@dataclass
class Spent:
    """Seconds of runs, and of what they spend on quality: those of the clock and of the cores."""

    without: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    cores: list[float] = field(default_factory=list)
    """Of the cores, in the whole process."""
    numbers: list[float] = field(default_factory=list)
    """Of the cores, on numbers, verdicts, pictures of regions and their tables."""
    page: list[float] = field(default_factory=list)
    """Of the cores, on the plate's page, once at the end."""


def measure_cost(runs: int, only: str) -> Table:
    """Return a table of the runs' times and of quality's share in them."""
    table = Table(
        f"{len(WELLS)} wells, {len(ACQUISITIONS)} acquisitions",
        *("without s", "with s", "cores s", "regions s", "share", "page s"),
    )
    with tempfile.TemporaryDirectory(prefix="plate-registration-") as name:
        os.environ["PREFECT_HOME"] = f"{name}/prefect"
        from flows.command.server import prefect_ready_for  # noqa: PLC0415 - after its home

        with prefect_ready_for("flows.plate", verbose=False):
            for case, size in CASES.items():
                if only in case:
                    spent = _measure(case, size, runs, Path(name))
                    table.add_row(case, *_cells(spent))
    return table


def _cells(spent: Spent) -> Iterator[str]:
    for seconds in (spent.without, spent.whole, spent.cores, spent.numbers):
        yield f"{statistics.median(seconds):.2f}"
    pairs = zip(spent.numbers, spent.cores, strict=True)
    yield f"{statistics.median(own / every for own, every in pairs):.1%}"
    yield f"{statistics.median(spent.page):.2f}"


def _measure(case: str, size: Size, runs: int, folder: Path) -> Spent:
    from flows.plate import apply_registration_to_plate  # noqa: PLC0415 - needs the server

    template = write_plate(folder / "template.zarr", size, is_slow="zstd" in case)
    plate, spent = folder / "plate.zarr", Spent()
    # The first pair is not counted.
    for run in range(runs + 1):
        for is_known in (False, True):
            shutil.rmtree(plate, ignore_errors=True)
            shutil.rmtree(folder / "plate.registration", ignore_errors=True)
            shutil.copytree(template, plate)
            os.sync()
            watch = _Watch()
            with watch.over_quality() if is_known else _unknown():
                start, cores = time.perf_counter(), time.process_time()
                apply_registration_to_plate(str(plate), TABLE)
                seconds, cores = time.perf_counter() - start, time.process_time() - cores
            if run and is_known:
                spent.whole.append(seconds)
                spent.cores.append(cores)
                spent.numbers.append(watch.seconds["assess"])
                spent.page.append(watch.seconds["page"])
            elif run:
                spent.without.append(seconds)
    shutil.rmtree(template)
    return spent


class _Watch:
    """Adds up what the cores spend in functions, each in the thread that calls it."""

    def __init__(self) -> None:
        self.seconds = {"assess": 0.0, "page": 0.0}

    @contextlib.contextmanager
    def over_quality(self) -> Iterator[None]:
        from flows import plate  # noqa: PLC0415 - needs the server
        from tasks import finalize  # noqa: PLC0415

        with (
            _replaced(finalize, "assess", lambda real: self._watched("assess", real)),
            _replaced(plate, "report_quality", lambda real: self._watched("page", real)),
        ):
            yield

    def _watched(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(real)
        def watched(*args: Any, **options: Any) -> Any:
            start = time.thread_time()
            try:
                return real(*args, **options)
            finally:
                self.seconds[name] += time.thread_time() - start

        return watched


@contextlib.contextmanager
def _unknown() -> Iterator[None]:
    """Let runs measure nothing, which they have no switch for."""
    from tasks import finalize  # noqa: PLC0415 - needs the server

    with _replaced(finalize, "assess", lambda _: lambda *_: ()):
        yield


@contextlib.contextmanager
def _replaced(
    module: Any, name: str, change: Callable[[Callable[..., Any]], Callable[..., Any]]
) -> Iterator[None]:
    real = getattr(module, name)
    setattr(module, name, change(real))
    try:
        yield
    finally:
        setattr(module, name, real)


def write_plate(path: Path, size: Size, *, is_slow: bool) -> Path:
    """Write wells of cells, each acquisition a little farther, with tables that know it."""
    shape = (size.channels, size.planes, *size.plane)
    make_plate(
        path,
        wells=WELLS,
        acquisitions=ACQUISITIONS,
        shape=shape,
        levels=1,
        pixel_size=PIXEL_SIZE,
        labels=(),
        pixels=np.broadcast_to(np.zeros(1, "uint16"), shape),
    )
    for number, well in enumerate(WELLS):
        light = _cells_of(size.field, number)
        for acquisition in ACQUISITIONS:
            image = path / well / str(acquisition)
            make_image(
                image,
                shape=shape,
                chunks=(1, 1, *size.field),
                levels=5,
                pixel_size=PIXEL_SIZE,
                labels=(),
                pixels=_photographed(light, size, acquisition),
                compressors=Zstd(level=1) if is_slow else Blosc("lz4", 5, Blosc.SHUFFLE),
            )
            write_regions(image, TABLE, _regions(size, acquisition))
    return path


def _cells_of(shape: tuple[int, int], seed: int) -> Array:
    """Return light of round nuclei some 40 px wide, with a margin for what acquisitions move."""
    random = np.random.default_rng(seed)
    rows, columns = (n + 2 * MARGIN for n in shape)
    light = np.zeros((rows, columns), np.float32)
    count = rows * columns // 6000
    light[random.integers(rows, size=count), random.integers(columns, size=count)] = 4e6
    return ndimage.gaussian_filter(light, 14) + np.float32(100)


def _photographed(light: Array, size: Size, acquisition: int) -> Array:
    random = np.random.default_rng(acquisition)
    height, width = size.field
    y, x = (MARGIN - n * acquisition for n in MOVED)
    field_light = light[y : y + height, x : x + width]
    noise = random.normal(size=field_light.shape).astype(np.float32)
    pixels = np.empty((size.channels, size.planes, *size.plane), "uint16")
    for index in np.ndindex(size.channels, size.planes):
        # Every plane has its own noise without another drawing of it.
        shifted = np.roll(noise, 37 * sum(index), axis=(0, 1))
        one = np.clip(field_light + shifted * np.sqrt(field_light), 0, 65535)
        pixels[index] = np.tile(one.astype("uint16"), size.fields)
    return pixels


def _regions(size: Size, acquisition: int) -> dict[str, Box]:
    (height, width), (dy, dx) = size.field, (n * acquisition for n in MOVED)
    return {
        f"FOV_{row}_{column}": {
            "y": ((row * height + MARGIN + dy) * PIXEL_SIZE, (height - 2 * MARGIN) * PIXEL_SIZE),
            "x": ((column * width + MARGIN + dx) * PIXEL_SIZE, (width - 2 * MARGIN) * PIXEL_SIZE),
        }
        for row in range(size.fields[0])
        for column in range(size.fields[1])
    }
