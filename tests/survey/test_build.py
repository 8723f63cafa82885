"""The plan says what will be done, or says by name why it cannot."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.plan.errors import InvalidInputError, UnsupportedStoreError
from tasks.plan.registration_plan import RegistrationPlan
from tasks.plan.request import RegistrationRequest
from tasks.survey.build import build_plan
from tests.plates import add_image_to_well, add_label, label_pixels, make_plate, write_regions
from tests.registration import register
from tests.trees import digest_tree

REFERENCE = {"FOV_1": {"y": (2.0, 20.0), "x": (3.0, 40.0)}}
MOVED = {"FOV_1": {"y": (5.0, 20.0), "x": (1.0, 40.0)}}


@pytest.fixture
def well(tmp_path: Path) -> Path:
    plate = make_plate(tmp_path / "plate.zarr")
    write_regions(plate / "A/01/0", "registered", REFERENCE)
    write_regions(plate / "A/01/1", "registered", MOVED)
    return plate / "A/01"


def plan(image: str | Path, **options: object) -> RegistrationPlan:
    return build_plan(image, RegistrationRequest("registered", **options))  # type: ignore[arg-type]


def test_the_plan_is_in_whole_pixels(well: Path) -> None:
    made = plan(well / "1")
    (shift,) = made.image.shifts
    # Half a micrometer per pixel: the region moves by -3 um in y and +2 um in x.
    assert shift.offset == (0, 0, -6, 4)
    assert shift.source.start == (0, 0, 10, 2)
    assert shift.target.start == (0, 0, 4, 6)
    assert shift.source.shape == (2, 2, 40, 80)
    assert made.labels[0].shifts[0].offset == (0, -6, 4)
    assert made.labels[0].resampling == "nearest"
    assert [level.shape for level in made.image.levels] == [
        (2, 2, 64, 96),
        (2, 2, 32, 48),
        (2, 2, 16, 24),
    ]
    assert (made.plate, made.well, made.image_name) == ("plate", "A/01", "1")
    assert made.output_path == well / "1"
    assert made.warnings == ()


def test_the_plan_survives_json_and_stays_small(well: Path) -> None:
    made = plan(well / "1")
    text = made.model_dump_json()
    assert RegistrationPlan.model_validate_json(text) == made
    assert len(text) < 5_000


def test_planning_touches_nothing(well: Path) -> None:
    before = digest_tree(well.parent.parent)
    plan(well / "1")
    assert digest_tree(well.parent.parent) == before


def test_the_reference_moves_nowhere(well: Path) -> None:
    made = plan(well / "0")
    assert made.reference_path == made.image_path
    assert made.image.shifts[0].is_identity


def test_fractions_are_planned_for_the_image_and_not_for_its_labels(well: Path) -> None:
    write_regions(well / "1", "registered", {"FOV_1": {"y": (5.1, 20.0), "x": (1.0, 40.0)}})
    made = plan(well / "1", interpolation="linear")
    (shift,) = made.image.shifts
    assert made.image.interpolation == "linear"
    assert (shift.offset, shift.fraction) == ((0, 0, -6, 4), (0.0, 0.0, -0.2, 0.0))
    whole = plan(well / "1")
    assert made.labels == whole.labels
    assert made.image.shifts[0].source == whole.image.shifts[0].source


@pytest.mark.parametrize("kind", ["linear", "cubic"])
def test_there_is_nothing_between_true_and_false(tmp_path: Path, kind: str) -> None:
    well = make_plate(tmp_path / "plate.zarr", dtype="bool", labels=()) / "A/01"
    write_regions(well / "0", "registered", REFERENCE)
    write_regions(well / "1", "registered", MOVED)
    assert plan(well / "1").image.interpolation == "none"
    with pytest.raises(InvalidInputError, match=r"A/01/1: .*type bool.*interpolation='none'"):
        plan(well / "1", interpolation=kind)


def test_beside_the_input(well: Path) -> None:
    made = plan(well / "1", overwrite_input=False)
    assert made.output_path == well / "1_registered"
    assert not made.overwrites_input


def test_unregistered_labels_have_no_shift_and_are_told(well: Path) -> None:
    made = plan(well / "1", register_labels=False)
    assert made.labels[0].shifts == ()
    assert "nuclei are carried over unshifted" in made.warnings[0]


def test_a_coarser_2d_label_moves_on_its_own_grid(well: Path) -> None:
    add_label(
        well / "1",
        "coarse",
        label_pixels((16, 24), "uint16", 1),
        axes="yx",
        pixel_size=2.0,
        levels=1,
    )
    coarse = next(label for label in plan(well / "1").labels if label.name == "coarse")
    # It is read 3 um, 1.5 of its pixels, further down: halves go up. 2 um are 1 pixel.
    assert coarse.shifts[0].offset == (-2, 1)


@pytest.mark.parametrize(
    "spelled",
    [
        pytest.param(lambda p: str(p) + "/", id="trailing slash"),
        pytest.param(lambda p: f"file://{p}", id="file URL"),
        pytest.param(lambda p: f"{p.parent}/./{p.name}", id="dot"),
        pytest.param(lambda p: p, id="Path"),
    ],
)
def test_ways_to_write_the_path(well: Path, spelled: Callable[[Path], str | Path]) -> None:
    assert plan(spelled(well / "1")).image_path == well / "1"


def test_relative_paths_and_unicode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plate = make_plate(tmp_path / "Größe µ 1" / "my plate.zarr")
    write_regions(plate / "A/01/0", "registered", REFERENCE)
    write_regions(plate / "A/01/1", "registered", MOVED)
    monkeypatch.chdir(plate.parent)
    made = plan("my plate.zarr/A/01/1")
    assert made.image_path == plate / "A/01/1"
    assert made.plate == "my plate"


def region_over_the_edge(well: Path) -> None:
    write_regions(well / "1", "registered", {"FOV_1": {"y": (25.0, 20.0), "x": (1.0, 40.0)}})


def region_only_here(well: Path) -> None:
    write_regions(well / "1", "registered", {**MOVED, "FOV_9": MOVED["FOV_1"]})


def second_reference(well: Path) -> None:
    shutil.copytree(well / "0", well / "0_illum_corr")
    add_image_to_well(well, "0_illum_corr", 0)


def with_scale(well: Path, scale: list[float] | None) -> Path:
    metadata = well / "1/.zattrs"
    described = json.loads(metadata.read_text())
    for dataset in described["multiscales"][0]["datasets"]:
        dataset["coordinateTransformations"] = scale and [{"type": "scale", "scale": scale}]
    metadata.write_text(json.dumps(described))
    return well / "1"


def larger_pixels(well: Path) -> None:
    with_scale(well, [1, 1, 0.625, 0.5])


@pytest.mark.parametrize(
    ("change", "warning"),
    [
        (region_over_the_edge, "region 'FOV_1' reaches over the edge .* cut by 26 y pixels"),
        (region_only_here, "region 'FOV_9' is in .* but not in the reference"),
        (second_reference, "'0' was taken as the reference"),
        (larger_pixels, "A/01/1: its pixels are 0.625 micrometers along y, .* reference 0 are 0.5"),
    ],
)
def test_what_a_person_should_know(
    well: Path, change: Callable[[Path], None], warning: str
) -> None:
    change(well)
    made = plan(well / "1")
    assert any(re.search(warning, text) for text in made.warnings), made.warnings
    assert all(move.source.shape == move.target.shape for move in made.image.shifts)


def outside(well: Path) -> Path:
    write_regions(well / "1", "registered", {"FOV_1": {"y": (500.0, 20.0), "x": (1.0, 40.0)}})
    return well / "1"


def without_table(well: Path) -> Path:
    shutil.rmtree(well / "1/tables")
    return well / "1"


def reference_without_table(well: Path) -> Path:
    shutil.rmtree(well / "0/tables")
    return well / "1"


def other_names(well: Path) -> Path:
    write_regions(well / "1", "registered", {"FOV_2": MOVED["FOV_1"]})
    return well / "1"


def level_gone(well: Path) -> Path:
    shutil.rmtree(well / "1/1")
    return well / "1"


def label_gone(well: Path) -> Path:
    shutil.rmtree(well / "1/labels/nuclei")
    return well / "1"


def level_outside(well: Path) -> Path:
    metadata = well / "1/.zattrs"
    described = json.loads(metadata.read_text())
    described["multiscales"][0]["datasets"][1]["path"] = "../0/1"
    metadata.write_text(json.dumps(described))
    return well / "1"


def unlisted(well: Path) -> Path:
    shutil.copytree(well / "1", well / "2")
    return well / "2"


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda well: well / "nope", r"nope does not exist; give the folder of an image"),
        (lambda well: well, r"A/01 is a well, but an image is needed"),
        (lambda well: well.parent.parent, r"plate\.zarr is a plate, but an image is needed"),
        (lambda well: well / "1/labels/nuclei", r"is a label, but an image is needed"),
        (outside, r"region 'FOV_1' lies outside the image of 2 c x 2 z x 64 y x 96 x pixels"),
        (without_table, r"A/01/1 has no table 'registered'.*Find Registration Consensus"),
        (reference_without_table, r"A/01/0 has no table 'registered'"),
        (other_names, "A/01/1 lacks the regions FOV_1 that"),
        (level_gone, r"A/01/1/1: pyramid level is listed but cannot be read"),
        (label_gone, r"A/01/1: label 'nuclei' is listed but cannot be read"),
        (level_outside, r"names the pyramid level '\.\./0/1', which lies outside"),
        (lambda well: with_scale(well, None), r"reference 0 are 0\.5 x 0\.5, and 1 has no size"),
        (unlisted, r"does not list image '2'.* it lists 0, 1"),
    ],
)
def test_bad_input_is_refused_by_name(
    well: Path, broken: Callable[[Path], Path], message: str
) -> None:
    image = broken(well)
    with pytest.raises(InvalidInputError, match=message):
        plan(image)


def test_unknown_acquisition(well: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"acquisition 7; the acquisitions .* are 0, 1"):
        plan(well / "1", reference_acquisition=7)


def test_the_reference_has_left_no_label_behind(well: Path) -> None:
    register(well / "0", register_labels=False)
    assert plan(well / "0").labels[0].shifts[0].is_identity


def test_remote_stores_are_refused() -> None:
    with pytest.raises(UnsupportedStoreError, match="not supported yet"):
        plan("s3://bucket/plate.zarr/A/01/1")
