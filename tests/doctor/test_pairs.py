"""Wells whose images cannot be paired are told of in the words of the run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tasks.doctor.plate import examine_plate
from tasks.plan.errors import InvalidInputError
from tasks.survey.selection import select_images
from tests.estimate.foreign_wells import list_images
from tests.plates import make_plate


def plate_listing(folder: Path, acquisitions: list[int | None]) -> Path:
    """Write a plate whose well lists images 0, 1, … with these acquisitions."""
    plate = make_plate(
        folder / "plate.zarr",
        acquisitions=range(len(acquisitions)),
        levels=1,
        shape=(1, 1, 8, 8),
        labels=(),
    )
    list_images(plate / "A/01", {str(n): a for n, a in enumerate(acquisitions)})
    return plate


@pytest.mark.parametrize("acquisitions", [[0, 1, 2], [1, 2], [0, 0, 1, 1], [0], [3]], ids=str)
def test_what_can_be_paired_is_right(tmp_path: Path, acquisitions: list[int | None]) -> None:
    assert examine_plate(plate_listing(tmp_path, acquisitions)) == ()


def test_a_well_without_acquisitions(tmp_path: Path) -> None:
    plate = plate_listing(tmp_path, [None, None])
    (finding,) = examine_plate(plate)
    assert finding.is_wrong
    assert str(finding).startswith(f"{plate / 'A/01'}: its metadata names no acquisition of its")
    with pytest.raises(InvalidInputError) as refused:
        select_images(plate / "A/01", registered_roi_table="any", reference_acquisition=0)
    assert str(refused.value).removeprefix(f"{plate / 'A/01'}: ") == finding.problem


def test_an_image_without_an_acquisition(tmp_path: Path) -> None:
    (finding,) = examine_plate(plate_listing(tmp_path, [0, 1, None]))
    assert "names no acquisition of its images 2, which are not registered" in finding.problem


@pytest.mark.parametrize(
    ("scale", "problem", "advice"),
    [
        (None, "of its reference 0 are", "a registration refuses it for the same reason"),
        (1.3, "its pixels are 1.3 x 1.3 micrometers along y, x", "if both were photographed alike"),
    ],
    ids=["without a size", "of another size"],
)
def test_pixels_of_another_size_are_told_before_a_run(
    tmp_path: Path, scale: float | None, problem: str, advice: str
) -> None:
    plate = plate_listing(tmp_path, [0, 1, 2])
    path = plate / "A/01/1/.zattrs"
    content = json.loads(path.read_text())
    for level in content["multiscales"][0]["datasets"]:
        (found,) = level["coordinateTransformations"]
        found["scale"][-2:] = [scale] * 2
        if scale is None:
            del level["coordinateTransformations"]
    path.write_text(json.dumps(content))
    (finding,) = examine_plate(plate)
    assert finding.path == plate / "A/01/1"
    assert finding.is_wrong
    assert problem in finding.problem
    assert finding.advice.startswith(advice)
    # What was registered has its sizes for good.
    path.write_text(json.dumps({**content, "plate_registration": {"origin": "1"}}))
    assert not any(problem in each.problem for each in examine_plate(plate))


def test_fields_that_cannot_be_paired_are_told_once(tmp_path: Path) -> None:
    (finding,) = examine_plate(plate_listing(tmp_path, [0, 0, 1, 1, 1]))
    assert finding.problem.startswith("it is ambiguous which images of acquisitions 1 (2, 3, 4)")
