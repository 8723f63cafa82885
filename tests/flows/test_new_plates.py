"""New plates are registered by themselves, once; what fails is given up, and others go on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flows.new_plates import register_new_plates
from flows.results.failures import ImagesFailedError
from tasks.storage.provenance import read_provenance
from tasks.watch.attempts import NAME, alone_on
from tests.estimate.wells import STAIN, TABLE, make_well
from tests.trees import digest_tree

pytestmark = pytest.mark.usefixtures("prefect_server")

SHIFTS = {0: [(0.0, 0.0)] * 2, 1: [(9.0, -7.0)] * 2}
TOLD: dict[str, Any] = {"input_roi_table": TABLE, "level_path": "0", "settle_minutes": 0}


def look(folder: Path, **others: Any) -> Any:
    return register_new_plates([str(folder)], STAIN, **{**TOLD, **others})


def test_what_comes_is_registered_once_and_what_fails_is_given_up(tmp_path: Path) -> None:
    incoming = tmp_path / "incoming"
    incoming.mkdir()
    good = make_well(incoming / "good.zarr", SHIFTS)
    # The second acquisition shows nothing.
    dark = make_well(incoming / "dark.zarr", SHIFTS, empty=[(1, 0), (1, 1)])
    before = digest_tree(dark / "1" / "0")

    unsettled = look(incoming, settle_minutes=60)
    assert unsettled.image_list_updates == []
    assert set(unsettled.waiting) == {str(good.parent.parent), str(dark.parent.parent)}
    assert read_provenance(good / "1") is None

    with (
        alone_on(incoming / "good.registration"),
        pytest.raises(ImagesFailedError, match=r"1 plate taken up; .*dark\.zarr"),
    ):
        look(incoming, max_attempts=2)
    assert read_provenance(good / "1") is None
    assert (incoming / "dark.registration" / NAME).is_file()

    with pytest.raises(ImagesFailedError, match=r"2 plates taken up; images: 2 registered"):
        look(incoming, max_attempts=2)
    assert read_provenance(good / "1") is not None
    done = digest_tree(good)

    last = look(incoming, max_attempts=2)
    assert last.image_list_updates == []
    (reason,) = last.waiting.values()
    assert "failed 2 times" in reason
    assert "dark.zarr A/01" in reason
    assert digest_tree(good) == done
    assert read_provenance(dark / "1") is None
    assert digest_tree(dark / "1" / "0") == before
    assert not (incoming / "good.registration" / NAME).exists()
