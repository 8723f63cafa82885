"""Records and tables of a well tell one story; where not, the record gives the tables back."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from tasks.doctor.finding import Finding
from tasks.doctor.plate import examine_plate, repair_plate
from tasks.plan.errors import InvalidInputError
from tasks.plan.region import outside
from tasks.storage.provenance import is_up_to_date
from tasks.survey.regions import read_regions
from tests.plate_tables import write_regions
from tests.plates import Box, add_image_to_well
from tests.registration import register
from tests.storage.conftest import make_plan
from tests.survey.test_moved_in_place import forget_the_frame
from tests.trees import digest_tree

TABLE = "registered"


@pytest.fixture
def plate(plates: dict[str, Path], tmp_path: Path) -> Path:
    """A plate whose image 1 was 4 pixels further right, both images registered in place."""
    plate = Path(shutil.copytree(plates["0.4"], tmp_path / "plate.zarr"))
    for name in ("1", "0"):
        register(plate / "A/01" / name)
    return plate


def regions(first: float, length: float = 20.0) -> dict[str, Box]:
    return {"FOV_1": {"y": (0.0, 8.0), "x": (first, length)}, "FOV_2": {"y": (8.0, 8.0)}}


def wrong(findings: Iterable[Finding]) -> list[str]:
    return [str(finding) for finding in findings if finding.is_wrong]


def pixels(well: Path) -> dict[str, dict[str, str]]:
    return {name: digest_tree(well / name / "0") for name in ("0", "1")}


DAMAGED = {
    "a table of shifts of about 0": {"1": regions(0.02, 31.9)},
    "both tables, as a second run writes them": {
        "1": regions(-0.02, 31.9),
        "0": regions(0.0, 31.9),
    },
    "the reference's alone": {"0": regions(0.0, 31.9)},
    "moved by hand": {"1": regions(3.0)},
}


@pytest.mark.parametrize("is_old", [False, True], ids=["", "records of an earlier release"])
@pytest.mark.parametrize("damage", DAMAGED)
def test_tables_that_contradict_the_record_are_told_and_restored(
    plate: Path, damage: str, is_old: bool
) -> None:
    well = plate / "A/01"
    before = {name: read_regions(well / name, TABLE) for name in ("0", "1")}
    moved = pixels(well)
    for name, given in DAMAGED[damage].items():
        write_regions(well / name, TABLE, given, columns={"note": ["a", "b"]})
    if is_old:
        for name in ("0", "1"):
            forget_the_frame(well / name)
        if len(DAMAGED[damage]) == 2:
            # Nothing in the well tells any more where the images are.
            found = wrong(examine_plate(plate))
            assert "restore the registered tables of this well from a backup" in found[0]
            assert repair_plate(plate) == ()
            return
    files = digest_tree(plate)
    found = wrong(examine_plate(plate))
    assert len(found) == len(DAMAGED[damage])
    assert all("contradicts the record" in one for one in found)
    assert digest_tree(plate) == files
    with pytest.raises(InvalidInputError, match="doctor --repair"):
        make_plan(well)
    done = repair_plate(plate)
    assert len(done) == len(DAMAGED[damage])
    assert wrong(examine_plate(plate)) == []
    assert {name: read_regions(well / name, TABLE) for name in ("0", "1")} == before
    assert pixels(well) == moved
    assert is_up_to_date(make_plan(well))


def test_a_reference_that_was_cut_less_than_the_others_gets_their_frame(
    plates: dict[str, Path], tmp_path: Path
) -> None:
    # Another run wrote its tables after image 1 had moved, and before the reference's turn came.
    plate = Path(shutil.copytree(plates["0.4"], tmp_path / "plate.zarr"))
    well = plate / "A/01"
    frame = read_regions(well / "0", TABLE)
    register(well / "1")
    write_regions(well / "0", TABLE, regions(0.0, 31.9))
    write_regions(well / "1", TABLE, regions(0.0, 31.9))
    register(well / "0")
    repair_plate(plate)
    assert wrong(examine_plate(plate)) != []
    for name in ("1", "0"):
        assert read_regions(well / name, TABLE) == frame
        register(well / name)
    assert wrong(examine_plate(plate)) == []
    assert not outside(read_regions(well / "0", TABLE), frame)


def test_what_was_made_narrower_is_for_a_person_and_the_next_run_cuts_it(plate: Path) -> None:
    well = plate / "A/01"
    write_regions(well / "0", TABLE, regions(2.0, 10.0))
    (found,) = wrong(examine_plate(plate))
    assert "made narrower" in found
    assert repair_plate(plate) == ()
    for name in ("1", "0"):
        register(well / name)
    assert wrong(examine_plate(plate)) == []


def test_images_in_frames_that_do_not_go_together_are_for_a_person(plate: Path) -> None:
    well = plate / "A/01"
    write_regions(well / "0", TABLE, regions(2.0, 10.0))
    register(well / "1")
    write_regions(well / "0", TABLE, regions(0.0, 5.0))
    register(well / "0")
    found = wrong(examine_plate(plate))
    assert any("no frame that all of them are in" in one for one in found)
    assert repair_plate(plate) == ()


def test_beside_then_in_place_is_nothing_wrong(plates: dict[str, Path], tmp_path: Path) -> None:
    plate = Path(shutil.copytree(plates["0.5"], tmp_path / "plate.zarr"))
    well = plate / "A/01"
    for name in ("1", "0"):
        register(well / name, overwrite_input=False)
    for name, first in (("0", 1.0), ("1", 5.0)):
        write_regions(well / name, TABLE, regions(first, 10.0))
    for name in ("1", "0"):
        register(well / name)
    assert wrong(examine_plate(plate)) == []
    for name in ("1", "0"):
        register(well / name, overwrite_input=False)
    assert wrong(examine_plate(plate)) == []


def test_results_beside_of_two_contents_are_told_until_they_are_made_again(
    plates: dict[str, Path], tmp_path: Path
) -> None:
    plate = Path(shutil.copytree(plates["0.5"], tmp_path / "plate.zarr"))
    well = plate / "A/01"
    register(well / "1", overwrite_input=False)
    write_regions(well / "0", TABLE, regions(1.0, 10.0))
    register(well / "0", overwrite_input=False)
    (found,) = wrong(examine_plate(plate))
    assert "has changed between the registration of" in found
    register(well / "1", overwrite_input=False)
    assert wrong(examine_plate(plate)) == []


def test_a_cycle_that_came_later_is_told(plate: Path) -> None:
    well = plate / "A/01"
    shutil.copytree(well / "1", well / "2")
    (well / "2/.zattrs").write_text((well / "2/.zattrs").read_text().replace("plate_reg", "x_reg"))
    shutil.rmtree(well / "2/tables")
    add_image_to_well(well, "2", 2)
    (found,) = wrong(examine_plate(plate))
    assert "image 2 is not registered beside 0, 1" in found


def test_looking_at_a_registered_plate_loads_nothing_that_reads_tables(plate: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tasks.doctor.plate import examine_plate; "
        f"assert examine_plate(Path({str(plate)!r})) == (); "
        "sys.exit(bool({'zarr', 'ngio', 'numpy'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)  # noqa: S603 - ours


def test_each_reference_that_was_replaced_is_told(plates: dict[str, Path], tmp_path: Path) -> None:
    plate = Path(shutil.copytree(plates["0.4"], tmp_path / "plate.zarr"))
    well = plate / "A/01"
    for acquisition in (0, 1):
        shutil.copytree(well / str(acquisition), well / f"{acquisition}_b")
        add_image_to_well(well, f"{acquisition}_b", acquisition)
    for name in ("1", "1_b"):
        register(well / name)
    for name in ("0", "0_b"):
        shutil.rmtree(well / name / "tables")
    told = [str(finding) for finding in examine_plate(plate)]
    assert [one.partition(": ")[0] for one in told] == [str(well / "0"), str(well / "0_b")]
    assert all("was replaced since" in one for one in told)
