"""Field shifts of plates whose movement is known."""

from __future__ import annotations

import numpy as np

from tasks.movement.evidence import Candidate, Proposal, Translation
from tasks.movement.field_shifts import FieldShifts

SIDE = 350.0
PUT_BACK = (3.0, 80.0, -45.0)
"""Micrometers along z, y, x at the plate's first well."""


def moved_plate(
    *,
    rows: int = 4,
    columns: int = 6,
    fields: int = 4,
    turn: float = 0.0,
    wells_noise: float = 0.0,
    fields_noise: float = 0.0,
    pitch: float = 9000.0,
    seed: int = 0,
) -> FieldShifts:
    """Return a plate's shifts: a translation, a turn, and what stages do."""
    rng = np.random.default_rng(seed)
    wells = np.repeat(np.arange(rows * columns), fields)
    number = np.tile(np.arange(fields), rows * columns)
    places = np.stack(
        [
            wells // columns * pitch + number // 2 * SIDE,
            wells % columns * pitch + number % 2 * SIDE,
        ],
        axis=1,
    )
    shifts = np.tile(np.array(PUT_BACK), (len(wells), 1))
    shifts[:, 1] -= turn * places[:, 1]
    shifts[:, 2] += turn * places[:, 0]
    shifts[:, 1:] += rng.normal(0, wells_noise, (rows * columns, 2))[wells]
    shifts[:, 1:] += rng.normal(0, fields_noise, (len(wells), 2))
    return FieldShifts(wells, places, shifts, np.full(len(wells), 0.1), SIDE)


def names(fields: FieldShifts) -> list[str]:
    """Return a name for every well."""
    return [f"well {n}" for n in range(int(fields.wells.max()) + 1)]


def candidate(
    translation: Translation, *doubts: str, remark: str = "", rival: float = 0.3
) -> Candidate:
    """Return a candidate, sure where nothing is said against it."""
    return Candidate(
        translation=translation, score=0.5, rival=rival, error=0.1, doubts=doubts, remark=remark
    )


def proposal(*candidates: Candidate, region: str = "FOV_1", side: float = SIDE) -> Proposal:
    """Return what a region with these candidates proposes."""
    return Proposal(
        region=region,
        place=(0.0, 0.0),
        side=side,
        corner=side / 2**0.5,
        pixel=(1.0, 1.0, 1.0),
        candidates=candidates,
    )
