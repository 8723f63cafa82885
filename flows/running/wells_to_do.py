"""Which wells of a plate a run works on; those with nothing to register are told of before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from prefect.logging import get_run_logger

from tasks.plan.errors import InvalidInputError, NothingToRegisterError
from tasks.storage.recover import half_swapped
from tasks.survey import unlisted
from tasks.survey.selection import select_wells
from tasks.survey.unlisted import unlisted_wells


def wells_to_do(
    plate: Path, named: Sequence[str] | None, look: Callable[[Path], object]
) -> tuple[list[str], dict[str, str]]:
    """Return the wells with something to register, and why each other one has nothing.

    A well that cannot be read is one to work on: its own run fails, and says why. So is one that
    lacks an image only because a swap was interrupted: its own run puts that right first.

    Args:
        plate: Root folder of the plate.
        named: The wells that somebody has named; None for all.
        look: Raises NothingToRegisterError for a well with nothing to register.

    Raises:
        InvalidInputError: A named well is not there or has nothing to register, or none has.
    """
    selected: list[str] = []
    left_out: dict[str, str] = {}
    for well in select_wells(plate, named):
        try:
            look(plate / well)
        except NothingToRegisterError as error:
            if half_swapped(plate / well):
                selected.append(well)
            else:
                left_out[well] = str(error)
        except (InvalidInputError, OSError):
            selected.append(well)
        else:
            selected.append(well)
    if named is not None and left_out:
        raise InvalidInputError("; ".join(left_out.values()))
    if named is None:
        left_out |= {
            well: f"{plate / well}: this well {unlisted.WELL}"
            for well in unlisted_wells(plate, select_wells(plate))
        }
    if not selected:
        reason = next(iter(left_out.values()), "it lists none")
        raise InvalidInputError(f"{plate}: nothing to register in any of its wells: {reason}")
    for reason in left_out.values():
        get_run_logger().warning("Left out: %s", reason)
    return selected, left_out
