"""Consolidated metadata of a result says what the result is; zarr reads it as its own."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest
import zarr
from zarr.errors import ZarrUserWarning

from tasks.storage.consolidated import consolidate, drop_consolidated, has_consolidated
from tests.registration import register
from tests.trees import digest_tree

# zarr warns of every file and folder that is not its own, such as a table's.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Object at .* is not recognized:zarr.errors.ZarrUserWarning"
)


@pytest.fixture
def image(well: Path) -> Path:
    return well / "1"


def consolidate_by_zarr(group: Path) -> None:
    with warnings.catch_warnings():
        # Format 3 does not yet specify consolidated metadata.
        warnings.simplefilter("ignore", ZarrUserWarning)
        zarr.consolidate_metadata(group)


def nodes(group: Path, *, consolidated: bool) -> dict[str, Any]:
    opened = zarr.open_group(group, mode="r", use_consolidated=consolidated)
    found = dict(opened.members(max_depth=None))
    return {path: (type(node).__name__, dict(node.attrs)) for path, node in found.items()}


def test_zarr_reads_ours_as_what_is_there(image: Path) -> None:
    consolidate(image)
    assert nodes(image, consolidated=True) == nodes(image, consolidated=False)
    assert nodes(image, consolidated=True)


def test_it_says_what_zarrs_own_says(image: Path) -> None:
    consolidate(image)
    ours = nodes(image, consolidated=True)
    drop_consolidated(image)
    consolidate_by_zarr(image)
    assert nodes(image, consolidated=True) == ours


def test_dropping_it_gives_back_what_was_before(image: Path) -> None:

    def content() -> dict[str, Any]:
        return {str(p): json.loads(p.read_text()) for p in image.rglob("*.json")} | digest_rest()

    def digest_rest() -> dict[str, str]:
        return {p: d for p, d in digest_tree(image).items() if not p.endswith(".json")}

    before = content()
    assert not has_consolidated(image)
    consolidate(image)
    assert has_consolidated(image)
    drop_consolidated(image)
    assert not has_consolidated(image)
    assert content() == before


def test_a_result_is_consolidated_if_its_source_was(image: Path) -> None:
    consolidate_by_zarr(image)
    result = register(image).output_path
    assert has_consolidated(result)
    assert nodes(result, consolidated=True) == nodes(result, consolidated=False)
    assert "plate_registration" in zarr.open_consolidated(result).attrs


def test_a_result_is_not_consolidated_if_its_source_was_not(image: Path) -> None:
    assert not has_consolidated(register(image).output_path)
