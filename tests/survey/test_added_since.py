"""A result that somebody has worked in since it was made is not made again without a word."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tasks.plan.errors import InvalidInputError
from tasks.plan.request import RegistrationRequest
from tasks.survey.added_since import added_since, refuse_to_lose
from tasks.survey.build import build_plan
from tasks.survey.refused import refused_late
from tests.plates import (
    NgffVersion,
    add_feature_table,
    add_label,
    make_plate,
    read_levels,
    write_levels,
    write_regions,
)
from tests.registration import register

REQUEST = RegistrationRequest("registered", overwrite_input=False, min_covered=0.0)
ADDED = ("label 'nuclei'", "label 'cells'", "table 'sizes'", "'notes.txt'")


@pytest.fixture(params=["0.4", "0.5"])
def well(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a well whose results lie beside their originals."""
    version: NgffVersion = request.param
    well = make_plate(tmp_path / "plate.zarr", ngff_version=version) / "A" / "01"
    for name in ("0", "1"):
        write_regions(well / name, "registered", {"FOV_1": {"y": (2.0, 20.0)}})
        register(well / name, overwrite_input=False)
    return well


def work_in(result: Path) -> None:
    """Correct a label, segment another one, measure it, and leave a note."""
    (corrected, *_) = read_levels(result / "labels" / "nuclei")
    corrected[:, 4:9, 4:9] = 99
    write_levels(result / "labels" / "nuclei", corrected, order="nearest")
    add_label(result, "cells", np.ones((2, 64, 96), "uint32"), axes="zyx")
    add_feature_table(result, "sizes", "cells")
    (result / "notes.txt").write_text("field 3 is out of focus")


def test_what_a_run_has_written_is_nothing_added(well: Path) -> None:
    (well / "1_registered" / ".DS_Store").write_bytes(b"Bud1")
    for name in ("0", "1"):
        assert added_since(well / f"{name}_registered", well / name) == ()


def test_what_was_added_since_is_named_and_kept_unless_redo_is_asked_for(well: Path) -> None:
    work_in(well / "1_registered")
    assert added_since(well / "1_registered", well / "1") == ADDED
    write_regions(well / "0", "registered", {"FOV_1": {"y": (3.0, 19.0)}})
    plan = build_plan(well / "1", REQUEST)
    with pytest.raises(InvalidInputError, match=r"label 'cells'.*the regions of the ref.*redo"):
        refuse_to_lose(plan, redo=False)
    (told,) = refuse_to_lose(plan, redo=True)
    assert all(each in told for each in ADDED)


def test_a_label_of_the_original_that_is_new_there_is_nobodys_work_in_the_result(
    well: Path,
) -> None:
    add_label(well / "1", "cells", np.ones((2, 64, 96), "uint32"), axes="zyx")
    refuse_to_lose(build_plan(well / "1", REQUEST), redo=False)


def test_what_was_added_is_named_though_the_original_has_got_the_same_since(well: Path) -> None:
    for name in ("1", "1_registered"):
        add_label(well / name, "cells", np.ones((2, 64, 96), "uint32"), axes="zyx")
        add_feature_table(well / name, "sizes", "cells")
    assert added_since(well / "1_registered", well / "1") == ("label 'cells'", "table 'sizes'")


def test_a_table_that_was_worked_in_is_named(well: Path) -> None:
    regions = {"FOV_1": {"y": (2.0, 20.0)}}
    write_regions(well / "1_registered", "registered", regions, columns={"note": ["folded"]})
    assert added_since(well / "1_registered", well / "1") == ("table 'registered'",)


def test_no_result_of_the_well_is_made_again_if_one_was_worked_in(well: Path) -> None:
    work_in(well / "1_registered")
    assert refused_late(well, ["0"], ["1"], REQUEST) == {}
    write_regions(well / "0", "registered", {"FOV_1": {"y": (3.0, 19.0)}})
    (refused,) = refused_late(well, ["0"], ["1"], REQUEST).items()
    assert refused[0] == "1"
    assert "No other image of the well was touched" in refused[1]
    assert refused_late(well, ["0"], ["1"], REQUEST, redo=True) == {}


def test_records_that_do_not_say_what_was_made_tell_of_nothing(well: Path) -> None:
    result = well / "1_registered"
    file = next(f for f in (result / ".zattrs", result / "zarr.json") if f.is_file())
    content = json.loads(file.read_text())
    (content if file.name == ".zattrs" else content["attributes"])["plate_registration"].pop("made")
    file.write_text(json.dumps(content))
    work_in(result)
    assert added_since(result, well / "1") == ()
