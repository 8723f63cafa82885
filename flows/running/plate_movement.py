"""How the plate moved, fitted once for all wells of a run, or by each well that runs alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prefect.logging import get_run_logger

from flows.results.movement import report_movement
from tasks.estimate.stored import read_pitch, read_plate_evidence
from tasks.movement.plate import PlateMovement, fit_plate
from tasks.movement.rotation import describe_plate, warnings_of

_SHARED: dict[tuple[Path, int], PlateMovement] = {}


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
    key = (plate, reference_acquisition)
    _SHARED[key] = moved = _fitted(plate, reference_acquisition, pitch)
    report_movement(plate.name, moved)
    try:
        yield moved
    finally:
        _SHARED.pop(key, None)


def movement_of(plate: Path, reference_acquisition: int, pitch: float | None) -> PlateMovement:
    """Return how a plate moved, as far as its wells have said so yet.

    Args:
        plate: Root folder of the plate.
        reference_acquisition: Acquisition that the shifts lead to.
        pitch: Millimeters from well to well; None: by the plate's rows and columns.
    """
    shared = _SHARED.get((plate, reference_acquisition))
    return shared or _fitted(plate, reference_acquisition, pitch)


def is_shared(plate: Path, reference_acquisition: int) -> bool:
    """Return whether this run has let all wells of a plate propose already."""
    return (plate, reference_acquisition) in _SHARED


def _fitted(plate: Path, reference_acquisition: int, pitch: float | None) -> PlateMovement:
    logger = get_run_logger()
    evidence = read_plate_evidence(plate, reference_acquisition)
    moved = fit_plate(evidence, pitch or read_pitch(plate))
    for line in describe_plate(moved):
        logger.info("%s: %s", plate.name, line)
    for warning in warnings_of(moved):
        logger.warning("%s: %s", plate.name, warning)
    return moved
