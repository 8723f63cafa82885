"""Small wells to stage, swap and break: each test works on a copy of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from tasks.plan.registration_plan import RegistrationPlan
from tasks.plan.request import RegistrationRequest
from tasks.plan.window import Interpolation
from tasks.survey.build import build_plan
from tests.plate_tables import add_feature_table, write_regions
from tests.plates import add_extras, make_plate
from tests.storage.disks import in_memory

NgffVersion = Literal["0.4", "0.5"]


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """Return a folder in memory, where there is such a place."""
    with in_memory() as folder:
        yield folder


@pytest.fixture(scope="session")
def plates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("plates")
    return {version: small_plate(folder / version, version) for version in ("0.4", "0.5")}


@pytest.fixture(params=["0.4", "0.5"])
def ngff_version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def well(plates: dict[str, Path], ngff_version: str, tmp_path: Path) -> Path:
    """Return a well with images 0 (reference) and 1, which lies 4 pixels to the right."""
    return Path(shutil.copytree(plates[ngff_version], tmp_path / "plate.zarr")) / "A" / "01"


@pytest.fixture
def plan(well: Path) -> RegistrationPlan:
    return make_plan(well)


@pytest.fixture
def beside(well: Path) -> RegistrationPlan:
    return make_plan(well, overwrite_input=False)


def make_plan(
    well: Path,
    image: str = "1",
    *,
    overwrite_input: bool = True,
    register_labels: bool = True,
    interpolation: Interpolation = "none",
) -> RegistrationPlan:
    return build_plan(
        well / image,
        RegistrationRequest(
            "registered",
            register_labels=register_labels,
            overwrite_input=overwrite_input,
            interpolation=interpolation,
        ),
    )


def small_plate(path: Path, version: NgffVersion) -> Path:
    make_plate(
        path,
        axes="yx",
        shape=(16, 32),
        chunks=(8, 16),
        levels=2,
        pixel_size=1.0,
        ngff_version=version,
    )
    for name, start in (("0", 0.0), ("1", 4.0)):
        image = path / "A" / "01" / name
        regions = {"FOV_1": {"y": (0.0, 8.0), "x": (start, 20.0)}, "FOV_2": {"y": (8.0, 8.0)}}
        write_regions(image, "registered", regions)
        add_feature_table(image, "features", "nuclei")
        add_extras(image)
    return path
