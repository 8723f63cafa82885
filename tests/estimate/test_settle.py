"""What a field cannot tell, its well and its plate do: on pixels, before and after."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tasks.estimate.image import ImageEstimate, decide_image, estimate_image
from tasks.estimate.options import EstimateOptions
from tasks.estimate.propose import propose_image
from tasks.estimate.stored import read_evidence, read_pitch, read_plate_evidence, write_evidence
from tasks.movement.evidence import ImageEvidence
from tasks.movement.plate import fit_plate
from tasks.plan.errors import UncertainShiftError
from tests.estimate.photographed import (
    PIXEL,
    SIZE,
    STAIN,
    Frame,
    make_plate,
    nothing,
    photographs,
)
from tests.estimate.samples import random, seen_through, standing
from tests.trees import digest_tree

OPTIONS = EstimateOptions(wavelength_id=STAIN, level_path="0")
MOVED = (17.3, -11.6)
SHIFTS = [(0.0, 0.0), MOVED]
FULL = [f"A/{n:02d}" for n in range(1, 6)]


def dusty(frames: list[Frame]) -> list[Frame]:
    """Return frames behind bright dust on the camera."""
    added, times = standing("bright dust", SIZE, random(0, 6))
    return [seen_through(frame, (added, 1 + 4 * (times - 1))) for frame in frames]


@pytest.fixture(scope="module")
def plate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five wells that are sure, and four that are not, one field each."""
    sure = {
        well: [photographs(n, 1, shifts=SHIFTS, signal=[300, 300])] for n, well in enumerate(FULL)
    }
    return make_plate(
        tmp_path_factory.mktemp("settle") / "p.zarr",
        {
            **sure,
            "B/01": [nothing(9, 9)],
            "B/02": [photographs(20, 1, shifts=SHIFTS, signal=[300, 300], per_field=1)],
            "B/03": [photographs(21, 1, shifts=SHIFTS, signal=[300, 12], per_field=10)],
            "B/04": [dusty(nothing(23, 1))],
        },
    )


@pytest.fixture(scope="module")
def evidence(plate: Path) -> dict[str, ImageEvidence]:
    before = digest_tree(plate)
    found = {
        well: propose_image(plate / well / "1", OPTIONS)
        for well in [*FULL, "B/01", "B/02", "B/03", "B/04"]
    }
    assert digest_tree(plate) == before
    return found


def decided(plate: Path, well: str, *known: ImageEvidence) -> ImageEstimate:
    own = [each for each in known if each.well == well]
    moved = fit_plate(known, read_pitch(plate))
    return decide_image(plate / well / "1", OPTIONS, own, moved)


BY_PLATE = [
    ("B/01", "predicted +/- ", 0.3, "a well with nothing in it"),
    ("B/02", "within the plate's movement", 0.3, "one cell"),
    ("B/03", "within the plate's movement", 0.5, "dim cells"),
    ("B/04", "predicted +/- ", 0.3, "dust that stands still, and nothing else"),
]


@pytest.mark.parametrize(
    ("well", "word", "off"), [case[:3] for case in BY_PLATE], ids=[case[3] for case in BY_PLATE]
)
def test_the_plate_decides_what_a_field_cannot(
    plate: Path, evidence: dict[str, ImageEvidence], well: str, word: str, off: float
) -> None:
    with pytest.raises(UncertainShiftError, match="no other field says where it must lie"):
        decided(plate, well, evidence[well])
    (region,) = decided(plate, well, *evidence.values()).regions
    assert region.decision.startswith(word)
    assert np.array(region.translation[1:]) / PIXEL == pytest.approx(MOVED, abs=off)
    assert region.reason


def test_a_shift_beyond_the_largest_believable_one_is_not_filled_in(
    plate: Path, evidence: dict[str, ImageEvidence]
) -> None:
    near = replace(OPTIONS, max_shift_um=5.0)
    moved = fit_plate(list(evidence.values()), None)
    with pytest.raises(UncertainShiftError):
        decide_image(plate / "B/01" / "1", near, [evidence["B/01"]], moved)


def test_what_earlier_runs_found_is_used_by_a_well_alone(
    plate: Path, evidence: dict[str, ImageEvidence]
) -> None:
    with pytest.raises(UncertainShiftError):
        estimate_image(plate / "B/02" / "1", OPTIONS)
    for well in FULL:
        image = plate / well / "1"
        write_evidence(image, evidence[well], "these pixels")
        assert read_evidence(image, "these pixels") == evidence[well]
        assert read_evidence(image, "other pixels") is None
    assert read_plate_evidence(plate, 0) == tuple(evidence[well] for well in FULL)
    assert read_plate_evidence(plate, 1) == ()
    (region,) = estimate_image(plate / "B/02" / "1", OPTIONS).regions
    assert region.decision == "within the plate's movement"


def test_a_third_acquisition_confirms_what_two_cannot(tmp_path: Path) -> None:
    shifts = [(0.0, 0.0), (50.3, -8.6), (25.2, -3.9)]
    frames = photographs(3, 1, shifts=shifts, signal=[7, 9, 300], per_field=15)
    plate = make_plate(tmp_path / "p.zarr", {"A/01": [frames]})
    well = [propose_image(plate / "A/01" / name, OPTIONS) for name in "12"]
    assert [one.regions[0].is_sure for one in well] == [False, True]
    moved = fit_plate(well, None)
    with pytest.raises(UncertainShiftError):
        decide_image(plate / "A/01" / "1", OPTIONS, well[:1], moved)
    (region,) = decide_image(plate / "A/01" / "1", OPTIONS, well, moved).regions
    assert region.decision == "confirmed by acquisition 2"
    assert np.array(region.translation[1:]) / PIXEL == pytest.approx(shifts[1], abs=1)


def test_fields_of_other_wells_tell_a_sample_that_stood_still_from_dirt(tmp_path: Path) -> None:
    still = [(0.0, 0.0), (0.3, -0.4)]
    wells = {
        f"A/{n:02d}": [photographs(n, 1, shifts=still, signal=[300, 300])] for n in range(1, 4)
    }
    plate = make_plate(tmp_path / "p.zarr", {**wells, "B/01": [dusty(nothing(5, 5))]})
    (sample,) = propose_image(plate / "A/01" / "1", OPTIONS).regions
    assert sample.is_sure
    alone = make_plate(tmp_path / "alone.zarr", {"A/01": wells["A/01"]})
    (unsure,) = propose_image(alone / "A/01" / "1", OPTIONS).regions
    assert not unsure.is_sure
    (dirt,) = propose_image(plate / "B/01" / "1", OPTIONS).regions
    assert not dirt.is_sure
