"""What a registration asks of the file system: metadata a bounded number of times, chunks once."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.plates import NgffVersion, make_plate, write_regions
from tests.registration import register

METADATA = {".zarray", ".zattrs", ".zgroup", ".zmetadata", "zarr.json"}

MOST_METADATA_OPENED = 450
"""For two tables, one label and three levels, counting what is looked for and not there. The
reference system, fractal-tasks-core 2.1.0, opens 741 for the same image."""

_watched: list[tuple[Path, Counter[Path]]] = []


@contextmanager
def opened_below(folder: Path) -> Iterator[Counter[Path]]:
    """Count the files that are opened below a folder, also those that turn out not to be there."""
    if not _hooked:
        sys.addaudithook(_audit)
        _hooked.append(True)
    _watched.append((folder, Counter()))
    try:
        yield _watched[-1][1]
    finally:
        _watched.pop()


_hooked: list[bool] = []
"""An audit hook cannot be taken away again: it is added once, by the first test that needs it."""


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if event == "open" and _watched and isinstance(args[0], str | Path):
        folder, opened = _watched[-1]
        path = Path(args[0])
        if path.is_relative_to(folder):
            opened[path.relative_to(folder)] += 1


def run(folder: Path, pixels: int, version: NgffVersion, *, move: float) -> Counter[Path]:
    plate = make_plate(
        folder / "plate.zarr",
        shape=(1, 1, pixels, pixels),
        chunks=(1, 1, 16, 16),
        ngff_version=version,
        pixel_size=1.0,
    )
    well = plate / "A" / "01"
    for number, start in enumerate((move, 0.0)):
        region = {"well": {"y": (start, pixels - move), "x": (start, pixels - move)}}
        write_regions(well / str(number), "registered", region)
        write_regions(well / str(number), "FOV_ROI_table", region)
    with opened_below(well) as opened:
        register(well / "1", workers=1)
    return opened


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_metadata_is_read_as_often_for_many_chunks_as_for_few(
    version: NgffVersion, tmp_path: Path
) -> None:
    counts = [
        sum(
            count
            for path, count in run(tmp_path / str(pixels), pixels, version, move=3.0).items()
            if path.name in METADATA
        )
        for pixels in (32, 256)
    ]
    assert counts[0] == counts[1]
    assert 0 < counts[0] <= MOST_METADATA_OPENED


def test_chunks_are_written_once_and_decoded_once_but_for_the_sample(tmp_path: Path) -> None:
    opened = run(tmp_path, 256, "0.4", move=3.0)
    reads = chunks_of(opened, Path("1/0"))
    assert len(reads) == 16 * 16
    # Once more to know a small image again; and verification looks at a few chunks.
    assert sum(count > 2 for count in reads.values()) <= 16
    writes = chunks_of(opened, Path(".1.plate-registration.staging/0"))
    assert len(writes) == 16 * 16
    # Once to write it, once to flush it, once to know a small image again; the sample to verify it.
    assert set(writes.values()) <= {3, 4, 5}
    assert sum(count > 3 for count in writes.values()) <= 16


def chunks_of(opened: Counter[Path], level: Path) -> Counter[Path]:
    """Return how often each chunk of a level was opened; its folders are left out."""
    return Counter(
        {
            path: count
            for path, count in opened.items()
            if path.is_relative_to(level) and len(path.relative_to(level).parts) == 4
        }
    )
