"""One image through the flow: what it returns, what it writes, what it leaves alone."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State

from flows.image import apply_registration_to_image
from tasks.plan.errors import ChangedMeanwhileError, InvalidInputError, LockHeldError
from tasks.plan.registration_plan import RegistrationPlan
from tasks.plan.window import Interpolation
from tasks.settings import Settings
from tasks.storage.locks import own_image
from tasks.storage.verify import verify_staged
from tests.flows.conftest import LENGTHS, MOVES, TABLE
from tests.flows.snapshots import snapshot
from tests.interpolation_oracle import assert_is, moved
from tests.plates import read_levels, write_regions
from tests.trees import digest_tree

pytestmark = pytest.mark.usefixtures("prefect_server")

PIXEL = 0.5


def sliced(pixels: np.ndarray[Any, Any], acquisition: int) -> np.ndarray[Any, Any]:
    """Return what plain slicing of the one region gives."""
    result = np.zeros_like(pixels)
    (y, x), (to_y, to_x) = (
        tuple(round(start / PIXEL) for start in MOVES[number]) for number in (acquisition, 0)
    )
    height, width = (round(length / PIXEL) for length in LENGTHS)
    region = pixels[..., y : y + height, x : x + width]
    result[..., to_y : to_y + height, to_x : to_x + width] = region
    return result


def test_overwriting_moves_the_pixels_and_names_the_image(well: Path) -> None:
    before = read_levels(well / "1")[0]
    result = apply_registration_to_image(str(well / "1"), TABLE)

    assert result.model_dump(exclude_none=True) == {
        "image_list_updates": [{"zarr_url": str(well / "1")}]
    }
    np.testing.assert_array_equal(read_levels(well / "1")[0], sliced(before, 1))
    (report,) = result.reports
    assert (report.outcome, report.regions) == ("registered", 1)
    # 4 µm and 2 µm of 0.5 µm each; hypot(4, 2) = 4.47.
    assert report.largest_shift == report.smallest_shift == "y -8, x +4 px (4.47 µm)"
    assert report.seconds > 0
    assert report.bytes_written > 0


def test_a_new_image_stands_beside_its_origin(well: Path) -> None:
    before = digest_tree(well / "1")
    result = apply_registration_to_image(str(well / "1"), TABLE, overwrite_input=False)

    assert result.model_dump(exclude_none=True) == {
        "image_list_updates": [
            {"zarr_url": str(well / "1_registered"), "origin": str(well / "1")},
        ]
    }
    assert digest_tree(well / "1") == before
    expected = sliced(read_levels(well / "1")[0], 1)
    np.testing.assert_array_equal(read_levels(well / "1_registered")[0], expected)


@pytest.mark.parametrize("overwrite", [True, False])
def test_files_in_which_nothing_changes_are_shared_only_until_their_image_is_replaced(
    well: Path, overwrite: bool
) -> None:
    image = well / "0"
    write_regions(image, TABLE, {"FOV_1": {"y": (0.0, 1000.0), "x": (0.0, 1000.0)}})
    chunks = [
        path.relative_to(image)
        for level in (image / "0", image / "labels" / "nuclei" / "0")
        for path in level.rglob("*")
        if path.is_file() and not path.name.startswith((".", "zarr.json"))
    ]
    before = {chunk: (image / chunk).stat().st_ino for chunk in chunks}
    apply_registration_to_image(str(image), TABLE, overwrite_input=overwrite)

    result = image if overwrite else well / "0_registered"
    assert before
    for chunk, number in before.items():
        assert ((result / chunk).stat().st_ino == number) is overwrite
        assert (image / chunk).stat().st_nlink == (result / chunk).stat().st_nlink == 1


@pytest.mark.parametrize("overwrite", [True, False])
def test_a_second_run_is_skipped_and_a_redo_is_not(well: Path, overwrite: bool) -> None:
    def run(**changes: Any) -> State[Any]:
        return apply_registration_to_image(
            str(well / "1"), TABLE, overwrite_input=overwrite, return_state=True, **changes
        )

    first = run().result()
    output = well / ("1" if overwrite else "1_registered")
    done = snapshot(output)
    state = run()
    assert state.name == "Skipped"
    assert state.is_completed()
    assert "already registered" in (state.message or "")
    assert state.result().image_list_updates == first.image_list_updates
    assert snapshot(output) == done

    state = run(redo=True)
    assert state.name == "Completed"
    assert snapshot(output) != done


@pytest.mark.parametrize("overwrite", [True, False])
def test_a_dry_run_touches_nothing(
    well: Path, overwrite: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    plate = well.parent.parent
    monkeypatch.setattr("flows.image.refusals_to_come", lambda _: ("no room",))
    everything = snapshot(plate.parent)
    result = apply_registration_to_image(
        str(well / "1"), TABLE, overwrite_input=overwrite, dry_run=True
    )
    assert snapshot(plate.parent) == everything
    assert result.model_dump(exclude_none=True) == {"image_list_updates": []}
    (report,) = result.reports
    assert report.outcome == "planned"
    for told in (
        "y -8, x +4 px",
        "label     'nuclei': moves",
        "memory",
        "disk",
        str(well),
        "refused   no room",
    ):
        assert told in report.detail


@pytest.mark.parametrize(
    ("where", "reason"),
    [
        pytest.param("missing", "does not exist", id="nothing there"),
        pytest.param("plate", "is a plate, but an image is needed", id="a plate"),
        pytest.param("well", "is a well, but an image is needed", id="a well"),
        pytest.param("label", "is a label, but an image is needed", id="a label"),
        pytest.param("remote", "remote stores are not supported yet", id="a remote store"),
    ],
)
def test_a_wrong_path_is_named_before_anything_is_written(
    well: Path, where: str, reason: str
) -> None:
    url = {
        "missing": str(well / "7"),
        "plate": str(well.parent.parent),
        "well": str(well),
        "label": str(well / "1" / "labels" / "nuclei"),
        "remote": "s3://bucket/plate.zarr/A/01/1",
    }[where]
    before = snapshot(well.parent.parent.parent)
    with pytest.raises(InvalidInputError, match=reason):
        apply_registration_to_image(url, TABLE)
    assert snapshot(well.parent.parent.parent) == before


@pytest.mark.parametrize("form", ["relative", "trailing slash", "file URL", "spaces and unicode"])
def test_a_path_may_be_written_in_many_ways(
    well: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = well / "2"
    if form == "spaces and unicode":
        moved = well.parent.parent.with_name("Größe 3 µm プレート.zarr")
        well.parent.parent.rename(moved)
        image = moved / "A" / "01" / "2"
    monkeypatch.chdir(image.parent)
    url = {
        "relative": "./2",
        "trailing slash": f"{image}/",
        "file URL": image.as_uri(),
        "spaces and unicode": str(image),
    }[form]
    expected = sliced(read_levels(image)[0], 2)
    result = apply_registration_to_image(url, TABLE)
    assert result.image_list_updates[0].zarr_url == str(image)
    np.testing.assert_array_equal(read_levels(image)[0], expected)


def test_pixels_move_by_fractions_only_when_told_so(well: Path) -> None:
    (y, x), lengths = MOVES[1], LENGTHS
    box = {"y": (y + 0.3 * PIXEL, lengths[0]), "x": (x, lengths[1])}
    write_regions(well / "1", TABLE, {"FOV_1": box})
    before = read_levels(well / "1")[0]

    def run(kind: Interpolation) -> State[Any]:
        return apply_registration_to_image(
            str(well / "1"), TABLE, interpolation=kind, return_state=True
        )

    planned = apply_registration_to_image(
        str(well / "1"), TABLE, interpolation="cubic", dry_run=True
    )
    assert "fractions of a pixel by cubic interpolation" in planned.reports[0].detail
    state = run("cubic")
    assert state.result().reports[0].largest_shift == "y -8.30, x +4 px (4.61 µm)"
    found = read_levels(well / "1")[0]
    target = (..., slice(4, 44), slice(6, 66))
    assert_is(found[target], moved(before, (0, 0, -8.3, 4), "cubic")[target])
    assert np.any(found != sliced(before, 1))
    assert run("cubic").name == "Skipped"
    finished = digest_tree(well / "1")
    with pytest.raises(
        InvalidInputError, match=r"with interpolation='cubic'.*Restore the original"
    ):
        apply_registration_to_image(str(well / "1"), TABLE, redo=True)
    assert digest_tree(well / "1") == finished


def test_labels_stay_where_they_are_when_told_so(well: Path) -> None:
    before = read_levels(well / "1" / "labels" / "nuclei")
    result = apply_registration_to_image(str(well / "1"), TABLE, register_labels=False)
    after = read_levels(well / "1" / "labels" / "nuclei")
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    assert any("nuclei" in warning for warning in result.reports[0].warnings)


def test_an_image_that_another_run_owns_is_refused_with_its_holder(
    well: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.image.SETTINGS", Settings(lock_timeout_seconds=0))
    before = digest_tree(well / "1")
    with own_image(well, "1", timeout=0), pytest.raises(LockHeldError, match="process"):
        apply_registration_to_image(str(well / "1"), TABLE)
    assert digest_tree(well / "1") == before


def test_what_an_earlier_run_left_is_recovered_first(well: Path) -> None:
    # As if killed between its two renames, on a file system that cannot exchange.
    (well / "1").rename(well / ".1.plate-registration.replaced")
    expected = sliced(read_levels(well / ".1.plate-registration.replaced")[0], 1)
    result = apply_registration_to_image(str(well / "1"), TABLE)
    np.testing.assert_array_equal(read_levels(well / "1")[0], expected)
    assert [path.name for path in well.glob(".*")] == [path.name for path in well.glob(".z*")], (
        "neither hidden folders nor locks stay"
    )
    # For the terminal, not only for the log.
    assert any("put the old one back" in warning for warning in result.reports[0].warnings)


def test_what_appears_while_the_image_is_written_is_kept_and_named(
    well: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_a_table_meanwhile(plan: RegistrationPlan) -> None:
        write_regions(well / "1", "of another program", {"FOV_1": {}})
        verify_staged(plan)

    monkeypatch.setattr("tasks.finalize.verify_staged", write_a_table_meanwhile)
    with pytest.raises(ChangedMeanwhileError, match=r"tables/of another program \(new\)"):
        apply_registration_to_image(str(well / "1"), TABLE)
    assert (well / "1" / "tables" / "of another program").is_dir()
    assert [path.name for path in well.glob(".1.*")] == []


def test_hidden_folders_outside_a_well_are_not_ours(tmp_path: Path) -> None:
    (tmp_path / ".notes.plate-registration.staging").mkdir()
    with pytest.raises(InvalidInputError, match="does not exist"):
        apply_registration_to_image(str(tmp_path / "1"), TABLE)
    assert [path.name for path in tmp_path.iterdir()] == [".notes.plate-registration.staging"]


def test_a_full_disk_fails_at_once_and_leaves_the_original(
    well: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def full(*_args: Any, **_options: Any) -> None:
        calls.append(1)
        raise OSError(errno.ENOSPC, "No space left on device", str(well))

    monkeypatch.setattr("tasks.write_image.write_pyramid", full)
    before = digest_tree(well / "1")
    with pytest.raises(OSError, match="No space left"):
        apply_registration_to_image(str(well / "1"), TABLE)
    assert len(calls) == 1
    assert digest_tree(well / "1") == before


def test_the_run_tells_its_story(well: Path) -> None:
    state = apply_registration_to_image(str(well / "1"), TABLE, return_state=True)
    assert "1 region registered to 0" in (state.message or "")
    assert "y -8, x +4 px" in (state.message or "")
    run_id = state.state_details.flow_run_id
    assert run_id is not None
    with get_client(sync_client=True) as client:
        assert client.read_flow_run(run_id).name == "plate.zarr A/01/1"
