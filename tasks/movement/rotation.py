"""What a plate's rotation means for pixels that are only moved."""

from __future__ import annotations

import math

from tasks.movement.movement import LEAST_WELLS, Movement
from tasks.movement.plate import PlateMovement

MOST_LEFT = 0.5
"""Pixels of the level that counts, that a rotation may leave in a field's corner untold."""

_SURE = 3.0
"""Standard errors of an angle that is told as a rotation."""


def left_in_corner(movement: Movement, half_diagonal: float) -> float:
    """Return how far a turn leaves the corner of a field from its place, micrometers.

    The field's centre is put right by moving; a corner then is off by its distance times
    2 sin(angle / 2).

    Args:
        movement: Of the plate.
        half_diagonal: From the centre of a field to its corner, micrometers.
    """
    return half_diagonal * 2 * math.sin(math.atan(abs(movement.turn) / 2))


def warning_of(movement: Movement, half_diagonal: float, pixel: float) -> str:
    """Return a warning where moving alone leaves too much in a field's corner; else nothing.

    Args:
        movement: Of the plate.
        half_diagonal: From the centre of a field to its corner, micrometers.
        pixel: Micrometers per pixel along y and x of the level that counts.
    """
    left = left_in_corner(movement, half_diagonal) / pixel
    if left <= MOST_LEFT or abs(movement.degrees) <= _SURE * movement.degrees_error:
        return ""
    return (
        f"acquisition {movement.acquisition} is turned by {movement.degrees:.3f} +/- "
        f"{_SURE * movement.degrees_error:.3f} degrees; images are moved and not turned, which "
        f"leaves up to {left:.1f} pixels in a field's corners"
    )


def describe_movement(movement: Movement, half_diagonal: float, pixel: float) -> str:
    """Return one line that says how the plate moved, and how well the wells follow.

    Args:
        movement: Of the plate.
        half_diagonal: From the centre of a field to its corner, micrometers.
        pixel: Micrometers per pixel along y and x of the level that counts.
    """
    _, y, x = movement.at_centre
    wells = f"{movement.wells} of {movement.wells + len(movement.apart)} wells"
    if not movement.moves_as_one:
        return f"acquisition {movement.acquisition}: {_why_not_as_one(movement, wells)}"
    left = left_in_corner(movement, half_diagonal) / pixel
    rest = f"{movement.between[1]:.1f}, their fields within {movement.within[1]:.1f} micrometers"
    apart = f"; by themselves: {', '.join(movement.apart)}" if movement.apart else ""
    return (
        f"acquisition {movement.acquisition}: y {y:.1f}, x {x:.1f} micrometers at the plate's "
        f"centre, turned by {movement.degrees:.3f} +/- {_SURE * movement.degrees_error:.3f} degrees"
        f" ({left:.1f} pixels in a field's corners); {wells} follow within "
        f"{rest}{apart}"
    )


def _why_not_as_one(movement: Movement, wells: str) -> str:
    if movement.slipped:
        return "the plate did not move as one (it slipped on the way)"
    if movement.wells + len(movement.apart) < LEAST_WELLS:
        return (
            f"how the plate moved is not known ({wells} agree, and fewer than {LEAST_WELLS} say "
            "nothing of others)"
        )
    if movement.is_scattered:
        return (
            f"the plate did not move as one (wells lie {movement.between[1]:.1f}, their fields "
            f"{movement.within[1]:.1f} micrometers apart)"
        )
    return f"the plate did not move as one ({wells} agree)"


def describe_plate(plate: PlateMovement) -> tuple[str, ...]:
    """Return a line for each acquisition that says how the plate moved in it."""
    return tuple(describe_movement(each, plate.corner, plate.pixel) for each in plate.movements)


def warnings_of(plate: PlateMovement) -> tuple[str, ...]:
    """Return a warning for each acquisition in which moving alone leaves too much."""
    found = (warning_of(each, plate.corner, plate.pixel) for each in plate.movements)
    return tuple(warning for warning in found if warning)
