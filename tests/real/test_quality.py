"""What is said of the quality of two real plates, against what is known of them otherwise."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from tasks.quality.options import Thresholds
from tasks.quality.region_quality import RegionQuality
from tasks.quality.table import read_quality
from tasks.report.assess import assess
from tasks.storage.hidden import staging_path
from tests import registration
from tests.plates import read_levels
from tests.real.known_shift import TABLE, KnownShift, channel
from tests.real.shared_data import copy_of
from tests.registration import register

ORGANOID = ("organoid.zarr", "C/02", (0, 29, -70))
IBEX = ("ibex.zarr", "A/01", (0, -15, -15))
Known = tuple[str, str, tuple[int, int, int]]


@pytest.fixture(autouse=True)
def assessed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Judge each image where the flow does: complete, and not yet in its place."""
    verify = registration.verify_staged

    def verify_and_assess(plan: registration.RegistrationPlan) -> None:
        verify(plan)
        assess(plan, staging_path(plan), Thresholds(), None)

    monkeypatch.setattr(registration, "verify_staged", verify_and_assess)


def quality_of(known: Known, folder: Path, off: tuple[int, int] = (0, 0)) -> RegionQuality:
    """Register image 1 by its known shift, or by one that is off by some pixels y, x."""
    name, well, (z, y, x) = known
    path = copy_of(name, folder) / well
    plate = KnownShift(path / "0", path / "1", (z, y + off[0], x + off[1]))
    plate.write_tables()
    register(plate.acquisition, registered_roi_table=TABLE)
    (quality,) = read_quality(plate.acquisition)
    return quality


def translation_of_object(number: int, folder: Path) -> tuple[float, float]:
    """Return how many whole pixels y, x lead from image 1 to 0, of what one label of 0 covers.

    By the best match of its box in image 1 (scikit-image's template matching).
    """
    # Each process of the tests would take half a second to load it.
    from skimage.feature import match_template  # noqa: PLC0415

    well = copy_of("organoid.zarr", folder) / "C/02"
    rows, columns = np.nonzero(read_levels(well / "0" / "labels/organoids")[0][0] == number)
    top, left = rows.min(), columns.min()
    box = np.s_[top : rows.max() + 1, left : columns.max() + 1]
    reference, moving = (channel(well / image, "A04_C01")[0] for image in "01")
    match = match_template(moving.astype(float), reference[box].astype(float))
    assert match.max() > 0.95
    y, x = np.unravel_index(match.argmax(), match.shape)
    return float(top - y), float(left - x)


def test_two_organoids_that_moved_separately_are_told(tmp_path: Path) -> None:
    quality = quality_of(ORGANOID, tmp_path / "registered")
    assert quality.verdict == "check"
    told = re.findall(r"\((-?[\d.]+), (-?[\d.]+)\)", quality.reason)
    found = sorted((float(y), float(x)) for y, x in told)
    expected = sorted(translation_of_object(n, tmp_path / f"{n}") for n in (36, 38))
    assert "moved separately" in quality.reason
    assert len(found) == 2
    by_columns = [sorted(each, key=lambda part: part[1]) for each in (found, expected)]
    np.testing.assert_allclose(*by_columns, atol=1.0)
    # The middles of their labels, which were drawn in each image anew, moved by nearly the same.
    middles = [(27.5, -70.8), (28.8, -66.0)]
    np.testing.assert_allclose(by_columns[0], middles, atol=2.5)


def test_a_stain_that_was_not_used_to_estimate_agrees_too(tmp_path: Path) -> None:
    quality = quality_of(IBEX, tmp_path)
    agreed = {each.channel: each for each in quality.agreements}
    for marker in ("JOJO", "CD4"):
        before, after = agreed[marker].before, agreed[marker].after
        assert before is not None
        assert after is not None
        assert after > max(0.7, before + 0.4), agreed
    assert quality.verdict == "pass", quality.reason


@pytest.mark.parametrize("off", [(12, -9), (-40, 60), (45, 5)])
@pytest.mark.parametrize("known", [ORGANOID, IBEX], ids=["organoid", "ibex"])
def test_a_wrong_table_fails(known: Known, off: tuple[int, int], tmp_path: Path) -> None:
    quality = quality_of(known, tmp_path, off)
    assert quality.verdict == "fail", quality.reason
