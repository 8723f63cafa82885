"""Pixels and tables are known again on another disk, and any change of them is seen."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import ngio
import numpy as np
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st

from tasks.storage import fingerprint
from tasks.storage.fingerprint import fingerprint_array, fingerprint_pyramid, fingerprint_table
from tests.plate_tables import Backend, add_feature_table, write_regions
from tests.plates import NgffVersion, make_image, write_levels

VERSIONS = pytest.mark.parametrize("version", ["0.4", "0.5"])
BACKENDS = pytest.mark.parametrize("backend", ["anndata", "csv", "json", "parquet"])


def image_of(folder: Path, version: NgffVersion = "0.4", *, shards: bool = False) -> Path:
    image = make_image(
        folder / "image",
        axes="cyx",
        shape=(1, 16, 32),
        chunks=(1, 8, 8),
        shards=(1, 16, 16) if shards else None,
        levels=2,
        ngff_version=version,
    )
    write_regions(image, "regions", {"FOV_1": {"y": (0.0, 4.0)}, "FOV_2": {"y": (4.0, 4.0)}})
    add_feature_table(image, "features", "nuclei")
    return image


def known_by(image: Path) -> dict[str, str]:
    return {
        "image": fingerprint_pyramid(image),
        **{f"label {p.name}": fingerprint_pyramid(p) for p in folders_of(image / "labels")},
        **{f"table {p.name}": fingerprint_table(p) for p in folders_of(image / "tables")},
    }


def folders_of(group: Path) -> list[Path]:
    return sorted(path for path in group.iterdir() if path.is_dir())


def rewrite_metadata_backwards(image: Path) -> None:
    for path in image.rglob("*"):
        if path.name in {".zarray", ".zattrs", ".zgroup", "zarr.json"}:
            content = json.loads(path.read_text())
            path.write_text(json.dumps(dict(reversed(content.items()))))


def add_what_others_leave(image: Path) -> None:
    for folder in (image, image / "0", image / "labels/nuclei/0", image / "tables/regions"):
        (folder / ".DS_Store").write_bytes(b"finder")
        (folder / "._0").write_bytes(b"finder")
        (folder / ".nfs0001").write_bytes(b"")


def copy_without_times(image: Path) -> None:
    shutil.copytree(image, image.with_name("copy"), copy_function=shutil.copyfile)
    shutil.rmtree(image)
    image.with_name("copy").rename(image)


def touch_everything(image: Path) -> None:
    for path in image.rglob("*"):
        os.utime(path, (1, 1))


def rename_and_recolour(image: Path) -> None:
    opened = ngio.open_ome_zarr_container(image)
    opened.set_channel_labels(["another"])
    opened.set_channel_windows_with_percentiles()
    group = zarr.open_group(image, mode="r+")
    group.attrs["note"] = "seen"
    zarr.open_group(image / "labels/nuclei", mode="r+").attrs["note"] = "seen"
    zarr.open_array(image / "0", mode="r+").attrs["note"] = "seen"


def consolidate(image: Path) -> None:
    zarr.consolidate_metadata(image)


def add_our_records(image: Path) -> None:
    zarr.open_group(image, mode="r+").attrs["plate_registration"] = {"version": "1"}
    zarr.open_group(image / "tables/regions", mode="r+").attrs["plate_registration"] = {"a": "b"}


NO_CHANGE: list[Callable[[Path], None]] = [
    rewrite_metadata_backwards,
    add_what_others_leave,
    copy_without_times,
    touch_everything,
    rename_and_recolour,
    consolidate,
    add_our_records,
]


@VERSIONS
@pytest.mark.parametrize("change", NO_CHANGE, ids=lambda change: change.__name__)
@pytest.mark.filterwarnings("ignore:Consolidated metadata is", "ignore:Object at")
def test_what_says_nothing_of_the_content_is_no_change(
    version: NgffVersion, change: Callable[[Path], None], tmp_path: Path
) -> None:
    image = image_of(tmp_path, version)
    before = known_by(image)
    change(image)
    assert known_by(image) == before


def change_one_pixel(path: str) -> Callable[[Path], None]:
    def change(image: Path) -> None:
        array = zarr.open_array(image / path, mode="r+")
        array[(-1,) * array.ndim] = array[(-1,) * array.ndim] + 1

    change.__name__ = f"a pixel of {path}"
    return change


def rewrite_pixels(image: Path) -> None:
    write_levels(image, np.full((1, 16, 32), 7, "uint16"))


def lose_a_chunk(image: Path) -> None:
    next(
        path for path in (image / "1").rglob("*") if path.name.isdigit() and path.is_file()
    ).unlink()


def move_the_pixels_apart(image: Path) -> None:
    path = image / ("zarr.json" if (image / "zarr.json").exists() else ".zattrs")
    content = json.loads(path.read_text())
    described = content.get("attributes", content)
    (scales,) = described.get("ome", described)["multiscales"]
    scales["datasets"][0]["coordinateTransformations"][0]["scale"][-1] *= 2
    path.write_text(json.dumps(content))


def move_a_region(image: Path) -> None:
    write_regions(image, "regions", {"FOV_1": {"y": (0.0, 4.0)}, "FOV_2": {"y": (4.0, 4.5)}})


def measure_again(image: Path) -> None:
    (stored,) = (image / "tables/features").rglob("table.csv")
    *kept, last = stored.read_text().splitlines()
    stored.write_text("\n".join([*kept, last[:-1] + str((int(last[-1]) + 1) % 10), ""]))


@VERSIONS
@pytest.mark.parametrize(
    ("change", "of"),
    [
        (change_one_pixel("0"), "image"),
        (change_one_pixel("1"), "image"),
        (rewrite_pixels, "image"),
        (lose_a_chunk, "image"),
        (move_the_pixels_apart, "image"),
        (change_one_pixel("labels/nuclei/0"), "label nuclei"),
        (change_one_pixel("labels/nuclei/1"), "label nuclei"),
        (move_a_region, "table regions"),
        (measure_again, "table features"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_change_is_seen_where_it_is(
    version: NgffVersion, change: Callable[[Path], None], of: str, tmp_path: Path
) -> None:
    image = image_of(tmp_path, version)
    before = known_by(image)
    change(image)
    after = known_by(image)
    assert {part for part in before if after[part] != before[part]} == {of}


@BACKENDS
def test_one_digit_of_a_table_is_seen_in_every_backend(backend: Backend, tmp_path: Path) -> None:
    image = image_of(tmp_path)
    seen = set()
    for start in (0.0, 0.5, 0.0):
        write_regions(image, "regions", {"FOV_1": {"y": (start, 4.0)}}, backend=backend)
        seen.add(fingerprint_table(image / "tables/regions"))
    assert len(seen) == 2


def test_one_place_is_known_however_it_is_written(tmp_path: Path) -> None:
    image = image_of(tmp_path)
    before = fingerprint_pyramid(image)
    path = image / ".zattrs"
    content = json.loads(path.read_text())
    (scales,) = content["multiscales"]
    for dataset in scales["datasets"]:
        step = dataset["coordinateTransformations"][0]
        step["scale"] = [value / 0.25 for value in step["scale"]]
        dataset["coordinateTransformations"] = [
            {"type": "identity"},
            step,
            {"type": "translation", "translation": [0, 0, 0]},
        ]
    scales["coordinateTransformations"] = [{"type": "scale", "scale": [0.25, 0.25, 0.25]}]
    path.write_text(json.dumps(content))
    assert fingerprint_pyramid(image) == before
    content["multiscales"][0]["coordinateTransformations"][0]["scale"][2] = 0.5
    path.write_text(json.dumps(content))
    assert fingerprint_pyramid(image) != before


@pytest.mark.parametrize("kind", ["0.4", "0.5", "shards"])
def test_any_byte_of_any_file_that_counts_is_seen(kind: str, tmp_path: Path) -> None:
    image = image_of(tmp_path, "0.4" if kind == "0.4" else "0.5", shards=kind == "shards")
    before = known_by(image)
    files = [
        path
        for path in sorted(image.rglob("*"))
        if path.is_file() and path.name not in {".zattrs", ".zgroup", ".zarray", "zarr.json"}
    ]

    @given(
        path=st.sampled_from(files), place=st.floats(0, 1, exclude_max=True), by=st.integers(1, 255)
    )
    def flip(path: Path, place: float, by: int) -> None:
        content = path.read_bytes()
        changed = bytearray(content)
        changed[int(place * len(content))] ^= by
        path.write_bytes(changed)
        assert len(dict(known_by(image).items() - before.items())) == 1
        path.write_bytes(content)

    flip()


def test_a_large_array_is_known_by_a_bounded_part_of_its_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    array = tmp_path / "array"
    chunks = [array / str(n) for n in range(100)]
    array.mkdir()
    (array / ".zarray").write_text(json.dumps({"shape": [100], "chunks": [1]}))
    for number, chunk in enumerate(chunks):
        chunk.write_bytes(np.random.default_rng(number).bytes(2**17))
    read = []
    pread = os.pread
    monkeypatch.setattr(fingerprint.os, "pread", lambda f, n, at: read.append(n) or pread(f, n, at))
    before = fingerprint_array(array)
    assert sum(read) == 16 * 3 * 2**14
    chunks[0].write_bytes(chunks[1].read_bytes())
    assert fingerprint_array(array) != before


def test_what_is_missing_is_an_error(tmp_path: Path) -> None:
    image = image_of(tmp_path)
    shutil.rmtree(image / "1")
    with pytest.raises(FileNotFoundError):
        fingerprint_pyramid(image)
    with pytest.raises(FileNotFoundError):
        fingerprint_table(image / "tables/none")
