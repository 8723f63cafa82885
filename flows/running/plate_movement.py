"""How the plate moved, fitted once for all wells of a run, or by each well that runs alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from prefect.logging import get_run_logger

from flows.results.movement import report_movement
from tasks.estimate.stored import read_pitch, read_plate_evidence
from tasks.movement.plate import PlateMovement, fit_plate
from tasks.movement.rotation import describe_plate, warnings_of


@dataclass(frozen=True)
class _Shared:
    plate: Path
    reference_acquisition: int
    moved: PlateMovement


# The tasks of a run get a copy of its context, in whichever thread they are.
_shared: ContextVar[_Shared | None] = ContextVar("_shared", default=None)


@contextmanager
def shared_movement(
    plate: Path, reference_acquisition: int, pitch: float | None
) -> Iterator[PlateMovement]:
    """Fit a plate's movement from all that its wells have proposed, and tell how it moved.

    Inside, the wells of this process use it: each would else read what all others propose.

    Args:
        plate: Root folder of the plate.
        reference_acquisition: Acquisition that the shifts lead to.
        pitch: Millimeters from well to well; None: by the plate's rows and columns.
    """
    moved = _fitted(plate, reference_acquisition, pitch)
    report_movement(plate.name, moved)
    with known_movement(plate, reference_acquisition, moved):
        yield moved


@contextmanager
def known_movement(plate: Path, reference_acquisition: int, moved: PlateMovement) -> Iterator[None]:
    """Let the wells that are worked on inside use a movement that is known already.

    Args:
        plate: Root folder of the plate.
        reference_acquisition: Acquisition that the shifts lead to.
        moved: How the plate moved.
    """
    token = _shared.set(_Shared(plate, reference_acquisition, moved))
    try:
        yield
    finally:
        _shared.reset(token)


def movement_of(plate: Path, reference_acquisition: int, pitch: float | None) -> PlateMovement:
    """Return how a plate moved, as far as its wells have said so yet.

    Args:
        plate: Root folder of the plate.
        reference_acquisition: Acquisition that the shifts lead to.
        pitch: Millimeters from well to well; None: by the plate's rows and columns.
    """
    shared = _shared.get()
    if shared is not None and is_shared(plate, reference_acquisition):
        return shared.moved
    return _fitted(plate, reference_acquisition, pitch)


def is_shared(plate: Path, reference_acquisition: int) -> bool:
    """Return whether this run has let all wells of a plate propose already."""
    shared = _shared.get()
    return shared is not None and (plate, reference_acquisition) == (
        shared.plate,
        shared.reference_acquisition,
    )


def as_text(moved: PlateMovement) -> str:
    """Return a movement as JSON; Python's keeps numbers that are none, which Prefect's does not."""
    return json.dumps(moved.model_dump(mode="json"))


def from_text(text: str) -> PlateMovement:
    """Return a movement from what `as_text` has made."""
    return PlateMovement.model_validate(json.loads(text))


def _fitted(plate: Path, reference_acquisition: int, pitch: float | None) -> PlateMovement:
    logger = get_run_logger()
    evidence = read_plate_evidence(plate, reference_acquisition)
    moved = fit_plate(evidence, pitch or read_pitch(plate))
    for line in describe_plate(moved):
        logger.info("%s: %s", plate.name, line)
    for warning in warnings_of(moved):
        logger.warning("%s: %s", plate.name, warning)
    return moved
