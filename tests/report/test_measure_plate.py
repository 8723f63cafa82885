"""What an image says of itself counts in a report while it, and its reference, are the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tasks.quality.options import Thresholds
from tasks.quality.table import write_quality
from tasks.report.measure_plate import Question, measure_plate
from tests.plates import make_plate, smooth_pixels, write_levels, write_regions
from tests.registration import register
from tests.report.regions import region

SHAPE = (64, 96)
QUESTION = Question(
    reference_acquisition=0, registered_roi_table="registered", input_roi_table="FOV_ROI_table"
)


@pytest.fixture(scope="module")
def registered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plate of which image 1 says that it is right, and of which both images are the same."""
    pixels = smooth_pixels(SHAPE, "uint16", 4)
    plate = make_plate(
        tmp_path_factory.mktemp("p") / "p.zarr", axes="yx", shape=SHAPE, labels=(), pixels=pixels
    )
    for name in ("1", "0"):
        write_regions(plate / "A/01" / name, "registered", {"FOV_1": {}})
    for name in ("1", "0"):
        register(plate / "A/01" / name)
    write_quality(plate / "A/01/1", [SAID])
    return plate


SAID = region("A/01", "pass").model_copy(update={"reason": "said so"})


@pytest.mark.parametrize("changed", [None, "1", "0"])
def test_what_was_said_of_other_pixels_does_not_count(
    registered: Path, tmp_path: Path, changed: str | None
) -> None:
    plate = Path(shutil.copytree(registered, tmp_path / "p.zarr"))
    if changed is not None:
        write_levels(plate / "A/01" / changed, smooth_pixels(SHAPE, "uint16", 5))
    (found,) = measure_plate(plate, QUESTION, Thresholds(), tmp_path / "report")
    assert (found == SAID) is (changed is None)
    assert found.image == "1"


def test_a_reference_is_not_compared_whichever_the_report_is_asked_for(
    registered: Path, tmp_path: Path
) -> None:
    other = QUESTION.model_copy(update={"reference_acquisition": 1})
    assert list(measure_plate(registered, other, Thresholds(), tmp_path / "report")) == [SAID]
