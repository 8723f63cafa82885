"""Quality through the flows: told, shown, and able to hold a bad result back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.sorting import ArtifactSort

from flows.command.line import BAD_INPUT, run
from flows.plate import apply_registration_to_plate
from flows.results.failures import ImagesFailedError
from tasks.quality.table import read_quality
from tasks.storage.held import find_held, held_path
from tests.flows.snapshots import snapshot
from tests.plates import add_image_to_well, write_regions
from tests.quality.scenes import cells
from tests.quality.test_image_quality import MOVED, PIXEL, SHAPE, TABLE, make_wells, pair

pytestmark = pytest.mark.usefixtures("prefect_server")


@pytest.fixture
def well(tmp_path: Path) -> Path:
    """Return a well whose tables know the true shift."""
    return make_wells(tmp_path, pair(cells(SHAPE, 200)), MOVED) / "A/01"


@pytest.fixture
def bad_well(tmp_path: Path) -> Path:
    """Return a well whose tables are 40 pixels off."""
    return make_wells(tmp_path, pair(cells(SHAPE, 200)), (MOVED[0], MOVED[1] + 40)) / "A/01"


def test_a_plate_has_a_report_and_each_image_a_table(
    well: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plate = well.parents[1]
    assert run(["plate", str(plate), "--registered-roi-table", TABLE]) == 0
    (quality,) = read_quality(well / "1")
    assert quality.verdict == "pass"
    assert read_quality(well / "0") == ()
    page = plate.with_name("p.registration") / "report.html"
    assert page.is_file()
    assert (page.parent / "pictures/A-01/1/FOV_1-before.jpg").is_file()
    assert f"Quality: 1 pass\nReport: {page}" in capsys.readouterr().out
    wanted = ArtifactFilter(key=ArtifactFilterKey(any_=["quality-p-zarr"]))
    with get_client(sync_client=True) as client:
        # The other tests here have plates of this name.
        artifact = client.read_artifacts(artifact_filter=wanted, sort=ArtifactSort.CREATED_DESC)[0]
    assert "**1 pass** of 1 regions" in str(artifact.data)
    assert str(page) in str(artifact.data)
    wanted = ArtifactFilter(key=ArtifactFilterKey(any_=["registration-p-zarr-a-01"]))
    with get_client(sync_client=True) as client:
        newest = client.read_artifacts(artifact_filter=wanted, sort=ArtifactSort.CREATED_DESC)[0]
    (row,) = [each for each in json.loads(str(newest.data)) if each["image"] == "1"]
    (agreed,) = quality.agreements
    assert (agreed.before, agreed.after) == (
        pytest.approx(row["agreement before"], abs=5e-4),
        pytest.approx(row["agreement after"], abs=5e-4),
    )
    assert (row["region"], row["verdict"], row["because"]) == ("FOV_1", "pass", quality.reason)
    # Made again from what is stored, without the pictures of the original, which is gone.
    assert run(["report", str(plate)]) == 0
    assert "Quality: 1 pass" in capsys.readouterr().out


def test_a_bad_result_is_held_back_until_somebody_accepts_it(
    bad_well: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plate, image = bad_well.parents[1], bad_well / "1"
    before = snapshot(image)
    with pytest.raises(ImagesFailedError, match="held back: FOV_1: fail: still off by 40"):
        apply_registration_to_plate(
            str(plate), registered_roi_table=TABLE, require_quality="fail", report_path=None
        )
    assert snapshot(image) == before
    assert [path.name for path in find_held(plate)] == [held_path(image).name]
    assert run(["accept", str(image)]) == 0
    assert list(find_held(plate)) == []
    assert read_quality(image)[0].verdict == "fail"
    # The reference waited for all others; now its turn has come, and nothing is moved twice.
    moved = snapshot(image)
    assert run(["plate", str(plate), "--registered-roi-table", TABLE]) == 0
    assert "1 registered, 1 skipped" in capsys.readouterr().out
    assert snapshot(image) == moved


def test_a_plate_with_wrong_tables_is_all_red(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures = {
        name.replace("A/01", well): picture
        for number, well in enumerate(("A/01", "B/02", "C/03"))
        for name, picture in pair(cells(SHAPE, 200, seed=number), seed=5 * number).items()
    }
    plate = make_wells(tmp_path, pictures, MOVED)
    off = {"1": (9, 0), "2": (-16, 12), "3": (40, -30), "4": (0, 25)}
    for well in ("A/01", "B/02", "C/03"):
        for image, lies in (("0", (0, 0)), ("1", MOVED)):
            regions = {
                name: {"y": (PIXEL * y, 60.0), "x": (PIXEL * x, 70.0)}
                for name, start in zip(
                    off, [(30, 40), (30, 185), (155, 40), (155, 185)], strict=True
                )
                for y, x in [np.add(np.add(start, lies), off[name] if image == "1" else 0).tolist()]
            }
            write_regions(plate / well / image, TABLE, regions)
    assert run(["plate", str(plate), "--registered-roi-table", TABLE]) == 0
    assert "Quality: 12 fail" in capsys.readouterr().out
    numbers = pl.read_csv(plate.with_name("p.registration") / "qc.csv")
    judged = numbers.filter(pl.col("judged"))
    assert judged["verdict"].to_list() == ["fail"] * 12
    assert set(judged["well"]) == {"A/01", "B/02", "C/03"}


def test_what_is_discarded_leaves_no_trace(
    bad_well: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = snapshot(bad_well / "1")
    options = ["--registered-roi-table", TABLE, "--require-quality", "fail"]
    assert run(["well", str(bad_well), *options]) == 1
    assert "plate-registration accept" in capsys.readouterr().err
    assert run(["discard", str(bad_well)]) == 0
    assert snapshot(bad_well / "1") == before
    assert not [path for path in bad_well.iterdir() if ".held" in path.name]
    assert run(["discard", str(bad_well)]) == BAD_INPUT


def test_a_raw_plate_says_how_far_it_is_apart_and_stays_as_it_is(
    bad_well: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plate = bad_well.parents[1]
    before = snapshot(plate)
    assert run(["report", str(plate), "--registered-roi-table", "none"]) == 0
    # 8 pixels along y and 12 along x.
    assert "off by 14.4 px" in capsys.readouterr().out
    assert snapshot(plate) == before
    # An original whose result is beside it is looked at no more.
    add_image_to_well(bad_well, "1_registered", 1)
    shutil.copytree(bad_well / "0", bad_well / "1_registered")
    assert run(["report", str(plate), "--registered-roi-table", "none"]) == 0
    assert "Quality: 1 pass\n" in capsys.readouterr().out
