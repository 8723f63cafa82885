"""The consensus is fractal-tasks-core's, and tables are exchanged with it whatever the backend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.estimate.columns import TRANSLATIONS, write_columns
from tasks.estimate.common_region import common_region
from tasks.estimate.consensus import find_consensus, write_consensus
from tasks.estimate.image import ImageEstimate, RegionEstimate
from tasks.estimate.options import EstimateOptions
from tasks.plan.errors import InvalidInputError
from tasks.plan.region import Region
from tasks.survey.listed_tables import list_tables, read_table
from tasks.survey.regions import read_regions
from tests.plate_tables import Backend
from tests.plates import make_plate, write_regions

TABLE = "FOV_ROI_table"
REGISTERED = "FOV_ROI_table_registered"
BOXES = {
    "FOV_1": {"y": (0.0, 20.0), "x": (0.0, 24.0), "z": (0.0, 2.0)},
    "FOV_2": {"y": (10.0, 20.0), "x": (24.0, 24.0), "z": (0.0, 2.0)},
}
SHIFTS = {
    1: {"FOV_1": (0.0, 2.5, -1.25), "FOV_2": (0.0, 2.0, -1.0)},
    2: {"FOV_1": (0.0, -0.3, 3.1), "FOV_2": (0.0, -0.2, 3.0)},
}


def well_with(tmp_path: Path, backend: Backend = "csv", **columns: Any) -> Path:
    well = make_plate(tmp_path / "p.zarr", acquisitions=(0, 1, 2), labels=()) / "A" / "01"
    for acquisition in range(3):
        write_regions(well / str(acquisition), TABLE, BOXES, backend=backend, columns=columns)
    for acquisition, shifts in SHIFTS.items():
        write_columns(estimate(well, acquisition, shifts), "made from this")
    return well


def estimate(
    well: Path, acquisition: int, shifts: dict[str, tuple[float, float, float]]
) -> ImageEstimate:
    return ImageEstimate(
        image=well / str(acquisition),
        reference=well / "0",
        options=EstimateOptions(wavelength_id="any"),
        regions=tuple(
            RegionEstimate(
                name=name,
                translation=shift,
                score=0.9,
                rival=0.1,
                decision="estimated",
                reason="",
            )
            for name, shift in shifts.items()
        ),
        warnings=(),
    )


def fractal_consensus(base: float, length: float, shifts: list[float]) -> tuple[float, float]:
    """Re-express fractal-tasks-core 2.1.0, compute_registration_consensus._find_roi_consensus."""
    return base + max(shifts), length - max(shifts) + min(shifts)


@given(
    base=st.floats(-100, 100),
    length=st.floats(50, 1000),
    shifts=st.lists(st.floats(-20, 20), min_size=1, max_size=5),
)
def test_the_consensus_is_the_reference_systems(
    base: float, length: float, shifts: list[float]
) -> None:
    images = {Path("0"): (Region(name="r", start={"y": base}, length={"y": length}), (0.0,) * 3)}
    for n, shift in enumerate(shifts, start=1):
        images[Path(str(n))] = (images[Path("0")][0], (0.0, shift, 0.0))
    found = common_region("r", images)  # type: ignore[arg-type]  # three zeros are three zeros
    start, size = fractal_consensus(base, length, [0.0, *shifts])
    assert found.length["y"] == pytest.approx(size, abs=1e-9)
    for name, own in zip(images, [0.0, *shifts], strict=True):
        assert found.start[name.name]["y"] == pytest.approx(start - own, abs=1e-9)


def test_unequal_regions_share_what_all_of_them_cover() -> None:
    # Brute force on a grid of 0.1 micrometers in the reference's coordinates.
    regions = [(3.0, 20.0, 0.0), (5.0, 19.0, -2.5), (1.0, 22.0, 4.0)]
    images = {
        Path(str(n)): (Region(name="r", start={"x": at}, length={"x": size}), (0.0, 0.0, by))
        for n, (at, size, by) in enumerate(regions)
    }
    grid = np.arange(-100, 500) / 10
    seen = np.all([(grid >= at + by) & (grid < at + by + size) for at, size, by in regions], axis=0)
    found = common_region("r", images)
    assert found.start["0"]["x"] == pytest.approx(grid[seen][0])
    assert found.length["x"] == pytest.approx(seen.sum() / 10)


@pytest.mark.parametrize("backend", ["csv", "json", "parquet", "anndata"])
def test_tables_keep_backend_rows_and_columns_and_gain_ours(
    tmp_path: Path, backend: Backend
) -> None:
    well = well_with(tmp_path, backend, quality=[3, 4])
    found = find_consensus(well / "0", [well / "1", well / "2"], TABLE)
    write_consensus([well / n for n in "012"], found, TABLE, REGISTERED, {"consensus": "that"})
    for name in "012":
        image = well / name
        assert list_tables(image) == (TABLE, REGISTERED)
        for table in (read_table(image, TABLE), read_table(image, REGISTERED)):
            assert table.type == "roi_table"
            assert table.backend.startswith(backend)
            assert list(table.content.dataframe.index) == ["FOV_1", "FOV_2"]
            assert [float(n) for n in table.content.dataframe["quality"]] == [3, 4]
    frame = read_table(well / "1", TABLE).content.dataframe
    assert frame.loc["FOV_2", list(TRANSLATIONS)].to_list() == [0.0, 2.0, -1.0]
    assert set(frame["registration_decision"]) == {"estimated"}
    # The reference system takes a table with translations for that of another acquisition.
    assert not set(TRANSLATIONS) & set(read_table(well / "0", TABLE).content.dataframe.columns)
    for name, own in (("0", 0.0), ("1", 2.5), ("2", -0.3)):
        region = read_regions(well / name, REGISTERED)[0]
        start, length = fractal_consensus(0.0, 20.0, [0.0, 2.5, -0.3])
        # It loses the 0.4 of a pixel (0.5 micrometers) that would be rounded to a whole one, which
        # lies beyond the field in image 2.
        assert region.start["y"] == pytest.approx(start - own)
        assert region.length["y"] == pytest.approx(length - 0.4 * 0.5, abs=1e-5)


def test_columns_are_replaced_when_estimated_again(tmp_path: Path) -> None:
    well = well_with(tmp_path)
    write_columns(estimate(well, 1, {"FOV_1": (0.0, 1.0, 1.0)}), "made anew")
    frame = read_table(well / "1", TABLE).content.dataframe
    assert frame.columns.is_unique
    assert frame.loc["FOV_1", "translation_y"] == 1.0
    with pytest.raises(InvalidInputError, match=r"no translation for the regions \['FOV_2'\]"):
        find_consensus(well / "0", [well / "1"], TABLE)


def test_a_region_that_only_a_later_image_has_holds_up_no_other(tmp_path: Path) -> None:
    well = well_with(tmp_path)
    expected = find_consensus(well / "0", [well / "1", well / "2"], TABLE)
    write_regions(well / "2", TABLE, {"FOV_9": BOXES["FOV_1"], **BOXES})
    write_columns(estimate(well, 2, SHIFTS[2]), "with one more")
    images = [well / n for n in "012"]
    found = find_consensus(images[0], images[1:], TABLE)
    assert found == expected
    assert write_consensus(images, found, TABLE, REGISTERED, {}) == ()
    frame = read_table(well / "2", REGISTERED).content.dataframe
    assert list(frame.index) == ["FOV_1", "FOV_2"]
    starts = [region.start for region in read_regions(well / "2", REGISTERED)]
    assert [start["x"] for start in starts] == pytest.approx([one.start["2"]["x"] for one in found])


def test_a_region_that_an_image_may_lack_is_what_the_others_share(tmp_path: Path) -> None:
    well = well_with(tmp_path)
    write_regions(well / "2", TABLE, {"FOV_1": BOXES["FOV_1"]})
    write_columns(estimate(well, 2, {"FOV_1": SHIFTS[2]["FOV_1"]}), "with one less")
    images = [well / n for n in "012"]
    with pytest.raises(InvalidInputError, match=r"2 lacks \['FOV_2'\].*allow_missing_regions"):
        find_consensus(images[0], images[1:], TABLE)
    found = find_consensus(images[0], images[1:], TABLE, allow_missing=True)
    write_consensus(images, found, TABLE, REGISTERED, {})
    # FOV_2 begins at y 10 and moved by 2 in image 1; FOV_1 moved by 2.5 and -0.3.
    expected = {"0": [2.5, 12.0], "1": [0.0, 10.0], "2": [2.8]}
    for image in images:
        regions = read_regions(image, REGISTERED)
        assert [one.start["y"] for one in regions] == pytest.approx(expected[image.name])
        # Of 17.2, 0.4 of a pixel of 0.5 are left out: rounding would make it one beyond the field.
        lengths = [17.0, 18.0][: len(regions)]
        assert [one.length["y"] for one in regions] == pytest.approx(lengths, abs=1e-5)
    write_regions(well / "2", TABLE, {"FOV_9": BOXES["FOV_1"]})
    # Of one that has none of them, the parameter would register nothing.
    with pytest.raises(InvalidInputError, match=r"2 lacks \['FOV_1', 'FOV_2'\].*the same names$"):
        find_consensus(images[0], images[1:], TABLE, allow_missing=True)


def test_other_names_missing_shifts_and_little_overlap_are_refused_by_name(tmp_path: Path) -> None:
    well = well_with(tmp_path)
    with pytest.raises(InvalidInputError, match=r"region 'FOV_1': 7\d%.*at least 90%"):
        find_consensus(well / "0", [well / "1", well / "2"], TABLE, min_overlap=0.9)
    write_columns(estimate(well, 2, {"FOV_1": (0.0, 19.0, 30.0), "FOV_2": (0, 0, 0)}), "far")
    with pytest.raises(InvalidInputError, match=r"region 'FOV_1': 0%"):
        find_consensus(well / "0", [well / "1", well / "2"], TABLE)
    write_regions(well / "2", TABLE, {"FOV_1": BOXES["FOV_1"], "FOV_9": BOXES["FOV_2"]})
    with pytest.raises(
        InvalidInputError, match=r"2 lacks \['FOV_2'\] and has \['FOV_1', 'FOV_9'\]"
    ):
        find_consensus(well / "0", [well / "1", well / "2"], TABLE)
    write_regions(well / "2", TABLE, BOXES)
    with pytest.raises(InvalidInputError, match=r"lacks the columns \['translation_z'"):
        find_consensus(well / "0", [well / "1", well / "2"], TABLE)
    with pytest.raises(InvalidInputError, match="would be overwritten"):
        write_consensus([], [], TABLE, TABLE, {})


def test_translations_of_another_tool_count_where_regions_start_alike(tmp_path: Path) -> None:
    well = well_with(tmp_path)
    translations = {column: [0.0, float(column != "translation_z")] for column in TRANSLATIONS}
    write_regions(well / "1", TABLE, BOXES, columns=translations)
    assert find_consensus(well / "0", [well / "1"], TABLE)[1].start["1"]["y"] == 10.0  # 10 + 1 - 1
    for axis, start in (("y", 1.0), ("z", 0.5)):
        elsewhere = {**BOXES, "FOV_1": {**BOXES["FOV_1"], axis: (start, 1.5)}}
        write_regions(well / "1", TABLE, elsewhere, columns=translations)
        with pytest.raises(InvalidInputError, match="measured from"):
            find_consensus(well / "0", [well / "1"], TABLE)


def test_single_planes_start_alike_wherever_they_were_taken(tmp_path: Path) -> None:
    plate = make_plate(tmp_path / "p.zarr", shape=(1, 1, 64, 96), labels=())
    translations = {column: [0.0, 0.0] for column in TRANSLATIONS}
    for name, z in (("0", 0.0), ("1", 7.0)):
        boxes = {region: {**box, "z": (z, 1.0)} for region, box in BOXES.items()}
        write_regions(plate / "A/01" / name, TABLE, boxes, columns=translations)
    found = find_consensus(plate / "A/01/0", [plate / "A/01/1"], TABLE)
    assert [one.length["y"] for one in found] == [20.0, 20.0]
