"""Raw wells of other writers end up registered: each image by its own known shift."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tasks.doctor.plate import examine_plate
from tasks.estimate.estimate_plan import plan_estimate
from tasks.estimate.options import EstimateOptions
from tasks.plan.errors import InvalidInputError
from tasks.storage.provenance import read_provenance
from tasks.survey.listed_tables import list_tables
from tests.estimate.foreign_wells import change_attributes, list_images, make_fields, remove_tables
from tests.estimate.wells import STAIN, TABLE, Shift, make_well
from tests.plates import NgffVersion, read_levels
from tests.raw_runs import RawRun, run_raw
from tests.trees import digest_tree

SHIFTS: list[Shift] = [(9.0, -7.0), (-4.0, 3.0), (6.0, 8.0)]
VERSIONS: tuple[NgffVersion, ...] = ("0.4", "0.5")


def shift_of(image: Path) -> Shift:
    """Return by how many pixels the only region of a registered image was moved."""
    record = read_provenance(image)
    assert record is not None
    (moved,) = record["shifts"].values()  # type: ignore[union-attr]
    return (moved["y"], moved["x"])  # type: ignore[index,call-overload]


@pytest.mark.parametrize(
    ("names", "tables", "version"),
    [
        pytest.param((["0", "1", "2"], ["3", "4", "5"]), True, "0.4", id="numbered on"),
        pytest.param((["0", "1", "2"], ["3", "4", "5"]), False, "0.5", id="without tables"),
        pytest.param((["0_1", "0_2"], ["1_1", "1_2"]), True, "0.5", id="cycle, field"),
        pytest.param((["f1_c0", "f2_c0"], ["f2_c1", "f1_c1"]), False, "0.4", id="field, cycle"),
    ],
)
def test_fields_that_are_images_stay_in_their_own_frames(
    tmp_path: Path, names: tuple[list[str], list[str]], version: NgffVersion, *, tables: bool
) -> None:
    shifts = SHIFTS[: len(names[0])]
    own = sorted(names[1])
    well = make_fields(
        tmp_path / "plate.zarr", (names[0], own), shifts, tables=tables, ngff_version=version
    )
    list_images(well, {**dict.fromkeys(names[0], 0), **dict.fromkeys(names[1], 1)})
    raw = {name: read_levels(well / name)[0] for name in (*names[0], *own)}
    run_raw(RawRun(well))
    for reference, name, (y, x) in zip(names[0], own, shifts, strict=True):
        assert shift_of(well / name) == (y, x)
        assert shift_of(well / reference) == (0, 0)
        for image, by in ((name, (int(y), int(x))), (reference, (0, 0))):
            registered = read_levels(well / image)[0]
            # Noise is never 0: what is, was cut off.
            shown = registered[0, 0] != 0
            assert shown.sum() >= (len(shown) - abs(y) - 1) * (len(shown) - abs(x) - 1)
            expected = np.roll(raw[image], by, axis=(-2, -1)) * shown
            assert np.array_equal(registered, expected)
    assert examine_plate(well.parents[1]) == ()
    done = digest_tree(well)
    run_raw(RawRun(well))
    assert digest_tree(well) == done


def test_fields_with_other_counts_are_refused_and_nothing_is_touched(tmp_path: Path) -> None:
    names = (["0", "1"], ["2", "3", "4"])
    well = make_fields(tmp_path / "plate.zarr", names, SHIFTS)
    before = digest_tree(well)
    with pytest.raises(InvalidInputError, match="it is ambiguous which images"):
        run_raw(RawRun(well))
    assert digest_tree(well) == before
    (finding,) = examine_plate(well.parents[1])
    assert "it is ambiguous which images" in finding.problem


@pytest.mark.parametrize("version", VERSIONS)
def test_without_tables_cycles_come_one_by_one(tmp_path: Path, version: NgffVersion) -> None:
    shifts = {0: [(0.0, 0.0)], 1: [SHIFTS[0]], 2: [SHIFTS[1]]}
    well = make_well(tmp_path / "plate.zarr", shifts, ngff_version=version)
    remove_tables(well)
    later = shutil.copytree(well / "2", tmp_path / "later")
    shutil.rmtree(well / "2")
    list_images(well, {"0": 0, "1": 1})
    run_raw(RawRun(well))
    assert shift_of(well / "1") == SHIFTS[0]
    before = {name: digest_tree(well / name) for name in "01"}
    shutil.copytree(later, well / "2")
    list_images(well, {"0": 0, "1": 1, "2": 2})
    run_raw(RawRun(well))
    assert shift_of(well / "2") == SHIFTS[1]
    assert {name: digest_tree(well / name) for name in "01"} == before
    assert examine_plate(well.parents[1]) == ()


def test_a_dry_run_of_an_image_without_tables_says_so_and_writes_nothing(tmp_path: Path) -> None:
    well = make_well(tmp_path / "plate.zarr", {0: [(0.0, 0.0)], 1: [SHIFTS[0]]})
    remove_tables(well)
    before = digest_tree(well)
    plan = plan_estimate(
        well / "1", EstimateOptions(wavelength_id=STAIN, level_path="0"), workers=1
    )
    assert plan.regions == ("image",)
    assert sum("the whole image is one region" in warning for warning in plan.warnings) == 2
    assert digest_tree(well) == before


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("backend", ["anndata", "csv", "json", "parquet"])
def test_tables_without_a_type_are_used_and_say_it_from_then_on(
    tmp_path: Path, backend: str, version: NgffVersion
) -> None:
    shifts = {0: [(0.0, 0.0)], 1: [SHIFTS[0]]}
    well = make_well(
        tmp_path / "plate.zarr",
        shifts,
        backend=backend,
        ngff_version=version,  # type: ignore[arg-type]
    )
    gone = ("type", "table_version", "index_key", "index_type", "backend")
    for name in "01":
        change_attributes(
            well / name / "tables" / TABLE, lambda content: [content.pop(k, None) for k in gone]
        )
    run_raw(RawRun(well))
    assert shift_of(well / "1") == SHIFTS[0]
    assert {f"{TABLE}_registered", TABLE} <= set(list_tables(well / "1"))
    assert examine_plate(well.parents[1]) == ()
    done = digest_tree(well)
    run_raw(RawRun(well))
    assert digest_tree(well) == done
