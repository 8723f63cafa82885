"""The plates on which a registration is compared with the oracle, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping

from tests.case import Case, LabelCase
from tests.region_cases import REGIONS
from tests.stored_cases import ENCODINGS, STORED

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
        f"{dtype}: {reason}",
        with_label=False,
        dtype=dtype,
        shape=(2, 61, 83),
        axes="cyx",
        chunks=(1, 24, 32),
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
    "encoding": ENCODINGS,
    "labels": LABELS,
}
"""Every case by group and name."""
