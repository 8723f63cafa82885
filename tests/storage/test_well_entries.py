"""What plates and wells list, and how an image is added without losing anything."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
import zarr
from filelock import FileLock
from ngio import open_ome_zarr_plate, open_ome_zarr_well

from tasks.plan.errors import InvalidInputError, LockHeldError
from tasks.storage import well_entries
from tasks.storage.well_entries import WellImage, list_image, read_images, read_wells
from tests.forks import forks


def change_metadata(group: Path, **changes: Any) -> None:
    """Change NGFF metadata by hand, as other programs do."""
    path = group / ("zarr.json" if (group / "zarr.json").exists() else ".zattrs")
    content = json.loads(path.read_text())
    described = content["attributes"]["ome"] if path.name == "zarr.json" else content
    described.update(changes)
    path.write_text(json.dumps(content))


def metadata(group: Path) -> dict[str, Any]:
    attributes: dict[str, Any] = dict(zarr.open_group(group, mode="r").attrs)
    return attributes.get("ome", attributes)


def test_what_is_listed(well: Path) -> None:
    assert read_wells(well.parent.parent) == ("A/01",)
    assert read_images(well) == (
        WellImage(name="0", acquisition=0),
        WellImage(name="1", acquisition=1),
    )


def test_an_image_is_added_once_and_everything_else_is_kept(well: Path) -> None:
    images = [{"path": "0", "acquisition": 0, "operator": "Zoë"}, {"path": "1", "acquisition": 1}]
    described = {"images": images, "version": "0.4", "note": "kept"}
    change_metadata(well, well=described, custom={"nested": [1, None, 2.5]})
    before = metadata(well)
    assert list_image(well, "1_registered", 1)
    assert not list_image(well, "1_registered", 1)
    after = metadata(well)
    assert after["well"]["images"] == [*images, {"path": "1_registered", "acquisition": 1}]
    after["well"]["images"] = images
    assert after == before
    assert not [path.name for path in well.rglob("*.new")]


@pytest.mark.parametrize(
    "ended", list(permutations(["0_registered", "1_registered", "2"])), ids=str
)
def test_results_are_listed_in_the_order_of_their_images_whichever_ends_first(
    well: Path, ended: tuple[str, ...]
) -> None:
    for name in ended:
        list_image(well, name, 1)
    results = [image.name for image in read_images(well) if image.name.endswith("registered")]
    assert results == ["0_registered", "1_registered"]
    assert [image.name for image in read_images(well)][:2] == ["0", "1"]


@pytest.mark.parametrize("spelled", ["A/01", "A/01/", "./A/01", "A//01", "A\\01"])
def test_a_path_is_read_however_it_is_spelled(well: Path, spelled: str) -> None:
    change_metadata(well.parent.parent, plate={"wells": [{"path": spelled}]})
    assert read_wells(well.parent.parent) == ("A/01",)
    change_metadata(well, well={"images": [{"path": "./0/"}]})
    assert [image.name for image in read_images(well)] == ["0"]


@pytest.mark.parametrize("path", ["/A/01", "../p.zarr/A/01", "A/..", "", "."])
def test_a_well_elsewhere_is_refused_with_the_plate_that_lists_it(well: Path, path: str) -> None:
    plate = well.parent.parent
    change_metadata(plate, plate={"wells": [{"path": path}]})
    with pytest.raises(InvalidInputError, match=f"^{plate}: well name .* is not allowed"):
        read_wells(plate)


def test_an_image_without_acquisition(well: Path) -> None:
    change_metadata(well, well={"images": [{"path": "0"}]})
    assert read_images(well) == (WellImage(name="0", acquisition=None),)


@pytest.mark.parametrize(
    ("images", "why"),
    [
        ([{"path": "../../B/01/0"}], "not allowed"),
        ([{"path": "/etc"}], "not allowed"),
        ([{"acquisition": 1}], "without a path"),
        ([{"path": 0, "acquisition": 1}], "whose path is no text"),
        (["0", "1"], "lists '0' among its images, where an object with a path"),
        ([{"path": "0", "acquisition": "one"}], "no whole number"),
        ([{"path": "0", "acquisition": 0.5}], "no whole number"),
        ([{"path": "0", "acquisition": True}], "no whole number"),
        (
            [{"path": "0", "acquisition": 0}, {"path": "0/", "acquisition": 1}],
            "lists image '0' twice, with acquisition 0 and 1",
        ),
        ("0", "no list of images"),
    ],
)
def test_malformed_entries_are_refused(well: Path, images: Any, why: str) -> None:
    change_metadata(well, well={"images": images})
    with pytest.raises(InvalidInputError, match=why) as caught:
        read_images(well)
    assert str(well) in str(caught.value) or "image name" in str(caught.value)


def test_what_is_listed_twice_is_there_once_and_numbers_may_be_written_as_text(well: Path) -> None:
    images = [{"path": n, "acquisition": a} for n, a in (("0", 0.0), ("1", " 1"), ("0", "0"))]
    change_metadata(well, well={"images": images})
    assert read_images(well) == (
        WellImage(name="0", acquisition=0),
        WellImage(name="1", acquisition=1),
    )
    assert list_image(well, "0_registered", 0)
    assert [image["path"] for image in metadata(well)["well"]["images"]][-1] == "0_registered"
    change_metadata(well.parent.parent, plate={"wells": [{"path": "A/01"}, {"path": "A/01/"}]})
    assert read_wells(well.parent.parent) == ("A/01",)


def test_wells_that_lead_outside_are_refused(well: Path) -> None:
    plate = well.parent.parent
    change_metadata(plate, plate={"wells": [{"path": "../other.zarr/A/01"}]})
    with pytest.raises(InvalidInputError, match="well name"):
        read_wells(plate)


def test_processes_lose_no_entry(well: Path) -> None:
    names = [f"new{n}" for n in range(8)]
    processes = [forks.Process(target=list_image, args=(well, name, 1)) for name in names]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert {image.name for image in read_images(well)} == {"0", "1", *names}


@pytest.mark.parametrize("lock", ["plate.zarr.ngio-locks/A%2F01.lock", "A/01.ngio-locks/root.lock"])
def test_a_writer_that_goes_through_ngio_is_respected(
    well: Path, lock: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plate = well.parent.parent
    path = (plate.parent if "plate" in lock else plate) / lock
    path.parent.mkdir()
    monkeypatch.setattr(well_entries, "_NGIO_TIMEOUT", 0.1)
    with FileLock(path), pytest.raises(LockHeldError, match="ngio's lock"):
        list_image(well, "2", 1)
    assert list_image(well, "2", 1)


def lock_files(plate: Path) -> set[Path]:
    return {path for path in plate.parent.rglob("*") if "ngio-locks" in str(path)}


def test_our_lock_paths_are_those_of_ngio_and_go_again(
    well: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plate, held = well.parent.parent, set()
    write = well_entries.write_attributes

    def look(*args: Any, **kwargs: Any) -> None:
        held.update(path for path in lock_files(plate) if path.is_file())
        write(*args, **kwargs)

    monkeypatch.setattr(well_entries, "write_attributes", look)
    list_image(well, "2", 1)
    assert lock_files(plate) == set()
    by_plate = open_ome_zarr_plate(plate).get_well("A", 1)._group_handler.lock_path
    by_well = open_ome_zarr_well(well)._group_handler.lock_path
    assert held == {Path(by_plate), Path(by_well)}


def test_locks_that_ngio_made_stay(well: Path) -> None:
    plate = well.parent.parent
    open_ome_zarr_well(well).atomic_add_image("2", acquisition_id=1)
    before = lock_files(plate)
    assert before
    list_image(well, "3", 1)
    assert lock_files(plate) == before


def test_nothing_is_locked_where_an_image_is_listed(well: Path) -> None:
    path = well.with_name("01.ngio-locks") / "root.lock"
    path.parent.mkdir()
    with FileLock(path):
        assert not list_image(well, "1", 1)
    assert path.exists()
