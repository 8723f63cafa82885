"""The plates on which a registration is compared with the oracle, each with its reason.

Positions are whole or broken pixels of the image; they become micrometers when they are written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.plate_tables import Box

Regions = Mapping[str, Box]

FIELDS_REFERENCE: Regions = {
    "FOV_1": {"y": (0, 30), "x": (0, 40)},
    "FOV_2": {"y": (30, 31), "x": (40, 43)},
}
FIELDS_MOVED: Regions = {
    "FOV_1": {"y": (3, 30), "x": (5, 40)},
    "FOV_2": {"y": (27, 31), "x": (38, 43)},
}


@dataclass(frozen=True)
class LabelCase:
    """A label that differs from the image: its own axes, grid, dtype, chunks or levels."""

    axes: str
    shape: tuple[int, ...]
    dtype: str = "uint32"
    pixel_size: float = 0.5
    chunks: tuple[int, ...] | None = None
    scaling: Mapping[str, float] | None = None
    levels: int = 3
    first: int = 1


@dataclass(frozen=True)
class Case:
    """An image, its regions, and why it is worth a comparison. Two fields of view by default."""

    reason: str
    axes: str = "yx"
    shape: tuple[int, ...] = (61, 83)
    chunks: tuple[int, ...] = (24, 32)
    reference: Regions = field(default_factory=lambda: FIELDS_REFERENCE)
    acquisition: Regions = field(default_factory=lambda: FIELDS_MOVED)
    shards: tuple[int, ...] | None = None
    levels: int = 3
    scaling: Mapping[str, float] | None = None
    dtype: str = "uint16"
    ngff_version: Literal["0.4", "0.5"] = "0.4"
    pixel_size: float = 0.5
    z_spacing: float = 1.0
    separator: Literal["/", "."] = "/"
    compressors: Any = None
    fill_value: float | None = None
    labels: Mapping[str, LabelCase] = field(default_factory=dict)
    level_shapes: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    level_chunks: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    absent_chunk: bool = False
    registered: int = 1
    """The acquisition that is registered; 0 is the reference itself."""


AXES = {
    "yx": Case("no channel, no plane: the smallest image there is"),
    "zyx": Case("planes without channels", "zyx", (3, 61, 83), (1, 24, 32)),
    "cyx": Case("channels without planes", "cyx", (2, 61, 83), (1, 24, 32)),
    "czyx": Case("the field's usual image", "czyx", (2, 3, 61, 83), (1, 1, 24, 32)),
    "tyx": Case("time points without channels", "tyx", (3, 61, 83), (1, 24, 32)),
    "tzyx": Case("time points and planes", "tzyx", (2, 3, 61, 83), (1, 2, 24, 32)),
    "tczyx": Case("all axes at once", "tczyx", (2, 2, 3, 61, 83), (1, 1, 1, 32, 32)),
}

DTYPES = {
    dtype: Case(
        f"{dtype}: {reason}", dtype=dtype, shape=(2, 61, 83), axes="cyx", chunks=(1, 24, 32)
    )
    for dtype, reason in {
        "uint8": "sums overflow 8 bits",
        "uint32": "sums overflow 32 bits",
        "uint64": "ngio resamples through float64",
        "int8": "negative halves round away from zero",
        "int16": "negative halves round away from zero",
        "int32": "sums overflow 32 bits on both sides",
        "int64": "ngio resamples through float64",
        "float32": "ngio resamples through float64 and rounds once",
        "float64": "no rounding at all",
    }.items()
}

CHUNK_GRIDS = {
    "odd chunks": Case("no chunk edge meets a pyramid factor", chunks=(13, 7)),
    "chunk larger than the image": Case("one chunk, cut at the edge", chunks=(128, 128)),
    "single rows": Case("a chunk of height 1 must not turn into truncation", chunks=(1, 83)),
    "single pixels": Case(
        "the smallest chunk there is",
        shape=(9, 11),
        chunks=(1, 1),
        levels=2,
        reference={"a": {"y": (1, 6), "x": (0, 9)}},
        acquisition={"a": {"y": (0, 6), "x": (2, 9)}},
    ),
    "one plane a chunk, z halved": Case(
        "ngio's dask mode truncates z here (its bug 0.1)",
        "zyx",
        (6, 61, 83),
        (1, 24, 32),
        scaling={"z": 2, "y": 2, "x": 2},
    ),
    "many planes a chunk": Case(
        "a chunk spans planes and channels", "czyx", (2, 5, 61, 83), (2, 3, 24, 32)
    ),
    "every level its own chunks": Case(
        "coarse levels with a coarser or finer grid than the finest",
        level_chunks={1: (7, 30), 2: (3, 4)},
    ),
    "chunk per field, windows on the grid": Case(
        "no chunk is touched by two regions",
        shape=(64, 96),
        chunks=(32, 48),
        reference={"a": {"y": (0, 32), "x": (0, 48)}, "b": {"y": (32, 32), "x": (48, 48)}},
        acquisition={"a": {"y": (32, 32), "x": (0, 48)}, "b": {"y": (0, 32), "x": (48, 48)}},
    ),
    "key separator .": Case("chunk files lie in one folder", separator="."),
}

FORMATS = {
    "0.5": Case("zarr format 3", "czyx", (2, 3, 61, 83), (1, 1, 24, 32), ngff_version="0.5"),
    "0.5 sharded": Case(
        "a shard has one writer",
        "czyx",
        (2, 3, 61, 83),
        (1, 1, 24, 32),
        ngff_version="0.5",
        shards=(1, 1, 48, 64),
    ),
    "0.5 sharded over planes and channels": Case(
        "a shard holds planes of two channels",
        "czyx",
        (2, 3, 61, 83),
        (1, 1, 24, 32),
        ngff_version="0.5",
        shards=(2, 3, 48, 64),
        scaling={"z": 2, "y": 2, "x": 2},
    ),
    "0.5 shard larger than the image": Case(
        "one shard, cut at the edge",
        shape=(61, 83),
        chunks=(8, 8),
        shards=(128, 128),
        ngff_version="0.5",
    ),
    "0.5 fill value": Case("absent means 7 in zarr 3", fill_value=7, ngff_version="0.5"),
    "0.5 sharded fill value": Case(
        "absent inside a shard means 7",
        chunks=(8, 8),
        shards=(16, 32),
        fill_value=7,
        ngff_version="0.5",
    ),
}

PYRAMIDS = {
    "factor 3": Case("odd factor: the centre pixel", scaling={"y": 3, "x": 3}),
    "factor 4": Case(
        "even factor: the middle two only, not the mean of four", scaling={"y": 4, "x": 4}
    ),
    "factor 4, whole blocks": Case(
        "integral ratios on every level", shape=(64, 96), scaling={"y": 4, "x": 4}
    ),
    "factor 2, whole blocks": Case("integral ratios on every level", shape=(64, 96)),
    "factor 1.5": Case("no level is integral", scaling={"y": 1.5, "x": 1.5}),
    "mixed factors": Case("each axis its own factor", scaling={"y": 2, "x": 3}),
    "x only": Case("one axis is not resampled", scaling={"x": 2}),
    "z halved, odd": Case(
        "z ratio is not integral",
        "zyx",
        (5, 61, 83),
        (1, 24, 32),
        scaling={"z": 2, "y": 2, "x": 2},
    ),
    "z by three": Case(
        "z has its own odd factor",
        "czyx",
        (1, 9, 60, 80),
        (1, 2, 24, 32),
        scaling={"z": 3, "y": 2, "x": 2},
        levels=2,
    ),
    "float, factor 1.5": Case(
        "floats show the last bit of the weights", dtype="float32", scaling={"y": 1.5, "x": 1.5}
    ),
    "int16, z halved": Case(
        "eight signed pixels are rounded once",
        "zyx",
        (4, 64, 96),
        (1, 24, 32),
        dtype="int16",
        scaling={"z": 2, "y": 2, "x": 2},
    ),
    "rounded up": Case(
        "other writers round level shapes up: 61 to 31 to 16",
        level_shapes={1: (31, 42), 2: (16, 21)},
    ),
    "one level": Case("no pyramid at all", levels=1),
    "six levels": Case("levels smaller than a chunk, down to one row", levels=6),
    "many levels of sharded": Case(
        "coarse levels have fewer shards than blocks",
        shape=(130, 150),
        chunks=(16, 16),
        shards=(32, 32),
        levels=4,
        ngff_version="0.5",
    ),
}

REGIONS = {
    "overlapping": Case(
        "the later in the reference's table wins",
        reference={"a": {"y": (0, 40), "x": (0, 50)}, "b": {"y": (20, 40), "x": (30, 50)}},
        acquisition={"b": {"y": (11, 40), "x": (25, 50)}, "a": {"y": (4, 40), "x": (7, 50)}},
    ),
    "overlapping, other way round": Case(
        "the order of the reference's table decides, not position or name",
        reference={"b": {"y": (20, 40), "x": (30, 50)}, "a": {"y": (0, 40), "x": (0, 50)}},
        acquisition={"a": {"y": (4, 40), "x": (7, 50)}, "b": {"y": (11, 40), "x": (25, 50)}},
    ),
    "same target twice": Case(
        "nothing of the first is left",
        reference={"a": {"y": (5, 20), "x": (5, 30)}, "b": {"y": (5, 20), "x": (5, 30)}},
        acquisition={"a": {"y": (0, 20), "x": (0, 30)}, "b": {"y": (40, 20), "x": (50, 30)}},
    ),
    "one source twice": Case(
        "a source pixel may land in two places",
        reference={"a": {"y": (0, 20), "x": (0, 30)}, "b": {"y": (40, 20), "x": (50, 30)}},
        acquisition={"a": {"y": (5, 20), "x": (5, 30)}, "b": {"y": (5, 20), "x": (5, 30)}},
    ),
    "other order": Case(
        "regions are paired by name",
        acquisition=dict(reversed(list(FIELDS_MOVED.items()))),
    ),
    "over the near edge": Case(
        "cut together: ngio clamps the start to 0 and shifts the content",
        reference={"a": {"y": (0, 40), "x": (0, 50)}},
        acquisition={"a": {"y": (-6, 40), "x": (-9, 50)}},
    ),
    "over the far edge": Case(
        "cut together: ngio fails on the shapes",
        reference={"a": {"y": (21, 40), "x": (33, 50)}},
        acquisition={"a": {"y": (30, 40), "x": (44, 50)}},
    ),
    "over both edges": Case(
        "reference and acquisition leave the image on different sides",
        reference={"a": {"y": (-10, 50), "x": (50, 60)}},
        acquisition={"a": {"y": (3, 50), "x": (21, 60)}},
    ),
    "larger than the image": Case(
        "the region holds the image",
        reference={"a": {"y": (-20, 100), "x": (-20, 140)}},
        acquisition={"a": {"y": (-17, 100), "x": (-25, 140)}},
    ),
    "broken positions": Case(
        "each start by itself, one size (fractal-tasks-core#1044)",
        reference={"a": {"y": (0.6, 40.8), "x": (1.2, 50.3)}},
        acquisition={"a": {"y": (0, 40.8), "x": (3.9, 50.3)}},
    ),
    "shift of 0.6 pixel": Case(
        "the reference system does not shift at all",
        reference={"a": {"y": (0.6, 59.8), "x": (0, 83)}},
        acquisition={"a": {"y": (0, 59.8), "x": (0, 83)}},
    ),
    "pixel size 0.325": Case(
        "no position is exact in binary",
        pixel_size=0.325,
        labels={"low": LabelCase("yx", (30, 41), pixel_size=0.65)},
    ),
    "noise below a hundredth of a pixel": Case(
        "a position next to a whole pixel is that pixel",
        reference={"a": {"y": (4.003, 40), "x": (5.996, 50)}},
        acquisition={"a": {"y": (7.001, 40), "x": (2, 50)}},
    ),
    "one pixel": Case(
        "the smallest region there is",
        reference={"a": {"y": (17, 1), "x": (33, 1)}},
        acquisition={"a": {"y": (60, 1), "x": (82, 1)}},
    ),
    "time range": Case(
        "only the named time points are touched",
        "tyx",
        (4, 61, 83),
        (1, 24, 32),
        reference={"a": {"t": (1, 2), "y": (0, 40), "x": (0, 50)}},
        acquisition={"a": {"t": (1, 2), "y": (4, 40), "x": (7, 50)}},
    ),
    "two time ranges": Case(
        "a drift: each time point has its own shift",
        "tcyx",
        (3, 2, 61, 83),
        (2, 1, 24, 32),
        reference={f"t{t}": {"t": (t, 1), "y": (5, 40), "x": (5, 50)} for t in range(3)},
        acquisition={f"t{t}": {"t": (t, 1), "y": (5 + t, 40), "x": (9 - t, 50)} for t in range(3)},
    ),
    "planes shifted": Case(
        "regions may move along z",
        "czyx",
        (2, 6, 61, 83),
        (1, 2, 24, 32),
        reference={"a": {"z": (1, 4), "y": (0, 40), "x": (0, 50)}},
        acquisition={"a": {"z": (2, 4), "y": (4, 40), "x": (7, 50)}},
    ),
    "part of the planes": Case(
        "planes outside every region become 0",
        "zyx",
        (6, 61, 83),
        (4, 24, 32),
        reference={"a": {"z": (0, 3), "y": (0, 61), "x": (0, 83)}},
        acquisition={"a": {"z": (3, 3), "y": (0, 61), "x": (0, 83)}},
        z_spacing=2.5,
        scaling={"z": 2, "y": 2, "x": 2},
    ),
    "reference itself": Case("nothing moves; what no region covers becomes 0", registered=0),
    "reference covered": Case(
        "nothing moves and everything is covered",
        reference={"well": {"y": (0, 61), "x": (0, 83)}},
        acquisition={"well": {"y": (2, 61), "x": (3, 83)}},
        registered=0,
    ),
    "not moved": Case("zero shift on another acquisition", acquisition=FIELDS_REFERENCE),
    "sixteen fields": Case(
        "many regions, each its own shift, most chunks touched by several",
        shape=(96, 128),
        reference={
            f"f{r}{c}": {"y": (24 * r, 24), "x": (32 * c, 32)} for r in range(4) for c in range(4)
        },
        acquisition={
            f"f{r}{c}": {
                "y": (24 * r + (r * c) % 5 - 2, 24),
                "x": (32 * c + (r + 2 * c) % 7 - 3, 32),
            }
            for r in range(4)
            for c in range(4)
        },
    ),
}

STORED = {
    "fill value": Case("absent chunks mean 7, uncovered pixels are 0 all the same", fill_value=7),
    "absent chunk": Case(
        "a chunk that was never written is copied as its fill value",
        fill_value=7,
        absent_chunk=True,
    ),
    "absent chunk of zeros": Case(
        "a chunk that was never written is not written", absent_chunk=True
    ),
    "float fill value NaN": Case(
        "NaN in absent chunks only", dtype="float32", fill_value=float("nan")
    ),
}

LABELS = {
    "low resolution": Case(
        "half the pixels: an odd shift is a half pixel there, rounded once on the label's grid",
        labels={"low": LabelCase("yx", (30, 41), pixel_size=1.0)},
    ),
    "four times coarser": Case(
        "region edges fall inside label pixels",
        labels={"low": LabelCase("yx", (15, 20), pixel_size=2.0, levels=2)},
    ),
    "2D on 3D": Case(
        "a projection's label has no z",
        "czyx",
        (2, 3, 61, 83),
        (1, 1, 24, 32),
        labels={"projection": LabelCase("yx", (61, 83))},
    ),
    "3D on 2D time": Case(
        "a label without time on a time series",
        "tyx",
        (3, 61, 83),
        (1, 24, 32),
        labels={"still": LabelCase("yx", (61, 83))},
    ),
    "beyond 2**53": Case(
        "object numbers stay exact at every level; ngio's own pyramid changes them",
        labels={
            "signed": LabelCase("yx", (61, 83), "int64", first=2**53 + 1),
            "unsigned": LabelCase("yx", (64, 80), "uint64", first=2**63 + 1),
        },
    ),
    "other dtypes": Case(
        "the reference system makes every label uint32",
        labels={
            dtype: LabelCase("yx", (61, 83), dtype)
            for dtype in ("uint8", "uint16", "int8", "int16", "int32", "int64", "uint64", "bool")
        },
    ),
    "other chunks and pyramid": Case(
        "the label's grid is its own",
        labels={
            "fine": LabelCase("yx", (61, 83), chunks=(5, 11), scaling={"y": 3, "x": 3}, levels=2),
            "mixed": LabelCase("yx", (61, 83), chunks=(61, 9), scaling={"y": 1.5, "x": 4}),
        },
    ),
    "z halved": Case(
        "nearest along z too",
        "zyx",
        (5, 61, 83),
        (1, 24, 32),
        scaling={"z": 2, "y": 2, "x": 2},
        labels={
            "cells": LabelCase(
                "zyx", (5, 61, 83), chunks=(1, 24, 32), scaling={"z": 2, "y": 2, "x": 2}
            )
        },
    ),
}

GROUPS: Mapping[str, Mapping[str, Case]] = {
    "axes": AXES,
    "dtype": DTYPES,
    "chunks": CHUNK_GRIDS,
    "format": FORMATS,
    "pyramid": PYRAMIDS,
    "regions": REGIONS,
    "stored": STORED,
    "labels": LABELS,
}
"""Every case by group and name."""
