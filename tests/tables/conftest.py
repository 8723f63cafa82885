"""Images in both versions of the format, in the state in which their tables are written."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Literal

import pytest

from tests.tables.regions_of_images import Images, new_image


@pytest.fixture(params=["0.4", "0.5"])
def version(request: pytest.FixtureRequest) -> Literal["0.4", "0.5"]:
    chosen: Literal["0.4", "0.5"] = request.param
    return chosen


@pytest.fixture
def images(tmp_path: Path, version: Literal["0.4", "0.5"]) -> Images:
    """The image, its reference, and the staged image as staging leaves it: without tables."""
    well = tmp_path / "plate é.zarr" / "A" / "01"
    image = new_image(well / "1", version)
    reference = Path(shutil.copytree(image, well / "0"))
    return image, reference, Path(shutil.copytree(image, well / ".1.plate-registration.staging"))
