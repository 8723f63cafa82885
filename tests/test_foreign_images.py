"""Images by other writers are registered to the same pixels where their meaning is plain."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tasks.plan.errors import InvalidInputError
from tasks.plan.request import RegistrationRequest
from tasks.survey.build import build_plan
from tests.foreign import (
    Metadata,
    by_words,
    change_metadata,
    in_unit,
    listed_twice,
    placed,
    read_metadata,
    size_for_all_levels,
    upper_case,
    version_06,
)
from tests.plates import NgffVersion, make_plate, read_levels, write_regions
from tests.registration import register

# Half a micrometer a pixel: read at (y 12, x 2), written at (y 4, x 6), 50 x 80 pixels.
REFERENCE = {"FOV_1": {"y": (2.0, 25.0), "x": (3.0, 40.0)}}
MOVED = {"FOV_1": {"y": (6.0, 25.0), "x": (1.0, 40.0)}}
TAKEN = (slice(12, 62), slice(2, 82))
PUT = (slice(4, 54), slice(6, 86))


@pytest.fixture(params=["0.4", "0.5"])
def well(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    version: NgffVersion = request.param
    plate = make_plate(tmp_path / "plate.zarr", ngff_version=version, levels=2)
    write_regions(plate / "A/01/0", "registered", REFERENCE)
    write_regions(plate / "A/01/1", "registered", MOVED)
    return plate / "A/01"


def without_omero(metadata: Metadata) -> None:
    metadata.pop("omero", None)


def labels_only(metadata: Metadata) -> None:
    for number, channel in enumerate(metadata["omero"]["channels"]):
        channel.clear()
        channel["label"] = f"stain {number}"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param(in_unit("nanometer", 1000), "", id="nanometer"),
        pytest.param(in_unit("\N{MICRO SIGN}m"), "", id="abbreviated"),
        pytest.param(in_unit("micron"), "", id="ImageJ's micron"),
        pytest.param(in_unit("millimeter", 1 / 1000), "", id="millimeter"),
        pytest.param(in_unit("angstrom", 10_000), "", id="angstrom"),
        pytest.param(in_unit(None), "have no unit", id="no unit"),
        pytest.param(in_unit(" "), "have no unit", id="blank unit"),
        pytest.param(in_unit("pixel"), "'pixel' .* none that NGFF knows", id="no length"),
        pytest.param(upper_case, "", id="capitals"),
        pytest.param(by_words, "", id="axes known by type"),
        pytest.param(size_for_all_levels, "", id="one size for all levels, identity"),
        pytest.param(version_06, "", id="version 0.6"),
        pytest.param(listed_twice, "", id="the same arrays listed twice"),
        pytest.param(without_omero, "", id="no channels named"),
        pytest.param(labels_only, "", id="channels with a label only"),
    ],
)
def test_where_the_meaning_is_plain_pixels_are_the_same(
    well: Path, change: Callable[[Metadata], None], told: str
) -> None:
    change_metadata(well / "1", change)
    if change is not without_omero and change is not labels_only and change is not listed_twice:
        change_metadata(well / "1/labels/nuclei", change)
    described = read_metadata(well / "1")
    before, label = read_levels(well / "1")[0], read_levels(well / "1/labels/nuclei")[0]
    plan = register(well / "1")
    np.testing.assert_array_equal(read_levels(well / "1")[0], placed(before, TAKEN, PUT))
    np.testing.assert_array_equal(
        read_levels(well / "1/labels/nuclei")[0], placed(label, TAKEN, PUT)
    )
    doubts = [text for text in plan.warnings if "FOV_1" not in text]
    assert bool(doubts) == bool(told)
    assert all(re.search(told, doubt) for doubt in doubts)
    after = read_metadata(well / "1")
    assert {key: after[key] for key in described} == described


def test_a_foreign_image_beside_ngios_own(well: Path) -> None:
    change_metadata(well / "0", version_06)
    before = read_levels(well / "1")[0]
    register(well / "1")
    np.testing.assert_array_equal(read_levels(well / "1")[0], placed(before, TAKEN, PUT))


def rotated(metadata: Metadata) -> None:
    datasets = metadata["multiscales"][0]["datasets"]
    datasets[0]["coordinateTransformations"] = [{"type": "affine", "affine": [[1, 0], [0, 1]]}]


def without_sizes_of(axis: int, size: object) -> Callable[[Metadata], None]:
    def change(metadata: Metadata) -> None:
        for dataset in metadata["multiscales"][0]["datasets"]:
            dataset["coordinateTransformations"][0]["scale"][axis] = size

    return change


def too_few_sizes(metadata: Metadata) -> None:
    metadata["multiscales"][0]["datasets"][0]["coordinateTransformations"][0]["scale"].pop()


def two_images(metadata: Metadata) -> None:
    (first,) = metadata["multiscales"]
    other = {**first, "name": "other", "datasets": [{**first["datasets"][0], "path": "other/0"}]}
    metadata["multiscales"].append(other)


def strange_axis(metadata: Metadata) -> None:
    metadata["multiscales"][0]["axes"][1]["name"] = "depth"


def one_axis_twice(metadata: Metadata) -> None:
    metadata["multiscales"][0]["axes"][2]["name"] = "X"


def one_axis_less(metadata: Metadata) -> None:
    scales = metadata["multiscales"][0]
    scales["axes"].pop(0)
    for dataset in scales["datasets"]:
        dataset["coordinateTransformations"][0]["scale"].pop(0)


def no_levels(metadata: Metadata) -> None:
    metadata["multiscales"][0]["datasets"] = []


def no_multiscales(metadata: Metadata) -> None:
    metadata["multiscales"] = []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (rotated, "the transformation 'affine'.* resample the image"),
        (without_sizes_of(2, 0), "the size 0 along y; it must be a positive number. Correct"),
        (without_sizes_of(3, -0.5), "the size -0.5 along x"),
        (without_sizes_of(3, None), "the size nan along x"),
        (too_few_sizes, "but it has 4 axes; correct the coordinateTransformations"),
        (two_images, r"2 multiscale images \('1', 'other'\).*image of its own in the well"),
        (strange_axis, "its axis 'depth' is none of t, c, z, y and x.* correct the axes"),
        (one_axis_twice, "its axis 'x' is none of .* or there twice"),
        (one_axis_less, "has 4 dimensions, but its axes are z, y, x; correct the axes"),
        (no_levels, "lists no pyramid level"),
        (no_multiscales, "describes no multiscale image"),
    ],
)
def test_where_it_is_not_the_image_is_refused_in_a_sentence(
    well: Path, change: Callable[[Metadata], None], message: str
) -> None:
    change_metadata(well / "1", change)
    with pytest.raises(InvalidInputError, match=message) as caught:
        build_plan(well / "1", RegistrationRequest("registered"))
    assert str(well / "1") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_up_to_version_02_there_were_five_axes_and_no_sizes(tmp_path: Path) -> None:
    plate = make_plate(
        tmp_path / "plate.zarr",
        axes="tczyx",
        shape=(1, 1, 1, 32, 48),
        levels=1,
        pixel_size=1.0,
        labels=(),
    )
    write_regions(plate / "A/01/0", "registered", {"well": {"y": (2.0, 20.0), "x": (3.0, 40.0)}})
    write_regions(plate / "A/01/1", "registered", {"well": {"y": (6.0, 20.0), "x": (1.0, 40.0)}})
    for image in ("0", "1"):
        file = plate / f"A/01/{image}/.zattrs"
        scales = {"version": "0.2", "datasets": [{"path": "0"}]}
        file.write_text(json.dumps({"multiscales": [scales]}))
    before = read_levels(plate / "A/01/1")[0]
    plan = register(plate / "A/01/1")
    assert plan.image.axes == ("t", "c", "z", "y", "x")
    assert "gives no pixel size: a pixel is taken as 1 micrometer" in plan.warnings[0]
    expected = placed(before, (slice(6, 26), slice(1, 41)), (slice(2, 22), slice(3, 43)))
    np.testing.assert_array_equal(read_levels(plate / "A/01/1")[0], expected)
