"""No name in metadata and no symbolic link leads a run out of the well; nothing is unpickled."""

from __future__ import annotations

import json
import os
import pickle
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tasks.plan.errors import RegistrationError
from tests.flows.snapshots import snapshot
from tests.runs import Run, run_image
from tests.storage.steps import leftovers
from tests.trees import digest_tree

Attack = Callable[[Path, Path], None]
"""Called with the well and a folder outside the plate."""


def edit(group: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a group's attributes by hand: NGFF's own, and all others."""
    path = group / ("zarr.json" if (group / "zarr.json").exists() else ".zattrs")
    content = json.loads(path.read_text())
    attributes = content["attributes"] if path.name == "zarr.json" else content
    change(attributes.setdefault("ome", {}) if path.name == "zarr.json" else attributes)
    change(attributes)
    path.write_text(json.dumps(content))


def reference_named(name: str) -> Attack:
    def attack(well: Path, outside: Path) -> None:
        path = name.format(outside=outside)

        def change(attributes: dict[str, Any]) -> None:
            if "well" in attributes:
                attributes["well"]["images"][0]["path"] = path

        edit(well, change)

    return attack


def level_named(name: str, pyramid: str = "1") -> Attack:
    def attack(well: Path, outside: Path) -> None:
        def change(attributes: dict[str, Any]) -> None:
            for scales in attributes.get("multiscales", []):
                scales["datasets"][1]["path"] = name.format(outside=outside)

        edit(well / pyramid, change)

    return attack


def listed(group: str, name: str) -> Attack:
    def attack(well: Path, outside: Path) -> None:
        def change(attributes: dict[str, Any]) -> None:
            if group in attributes:
                attributes[group].append(name.format(outside=outside))

        edit(well / "1" / group, change)

    return attack


def linked(inside: str, to: str = "{outside}/image") -> Attack:
    """Put a link to the outside in the place of a folder or file of the well."""

    def attack(well: Path, outside: Path) -> None:
        path = well / inside
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        path.parent.mkdir(exist_ok=True)
        path.symlink_to(to.format(outside=outside))

    return attack


ATTACKS = {
    "reference ../": reference_named("../../../outside/image"),
    "reference absolute": reference_named("{outside}/image"),
    "reference .": reference_named("."),
    "level ../": level_named("../0/0"),
    "level far ../": level_named("../../../../outside/image/1"),
    "level absolute": level_named("{outside}/image/1"),
    "label's level ../": level_named("../../../0/0", "1/labels/nuclei"),
    "label's level absolute": level_named("{outside}/image/1", "1/labels/nuclei"),
    "label ../": listed("labels", "../../0/labels/nuclei"),
    "label far ../": listed("labels", "../../../../../outside/image/labels/nuclei"),
    "label absolute": listed("labels", "{outside}/image/labels/nuclei"),
    "label inside the image": listed("labels", "../labels/nuclei"),
    "table ../": listed("tables", "../../0/tables/features"),
    "table absolute": listed("tables", "{outside}/image/tables/features"),
    "image is a link": linked("1"),
    "reference is a link": linked("0"),
    "level is a link": linked("1/1", "{outside}/image/1"),
    "labels are a link": linked("1/labels", "{outside}/image/labels"),
    "label is a link": linked("1/labels/nuclei", "{outside}/image/labels/nuclei"),
    "tables are a link": linked("1/tables", "{outside}/image/tables"),
    "table is a link": linked("1/tables/features", "{outside}/image/tables/features"),
    "reference's tables are a link": linked("0/tables", "{outside}/image/tables"),
    "an extra folder is a link": linked("1/extra", "{outside}"),
    "an extra file is a link": linked("1/secret.txt", "{outside}/secret.txt"),
    "locks are a link": linked(".plate-registration", "{outside}"),
    "a well's lock is a link": linked(".plate-registration/well.lock", "{outside}/secret.txt"),
    "a lock is a link": linked(".plate-registration/1.image.lock", "{outside}/secret.txt"),
}


@pytest.fixture
def outside(well: Path, tmp_path: Path) -> Path:
    """Return a folder that no run may touch: with an image, so that a way there would work."""
    folder = tmp_path / "outside"
    shutil.copytree(well / "0", folder / "image")
    (folder / "secret.txt").write_text("the only copy")
    return folder


@pytest.mark.parametrize("overwrite_input", [True, False], ids=["in place", "beside"])
@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_no_way_leads_outside(
    well: Path, outside: Path, attack: Attack, overwrite_input: bool
) -> None:
    attack(well, outside)
    before, kept = snapshot(outside), images(well)
    with pytest.raises((RegistrationError, OSError)) as caught:
        run_image(Run(well / "1", overwrite_input=overwrite_input, lock_timeout=0))
    assert str(well) in str(caught.value) or "name '" in str(caught.value)
    assert snapshot(outside) == before
    assert images(well) == kept
    assert not (well / "1_registered").exists()
    assert leftovers(well) in (
        [],
        [".1.plate-registration.staging"],
        [".1_registered.plate-registration.staging"],
    )


def images(well: Path) -> dict[str, dict[str, str]]:
    return {name: digest_tree(well / name) for name in ("0", "1")}


def test_links_left_where_a_run_writes_are_removed_not_followed(well: Path, outside: Path) -> None:
    before = snapshot(outside)
    for name in (
        ".1.plate-registration.staging",
        ".1.plate-registration.verified",
        ".1_registered.plate-registration.staging",
    ):
        (well / name).symlink_to(outside)
    (well / ".attributes.plate-registration.new").symlink_to(outside / "secret.txt")
    run_image(Run(well / "1", overwrite_input=False))
    assert snapshot(outside) == before
    assert leftovers(well) == []
    assert (well / "1_registered").is_dir()


class Trap:
    """An object that leaves a trace where it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.trace),)


@pytest.mark.parametrize("where", ["1/0", "1/1", "1/labels/nuclei/0", "1/tables/trap/x"])
@pytest.mark.parametrize(
    "storage",
    [
        {"dtype": "<u2", "compressor": {"id": "pickle"}, "filters": None},
        {"dtype": "|O", "compressor": None, "filters": [{"id": "pickle"}]},
        {"dtype": "|O", "compressor": {"id": "pickle"}, "filters": [{"id": "vlen-utf8"}]},
    ],
    ids=["compressor", "filter", "compressed text"],
)
def test_nothing_is_unpickled(
    plates: dict[str, Path], tmp_path: Path, where: str, storage: dict[str, Any]
) -> None:
    well = Path(shutil.copytree(plates["0.4"], tmp_path / "plate.zarr")) / "A" / "01"
    array, trace = well / where, tmp_path / "trace"
    described = {"zarr_format": 2, "order": "C", "fill_value": None, "dimension_separator": "/"}
    described |= {"shape": [16, 32], "chunks": [16, 32], **storage}
    shutil.rmtree(array, ignore_errors=True)
    (array / "0").mkdir(parents=True)
    (array / ".zarray").write_text(json.dumps(described))
    (array / "0" / "0").write_bytes(pickle.dumps(Trap(trace)))
    if "tables" in where:
        listed("tables", "trap")(well, tmp_path)
        (array.parent / ".zgroup").write_text('{"zarr_format": 2}')
        table = {"encoding-type": "anndata", "encoding-version": "0.1.0", "backend": "anndata"}
        (array.parent / ".zattrs").write_text(json.dumps(table | {"type": "generic_table"}))
        array.rename(array.with_name("X"))
    # A table that is only copied is not opened, and may be copied as it is.
    refused = suppress(Exception) if "tables" in where else pytest.raises(Exception)  # noqa: PT011 - any error will do, as long as it is one
    with refused:
        run_image(Run(well / "1"))
    assert not trace.exists()
    # The trap works: it is only never sprung.
    pickle.loads(pickle.dumps(Trap(trace)))  # noqa: S301 - our own
    assert trace.exists()
