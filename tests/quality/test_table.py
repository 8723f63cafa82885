from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ngio import open_ome_zarr_container

from tasks.plan.quality_table import QUALITY_TABLE
from tasks.quality.region_quality import Agreement, Motion, RegionQuality
from tasks.quality.table import read_quality, write_quality
from tests.plates import NgffVersion, make_plate
from tests.report.regions import let_say

REGIONS = (
    RegionQuality(
        well="B/03",
        image="1",
        acquisition=1,
        region="Feld 1 µm",
        size=(64.0, 96.0),
        centre=(0.5, 0.25),
        shift=(0.0, 1.5, -2.0),
        cut_away=0.125,
        agreements=(
            Agreement(channel="DAPI", before=0.1, after=0.9, others=0.05),
            Agreement(channel="CD4", before=None, after=None, others=None),
        ),
        motion=Motion(
            places=4,
            clear=1,
            median=0.5,
            largest=0.5,
            rotation=None,
            rotation_error=None,
            rotation_share=None,
            in_corner=None,
            arrows=((32.0, 48.0, 0.3, -0.4),),
        ),
        verdict="pass",
        reason="agreement 0.90, off by 0.5 px",
    ),
    RegionQuality(
        well="B/03",
        image="1",
        acquisition=1,
        region="empty",
        size=(64.0, 96.0),
        centre=(0.5, 0.75),
        shift=(0.0, 0.0, 0.0),
        cut_away=None,
        agreements=(),
        motion=None,
        verdict="nothing to judge",
        reason="no channel has one name in both acquisitions",
    ),
)


@pytest.mark.parametrize("ngff_version", ["0.4", "0.5"])
def test_all_that_is_known_comes_back(tmp_path: Path, ngff_version: NgffVersion) -> None:
    image = make_plate(tmp_path / "p.zarr", ngff_version=ngff_version, labels=()) / "A/01/1"
    write_quality(image, REGIONS)
    # Carried over by a program that has made the image anew.
    assert read_quality(image) == ()
    let_say(image, REGIONS)
    assert read_quality(image) == REGIONS
    opened = open_ome_zarr_container(image, mode="r")
    assert opened.list_tables().count(QUALITY_TABLE) == 1
    frame = opened.get_table(QUALITY_TABLE).dataframe
    assert list(frame["region"]) == ["Feld 1 µm", "Feld 1 µm", "empty"]
    assert list(frame["channel"])[:2] == ["DAPI", "CD4"]
    assert frame["agreement_after"].to_numpy(dtype=float)[0] == 0.9
    assert np.isnan(frame["agreement_after"].to_numpy(dtype=float)[2])
    assert frame["shift_y_um"].to_numpy(dtype=float)[0] == 1.5


def test_an_image_without_it_says_nothing(tmp_path: Path) -> None:
    assert read_quality(make_plate(tmp_path / "p.zarr", labels=()) / "A/01/1") == ()
