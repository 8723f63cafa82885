"""Plates whose chunks are absent, or stored in other ways than ngio stores them."""

from __future__ import annotations

from numcodecs import Blosc, Delta, GZip
from zarr.codecs import BytesCodec, Crc32cCodec, GzipCodec, TransposeCodec

from tests.case import Case

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
    "NaN": Case(
        "an absent chunk of NaN spreads to its neighbours as in ngio",
        with_label=False,
        dtype="float32",
        fill_value=float("nan"),
        absent_chunk=True,
    ),
    "NaN, factor 3": Case(
        "a missing neighbour of weight 0 does not count",
        shape=(60, 81),
        with_label=False,
        dtype="float64",
        fill_value=float("nan"),
        absent_chunk=True,
        scaling={"y": 3, "x": 3},
    ),
    "infinite, one axis": Case(
        "the axis that is not resampled spreads nothing",
        shape=(60, 84),
        with_label=False,
        dtype="float32",
        fill_value=float("inf"),
        absent_chunk=True,
        scaling={"x": 2},
    ),
    "infinite, factor 5/3": Case(
        "every third weight along an axis is 0, the others are not",
        shape=(60, 90),
        with_label=False,
        dtype="float64",
        fill_value=float("inf"),
        absent_chunk=True,
        scaling={"y": 5 / 3, "x": 5 / 3},
        levels=2,
        # The absent chunk comes to begin at row 23 and column 28: neighbours of weight 0.
        reference={"a": {"y": (0, 50), "x": (0, 80)}},
        acquisition={"a": {"y": (1, 50), "x": (4, 80)}},
    ),
    "NaN, factor 1.5": Case(
        "weights of 0 come and go along an axis",
        with_label=False,
        dtype="float32",
        fill_value=float("nan"),
        absent_chunk=True,
        scaling={"y": 1.5, "x": 3},
    ),
}

ENCODINGS = {
    "big-endian": Case("bioformats2raw writes such pixels", storage={"dtype": ">u2"}),
    "big-endian signed": Case("a sign in the other byte", dtype="int16", storage={"dtype": ">i2"}),
    "big-endian 0.5": Case(
        "zarr 3 keeps the order of bytes in its codecs",
        ngff_version="0.5",
        storage={"serializer": BytesCodec(endian="big")},
    ),
    "columns first": Case("chunks in Fortran's order", storage={"order": "F"}),
    "columns first, big-endian": Case("both at once", storage={"order": "F", "dtype": ">u2"}),
    "transposed 0.5": Case(
        "zarr 3's word for Fortran's order",
        ngff_version="0.5",
        storage={"filters": TransposeCodec(order=(1, 0))},
    ),
    "differences": Case("a filter before the codec", storage={"filters": Delta(dtype="u2")}),
    "no codec": Case("raw bytes", storage={"compressors": None}),
    "no codec 0.5": Case("raw bytes in zarr 3", ngff_version="0.5", storage={"compressors": ()}),
    "gzip": Case("a codec from the standard library", storage={"compressors": GZip(level=1)}),
    "several codecs 0.5": Case(
        "gzip, then a checksum",
        ngff_version="0.5",
        storage={"compressors": [GzipCodec(level=1), Crc32cCodec()]},
    ),
    "blosc with bitshuffle": Case(
        "shuffles bits, not bytes",
        storage={"compressors": Blosc(cname="lz4", clevel=3, shuffle=Blosc.BITSHUFFLE)},
    ),
    "0.5 with keys of zarr 2": Case(
        "chunk files named as in zarr 2",
        ngff_version="0.5",
        storage={"chunk_key_encoding": {"name": "v2", "separator": "."}},
    ),
    "sharded, big-endian": Case(
        "shards of big-endian chunks",
        ngff_version="0.5",
        shape=(64, 96),
        level_chunks={0: (8, 8), 1: (8, 8), 2: (8, 8)},
        storage={
            "shards": (16, 16),
            "serializer": BytesCodec(endian="big"),
        },
    ),
}
