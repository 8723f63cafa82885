"""Decide what is to be done in a plate now, and say of all else why not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from pydantic import Field

from tasks.estimate.options import RegionOptions
from tasks.plan.errors import InvalidInputError
from tasks.plan.window import Frozen
from tasks.storage.well_entries import read_wells
from tasks.watch.attempts import NAME, Attempt, Attempts
from tasks.watch.pending import Pending, pending_in
from tasks.watch.settled import changed_after

PLATE = "the plate"
"""What a reason is told of that holds for all its wells."""


class Decision(Frozen):
    """What is to be done in a plate."""

    wells: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """The wells to register now, and the images of each that wait for it."""
    left: dict[str, str] = Field(default_factory=dict)
    """Why others, or the plate, are left for later, or for a person."""
    finished: int = 0
    """How many wells have nothing to do."""


def decide(
    plate: Path,
    regions: RegionOptions,
    attempts: Attempts,
    *,
    settle_minutes: float,
    max_attempts: int,
    now: datetime,
) -> Decision:
    """Return what is to be done in a plate now.

    Args:
        plate: Its root folder.
        regions: Table and reference, as `register` is told them.
        attempts: What was tried of it.
        settle_minutes: How long nothing may have been written in it.
        max_attempts: How often a well is tried with the same images.
        now: The time.
    """
    try:
        names = read_wells(plate)
    except (InvalidInputError, OSError) as error:
        return Decision(left={PLATE: str(error)})
    found = {name: _pending(plate / name, regions) for name in names}
    wells: dict[str, tuple[str, ...]] = {}
    left: dict[str, str] = {}
    for name, pending in found.items():
        if reason := pending.reason or _given_up(attempts.get(name), pending, max_attempts):
            left[name] = reason
        elif pending.images:
            wells[name] = pending.images
    finished = len(found) - len(wells) - len(left)
    if wells and (reason := _is_written_to(plate, settle_minutes, now)):
        return Decision(left={**left, PLATE: reason}, finished=finished)
    return Decision(wells=wells, left=left, finished=finished)


def begun(attempts: Attempts, wells: dict[str, tuple[str, ...]], now: datetime) -> Attempts:
    """Return what was tried, once wells are begun: one that is killed has been tried as well."""
    return {
        **attempts,
        **{
            name: Attempt(images=images, tries=_tries(attempts.get(name), images) + 1, last=now)
            for name, images in wells.items()
        },
    }


def ended(attempts: Attempts, wells: Iterable[str], still: Iterable[str], reason: str) -> Attempts:
    """Return what was tried, once wells have ended: those that are done need no attempt more.

    Args:
        attempts: Before.
        wells: What was begun.
        still: Those that have something to do still.
        reason: Why.
    """
    failed = {name: attempts[name].model_copy(update={"reason": reason}) for name in still}
    return {n: a for n, a in {**attempts, **failed}.items() if n in failed or n not in {*wells}}


def _pending(well: Path, regions: RegionOptions) -> Pending:
    try:
        return pending_in(well, regions)
    except (InvalidInputError, OSError) as error:
        return Pending(reason=str(error))


def _tries(attempt: Attempt | None, images: tuple[str, ...]) -> int:
    return attempt.tries if attempt is not None and attempt.images == images else 0


def _given_up(attempt: Attempt | None, pending: Pending, max_attempts: int) -> str:
    if attempt is None or _tries(attempt, pending.images) < max_attempts:
        return ""
    last = attempt.last.astimezone(UTC).isoformat(timespec="minutes")
    return (
        f"failed {attempt.tries} times, last at {last}: "
        f"{attempt.reason or 'its run was killed'}. It is not tried again: register it by hand, or "
        f"remove {NAME} in the folder of the plate's report"
    )


def _is_written_to(plate: Path, settle_minutes: float, now: datetime) -> str:
    changed = changed_after(plate, now.timestamp() - settle_minutes * 60)
    if changed is None:
        return ""
    when = datetime.fromtimestamp(changed, tz=UTC).isoformat(timespec="seconds")
    return f"written to at {when}; it waits until nothing has changed for {settle_minutes:g} min"
