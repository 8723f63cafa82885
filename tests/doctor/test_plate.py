"""The doctor tells of all that is wrong, changes nothing unasked, and repairs only safely."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from tasks.doctor.finding import Finding
from tasks.doctor.plate import examine_plate, repair_plate
from tasks.plan.errors import InvalidInputError
from tasks.storage.locks import own_registration
from tests.flows.snapshots import snapshot
from tests.plate_tables import write_regions
from tests.registration import register
from tests.storage.holders import Holder
from tests.storage.steps import leftovers
from tests.storage.test_well_entries import change_metadata
from tests.trees import digest_tree


@pytest.fixture
def plate(plates: dict[str, Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(plates["0.5"], tmp_path / "plate.zarr"))


def well_of(plate: Path) -> Path:
    return plate / "A" / "01"


def change_list(group: Path, key: str, change: Callable[[list[Any]], None]) -> None:
    path = group / ("zarr.json" if (group / "zarr.json").exists() else ".zattrs")
    content = json.loads(path.read_text())
    described = content.get("attributes", content)
    listed = described.get("ome", {}).get(key, described.get(key))
    change(listed)
    path.write_text(json.dumps(content))


def leave(kind: str) -> Callable[[Path], None]:
    def break_it(well: Path) -> None:
        shutil.copytree(well / "0", well / f".1.plate-registration.{kind}")

    return break_it


def move_away(well: Path) -> None:
    (well / "1").rename(well / ".1.plate-registration.replaced")
    shutil.copytree(well / "0", well / ".1.plate-registration.verified")


def move_away_only_the_old(well: Path) -> None:
    (well / "1").rename(well / ".1.plate-registration.replaced")


def lose_both_but_the_verified(well: Path) -> None:
    (well / "1").rename(well / ".1.plate-registration.verified")


def reject(well: Path) -> None:
    leave("rejected")(well)
    (well / ".1.plate-registration.rejected" / "reason.txt").write_text(
        "array 0: shape is wrong\nmore\n"
    )


def put_something_else_there(well: Path) -> None:
    move_away(well)
    (well / "1").mkdir()
    (well / "1" / "thesis.txt").write_text("the only copy")


def lose_the_image(well: Path) -> None:
    shutil.rmtree(well / "1")


def empty_the_image(well: Path) -> None:
    for path in (well / "1").iterdir():
        if path.name not in {".zgroup", "zarr.json"}:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    if (well / "1" / "zarr.json").exists():
        (well / "1" / "zarr.json").write_text('{"node_type": "group", "zarr_format": 3}')


def take_the_result_from_the_list(well: Path) -> None:
    for name in ("0", "1"):
        register(well / name, overwrite_input=False)
    entries = [{"path": "0", "acquisition": 0}, {"path": "1", "acquisition": 1}]
    entries.append({"path": "0_registered", "acquisition": 0})
    change_metadata(well, well={"images": entries})


def lose(what: str) -> Callable[[Path], None]:
    return lambda well: shutil.rmtree(well / "1" / what)


def list_a_name_that_leads_out(well: Path) -> None:
    change_list(well / "1" / "labels", "labels", lambda names: names.append("../../0"))


def damage_the_metadata(well: Path) -> None:
    path = well / "1" / ("zarr.json" if (well / "1" / "zarr.json").exists() else ".zattrs")
    path.write_text("{")


def register_one_of_two(well: Path) -> None:
    register(well / "1")


def change_the_table_between(well: Path) -> None:
    register(well / "1")
    regions = {"FOV_1": {"y": (0.0, 8.0), "x": (1.0, 20.0)}, "FOV_2": {"y": (8.0, 8.0)}}
    write_regions(well / "0", "registered", regions)
    register(well / "0")


def kill_an_owner(well: Path) -> None:
    owner = Holder(well, "1")
    owner.kill()
    # An image's owner holds two names; one is enough to look at.
    (well / ".plate-registration" / "1_registered.image.lock").unlink()


def kill_an_owner_of_the_well(well: Path) -> None:
    owner = Holder(well)
    owner.kill()


def kill_who_went_from_raw_to_registered(well: Path) -> None:
    owner = Holder(well, shared=own_registration)
    owner.kill()


REPAIRED = {
    "staging": (leave("staging"), "was interrupted left .1.plate-registration.staging"),
    "verified": (leave("verified"), ".1.plate-registration.verified"),
    "replaced": (leave("replaced"), ".1.plate-registration.replaced"),
    "half-done swap": (
        move_away,
        "in the middle of a swap: the image is in .1.plate-registration.replaced, .1.",
    ),
    "old one moved away": (move_away_only_the_old, "in the middle of a swap"),
    "result not listed": (take_the_result_from_the_list, "a registered image that its well does"),
    "dead owner": (kill_an_owner, "has ended without giving it back"),
    "dead owner of the well": (kill_an_owner_of_the_well, "has ended without giving it back"),
    "dead register": (kill_who_went_from_raw_to_registered, "has ended without giving it back"),
}

FOR_A_PERSON = {
    "rejected": (reject, "(array 0: shape is wrong)"),
    "only copy": (lose_both_but_the_verified, "may be the only copy"),
    "something else in the place": (put_something_else_there, "is not an image"),
    "listed image lost": (lose_the_image, "lists this image, but there is no such folder"),
    "listed image empty": (empty_the_image, "lists this image, but this is no image"),
    "level lost": (lose("1"), "level '1' is listed but is not there"),
    "label lost": (lose("labels/nuclei"), "label 'nuclei' is listed but is not there"),
    "level of a label lost": (lose("labels/nuclei/1"), "level '1' is listed but is not there"),
    "table lost": (lose("tables/features"), "table 'features' is listed but is not there"),
    "name that leads out": (list_a_name_that_leads_out, "label name '../../0' is not allowed"),
    "damaged metadata": (damage_the_metadata, "is not valid JSON"),
    "half-registered": (register_one_of_two, "image 0 is not registered beside 1"),
    "changed table": (change_the_table_between, "no frame that all of them are in"),
}


def cases(table: dict[str, tuple[Callable[[Path], None], str]]) -> Iterable[Any]:
    return [pytest.param(*row, id=name) for name, row in table.items()]


def wrong(findings: Iterable[Finding]) -> list[str]:
    return [str(finding) for finding in findings if finding.is_wrong]


@pytest.mark.parametrize("registered", ["not", "in place", "beside"])
def test_nothing_is_wrong_with_a_whole_plate(plate: Path, registered: str) -> None:
    if registered != "not":
        for name in ("1", "0"):
            register(well_of(plate) / name, overwrite_input=registered == "in place")
    before = snapshot(plate)
    assert examine_plate(plate) == ()
    assert repair_plate(plate) == ()
    assert snapshot(plate) == before


@pytest.mark.parametrize(("break_it", "told"), [*cases(REPAIRED), *cases(FOR_A_PERSON)])
def test_what_is_wrong_is_told_and_nothing_is_changed(
    well: Path, break_it: Callable[[Path], None], told: str
) -> None:
    plate = well.parent.parent
    break_it(well)
    before = snapshot(plate)
    (finding,) = wrong(examine_plate(plate))
    assert told in finding
    assert str(well) in finding
    assert snapshot(plate) == before


@pytest.mark.parametrize(("break_it", "told"), cases(REPAIRED))
def test_what_is_safe_is_repaired_and_told(
    plate: Path, break_it: Callable[[Path], None], told: str
) -> None:
    del told
    break_it(well_of(plate))
    done = repair_plate(plate)
    assert done
    assert all(message.startswith(str(well_of(plate))) for message in done)
    assert examine_plate(plate) == ()
    assert leftovers(well_of(plate)) == []
    assert repair_plate(plate) == ()


@pytest.mark.parametrize(("break_it", "told"), cases(FOR_A_PERSON))
def test_what_a_person_must_decide_is_left_as_it_is(
    plate: Path, break_it: Callable[[Path], None], told: str
) -> None:
    break_it(well_of(plate))
    before = digest_tree(plate)
    assert repair_plate(plate) == ()
    assert told in wrong(examine_plate(plate))[0]
    assert digest_tree(plate) == before


def test_an_image_in_use_is_left_alone_and_not_wrong(plate: Path) -> None:
    leave("staging")(well_of(plate))
    owner = Holder(well_of(plate), "1")
    found = examine_plate(plate)
    assert wrong(found) == []
    assert f"in use by process {owner.pid} on" in str(found[0])
    assert repair_plate(plate) == ()
    assert leftovers(well_of(plate)) == [".1.plate-registration.staging"]
    owner.let_go()
    assert len(wrong(examine_plate(plate))) == 1


def test_a_lost_well_is_told(plate: Path) -> None:
    shutil.rmtree(well_of(plate))
    (finding,) = wrong(examine_plate(plate))
    assert f"{well_of(plate)}: the plate lists this well, but there is no such folder" in finding


def test_what_is_a_link_out_of_its_place_is_told_as_a_registration_does(
    plate: Path, tmp_path: Path
) -> None:
    for below in ("1", "0/1"):
        path = well_of(plate) / below
        there = Path(shutil.move(path, tmp_path / below.replace("/", " ")))
        path.symlink_to(there)
    found = [str(finding) for finding in wrong(examine_plate(plate))]
    assert [path for path, _, told in (one.partition(": is, or") for one in found) if told] == [
        str(well_of(plate) / "0/1"),
        str(well_of(plate) / "1"),
    ]


def test_a_label_whose_pixel_size_contradicts_their_number_is_told(plate: Path) -> None:
    label = well_of(plate) / "1/labels/nuclei"
    path = label / ("zarr.json" if (label / "zarr.json").exists() else ".zattrs")
    content = json.loads(path.read_text())
    described = content["attributes"]["ome"] if path.name == "zarr.json" else content
    for dataset in described["multiscales"][0]["datasets"]:
        dataset["coordinateTransformations"] = [{"type": "scale", "scale": [2.0, 2.0]}]
    path.write_text(json.dumps(content))
    (finding,) = wrong(examine_plate(plate))
    assert f"{well_of(plate) / '1'}: label 'nuclei' has as many pixels (16 x 32)" in finding
    assert finding.endswith("; correct the scale in its coordinateTransformations")


def test_an_error_while_repairing_does_not_stop_the_rest(
    plate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(well_of(plate) / "0", well_of(plate) / ".0.plate-registration.staging")
    leave("staging")(well_of(plate))
    remove = Path.rmdir

    def refuse(path: Path) -> None:
        if path.name == ".0.plate-registration.discarded":
            raise PermissionError(13, "Permission denied", str(path))
        remove(path)

    monkeypatch.setattr(Path, "rmdir", refuse)
    first, second = repair_plate(plate)
    assert "could not be removed" in first
    assert "Permission denied" in first
    assert "removed it" in second
    assert len(wrong(examine_plate(plate))) == 1


def test_only_a_plate_can_be_examined(plate: Path) -> None:
    well = well_of(plate)
    with pytest.raises(InvalidInputError, match="is a well, but a plate is needed"):
        examine_plate(well)
    with pytest.raises(InvalidInputError, match="is a well, but a plate is needed"):
        repair_plate(well)


def test_the_doctor_starts_without_prefect_zarr_and_ngio() -> None:
    code = (
        "import sys, tasks.doctor.plate; "
        "sys.exit(bool({'prefect', 'zarr', 'ngio', 'numpy'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)  # noqa: S603 - ours
