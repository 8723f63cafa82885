"""The staged image has everything of the source but what is written anew."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import zarr

from tasks.plan.errors import InvalidInputError
from tasks.plan.registration_plan import RegistrationPlan
from tasks.storage.staging import stage_labels, start_staging
from tests.plate_tables import write_regions
from tests.plates import make_plate
from tests.storage.conftest import make_plan
from tests.trees import digest_tree


def carried_over(image: Path) -> dict[str, str]:
    """Digests of all that is neither a label, a table, nor a chunk of the levels `0` and `1`."""
    return {
        path: digest
        for path, digest in digest_tree(image).items()
        if not path.startswith(("labels/", "tables/"))
        and (
            path.split("/")[0] not in "01"
            or path.split("/")[1] in (".zarray", ".zattrs", "zarr.json")
        )
    }


def test_everything_but_chunks_labels_and_tables(plan: RegistrationPlan) -> None:
    before = digest_tree(plan.image_path)
    staged = start_staging(plan)
    assert digest_tree(staged) == carried_over(plan.image_path)
    assert "OME/METADATA.ome.xml" in digest_tree(staged)
    assert staged.parent == plan.image_path.parent
    assert digest_tree(plan.image_path) == before


def test_a_staged_level_is_an_empty_array(plan: RegistrationPlan) -> None:
    staged = zarr.open_array(start_staging(plan) / "0", mode="r")
    source = zarr.open_array(plan.image_path / "0", mode="r")
    assert staged.metadata == source.metadata
    assert not np.any(staged[...])


@pytest.mark.parametrize("separator", ["/", "."])
@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_chunks_of_any_naming_are_left_out(tmp_path: Path, separator: str, version: str) -> None:
    plate = make_plate(
        tmp_path / "p.zarr",
        axes="yx",
        shape=(16, 32),
        chunks=(8, 16),
        levels=2,
        separator=separator,
        ngff_version=version,
    )
    well = plate / "A" / "01"
    for name in "01":
        write_regions(well / name, "registered", {"all": {}})
    (well / "1" / "0" / "README").write_text("not a chunk")
    staged = start_staging(make_plan(well))
    names = {path.name for path in (staged / "0").iterdir()}
    assert names in ({".zarray", ".zattrs", "README"}, {"zarr.json", "README"})


def test_what_an_earlier_attempt_left_is_removed(plan: RegistrationPlan) -> None:
    staged = start_staging(plan)
    (staged / "0" / "0").mkdir()
    (staged / "0" / "0" / "0").write_bytes(b"old")
    assert digest_tree(start_staging(plan)) == carried_over(plan.image_path)


def test_shifted_labels_have_no_chunks_and_staging_them_again_is_the_same(
    plan: RegistrationPlan,
) -> None:
    staged = start_staging(plan)
    for _ in range(2):
        stage_labels(plan)
        found = digest_tree(staged / "labels")
        source = digest_tree(plan.image_path / "labels")
        assert {path: source[path] for path in found} == found
        assert {Path(path).name for path in found} <= {".zgroup", ".zattrs", ".zarray", "zarr.json"}
        (staged / "labels" / "nuclei" / "0" / "torn").write_bytes(b"")


def test_unshifted_labels_are_copied_whole(well: Path) -> None:
    plan = make_plan(well, register_labels=False)
    staged = start_staging(plan)
    stage_labels(plan)
    assert digest_tree(staged / "labels") == digest_tree(plan.image_path / "labels")


def test_a_link_inside_the_image_becomes_its_content(plan: RegistrationPlan) -> None:
    (plan.image_path / "OME" / "link.xml").symlink_to("METADATA.ome.xml")
    copied = start_staging(plan) / "OME" / "link.xml"
    assert not copied.is_symlink()
    assert copied.read_text() == "<OME/>"


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("../../../../secret", "outside the image"),
        ("/etc/hostname", "absolute"),
        ("OME", "a folder"),
        ("nowhere", "dangling"),
    ],
)
def test_other_links_are_refused_before_anything_is_written(
    plan: RegistrationPlan, target: str, why: str
) -> None:
    (plan.image_path / "link").symlink_to(target)
    with pytest.raises(InvalidInputError, match="symbolic link"):
        start_staging(plan)
    assert not [p for p in plan.image_path.parent.iterdir() if p.name.endswith(".staging")], why


def test_pipes_are_refused(plan: RegistrationPlan) -> None:
    os.mkfifo(plan.image_path / "pipe")
    with pytest.raises(InvalidInputError, match="neither a file nor a folder"):
        start_staging(plan)


def test_an_image_that_is_a_link_is_not_replaced(plan: RegistrationPlan, tmp_path: Path) -> None:
    plan.image_path.rename(tmp_path / "elsewhere")
    plan.image_path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InvalidInputError, match="symbolic link"):
        start_staging(plan)


def test_consolidated_metadata_is_not_carried_over(plan: RegistrationPlan) -> None:
    image = plan.image_path
    (image / ".zmetadata").write_text("{}")
    if (image / "zarr.json").exists():
        content = json.loads((image / "zarr.json").read_text())
        content["consolidated_metadata"] = {"kind": "inline", "metadata": {"0": {}}}
        (image / "zarr.json").write_text(json.dumps(content))
        (image / ".zmetadata").unlink()
    staged = start_staging(plan)
    assert not (staged / ".zmetadata").exists()
    assert zarr.open_group(staged, mode="r").metadata.consolidated_metadata is None
