"""Regions of a reference are prepared once in a well, within a bound; nothing else changes."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tasks.estimate import match
from tasks.estimate.images import group_images
from tasks.estimate.options import EstimateOptions
from tasks.estimate.prepare import Prepared, UnusableRegionError, prepare
from tasks.estimate.propose import propose_image
from tasks.estimate.propose_well import propose_well
from tasks.estimate.references import References
from tests.estimate.samples import random
from tests.estimate.wells import STAIN, TABLE, make_well

SHIFTS = {0: [(0, 0)] * 2, 1: [(7, -5), (6, -4)], 2: [(-3, 9), (-4, 8)], 3: [(11, 2), (12, 3)]}
OPTIONS = EstimateOptions(wavelength_id=STAIN, level_path="0")


def region(seed: int = 0) -> Prepared:
    return prepare(random(70, seed).integers(0, 99, (1, 64, 64)))


def never() -> Prepared:
    raise AssertionError


def test_a_well_prepares_each_region_of_its_reference_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    well = make_well(tmp_path / "p.zarr", SHIFTS)
    alone = [propose_image(well / name, OPTIONS) for name in "123"]
    prepared: list[bytes] = []
    real = match.prepare_averaged

    def counted(values: Any, valid: Any, **options: Any) -> Prepared:
        prepared.append(values.tobytes())
        return real(values, valid, **options)

    monkeypatch.setattr(match, "prepare_averaged", counted)
    groups, _ = group_images(well, input_roi_table=TABLE, reference_acquisition=0)
    found = propose_well(groups, OPTIONS, redo=True, at_once=2, workers=2, lock_timeout=10)
    assert list(found.evidence) == alone
    # Two fields of the reference and of each of three images.
    assert len(prepared) == len(set(prepared)) == 2 * 4


def test_what_was_not_used_for_longest_is_forgotten() -> None:
    one = region()
    size = one.values.nbytes + one.sharp.nbytes
    references = References(most=2 * size)
    for name in ("a", "b"):
        references.get(name, region)
    assert references.get("a", never) is references.get("a", never)
    references.get("c", region)
    assert references.get("a", never).values.shape == references.get("c", never).values.shape
    with pytest.raises(AssertionError):
        references.get("b", never)


def test_a_region_that_is_being_made_is_waited_for() -> None:
    references, begun, asked = References(), threading.Event(), threading.Event()

    def slowly() -> Prepared:
        begun.set()
        assert asked.wait(20)
        return region()

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(references.get, "a", slowly)
        assert begun.wait(20)
        second = threads.submit(references.get, "a", never)
        asked.set()
        assert first.result(20) is second.result(20)


def test_a_region_that_cannot_be_compared_is_told_of_every_time() -> None:
    references = References()
    for _ in range(2):
        with pytest.raises(UnusableRegionError):
            references.get("a", lambda: prepare(np.zeros((1, 64, 64))))
