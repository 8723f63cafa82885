"""Wells whose images cannot be paired are told of in the words of the run."""

from __future__ import annotations

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


def test_fields_that_cannot_be_paired_are_told_once(tmp_path: Path) -> None:
    (finding,) = examine_plate(plate_listing(tmp_path, [0, 0, 1, 1, 1]))
    assert finding.problem.startswith("it is ambiguous which images of acquisitions 1 (2, 3, 4)")
