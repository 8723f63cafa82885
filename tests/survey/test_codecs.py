"""A codec that is not installed is named before anything is decoded, by plan and doctor alike."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zarr
from numcodecs import Delta, GZip

from tasks.doctor.plate import examine_plate
from tasks.plan.errors import InvalidInputError
from tasks.plan.request import RegistrationRequest
from tasks.survey.build import build_plan
from tasks.survey.codecs import missing_codec
from tests.plates import make_plate, write_regions

Document = dict[str, Any]


def edit(array: Path, change: Callable[[Document], object]) -> None:
    file = array / (".zarray" if (array / ".zarray").exists() else "zarr.json")
    document = json.loads(file.read_text())
    change(document)
    file.write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("document", "codec", "package"),
    [
        ({"compressor": {"id": "imagecodecs_jpegxl"}}, "imagecodecs_jpegxl", "imagecodecs-num"),
        (
            {"filters": [{"id": "delta", "dtype": "<u2"}, {"id": "mine"}]},
            "mine",
            "the package that",
        ),
        ({"compressor": {"id": "zfpy", "mode": 4}}, "zfpy", "'zfpy'"),
    ],
)
def test_format_2(tmp_path: Path, document: Document, codec: str, package: str) -> None:
    zarr.create_array(tmp_path / "a", shape=(4,), dtype="uint16", zarr_format=2)
    edit(tmp_path / "a", lambda stored: stored.update(document))
    assert f"the codec '{codec}', which is not installed" in str(missing_codec(tmp_path / "a"))
    assert package in str(missing_codec(tmp_path / "a"))


@pytest.mark.parametrize("sharded", [False, True], ids=["chunks", "shards"])
@pytest.mark.parametrize("codec", ["imagecodecs_jpegxl", "numcodecs.pcodec", "mine"])
def test_format_3(tmp_path: Path, codec: str, sharded: bool) -> None:
    shards = (4,) if sharded else None
    zarr.create_array(
        tmp_path / "a", shape=(4,), chunks=(2,), shards=shards, dtype="uint16", zarr_format=3
    )

    def add(stored: Document) -> None:
        codecs = stored["codecs"][0]["configuration"]["codecs"] if sharded else stored["codecs"]
        codecs.append({"name": codec, "configuration": {}})

    edit(tmp_path / "a", add)
    assert f"'{codec.removeprefix('numcodecs.')}'" in str(missing_codec(tmp_path / "a"))


def test_what_is_installed_is_not_missing(tmp_path: Path) -> None:
    zarr.create_array(
        tmp_path / "2",
        shape=(4,),
        dtype="uint16",
        zarr_format=2,
        filters=[Delta(dtype="<u2")],
        compressors=GZip(),
    )
    zarr.create_array(
        tmp_path / "3", shape=(4,), chunks=(2,), shards=(4,), dtype="uint16", zarr_format=3
    )
    assert missing_codec(tmp_path / "2") is None
    assert missing_codec(tmp_path / "3") is None


@pytest.mark.parametrize("level", ["0", "1", "labels/nuclei/0"])
def test_plan_and_doctor_say_the_same(tmp_path: Path, level: str) -> None:
    plate = make_plate(tmp_path / "plate.zarr", levels=2)
    for image in ("0", "1"):
        write_regions(plate / "A/01" / image, "registered", {"FOV_1": {"y": (0, 32), "x": (0, 48)}})
    array = plate / "A/01/1" / level
    edit(array, lambda stored: stored.update(compressor={"id": "imagecodecs_jpegxl"}))
    with pytest.raises(InvalidInputError) as refused:
        build_plan(plate / "A/01/1", RegistrationRequest("registered"))
    (finding,) = examine_plate(plate)
    assert str(refused.value) == f"{array}: {finding.problem}"
    assert finding.path == array
    assert "Install the package 'imagecodecs-numcodecs'" in finding.problem
