"""Keep a bounded number of shares at work until each has ended; a lost one is begun again."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias
from uuid import UUID

from flows.distributing.shares import Share, all_failed
from flows.running.kinds import Stage
from flows.running.wells_of_plate import WellOutcomes

MOST_BEGUN = 4
"""How often a share is begun: what takes its machine down each time must end somewhere."""

_LOOKS_BEFORE_WORD = 45
"""So often nothing has begun before it is said that no worker takes anything up."""

Stands = Literal["waits", "works", "done", "failed", "lost"]
"""How a run stands; `lost`: it ended, or never began, because its machine or process is gone."""


@dataclass(frozen=True)
class Seen:
    """How the run of a share stands."""

    stands: Stands
    message: str = ""


class Runs(Protocol):
    """Runs of shares, wherever they are."""

    @property
    def hint(self) -> str:
        """What to do where none begins."""
        ...

    def begin(self, share: Share, time: int) -> UUID:
        """Begin a share, for the first, second, … time, and return its run."""
        ...

    def pause(self) -> None:
        """Wait until it is worth looking again."""
        ...

    def look(self, runs: Iterable[UUID]) -> Mapping[UUID, Seen]:
        """Return how runs stand, as far as is known."""
        ...

    def take(self, run: UUID) -> WellOutcomes | None:
        """Return what a run that is done came to; None where it has left no word."""
        ...

    def stop(self, runs: Iterable[UUID]) -> None:
        """Let runs end soon, wherever they are."""
        ...


RunsOfStage: TypeAlias = Callable[[Stage, Mapping[str, Any]], Runs]
"""Takes a stage, and what every share of it is told beside its wells."""


@dataclass(frozen=True)
class _Begun:
    share: Share
    time: int


def work_through(
    shares: Sequence[Share],
    runs: Runs,
    *,
    at_once: int,
    ended: Callable[[Share], None],
    say: Callable[[str], None],
) -> list[WellOutcomes]:
    """Work through shares and return what became of them.

    A share whose run is lost is begun again: what it has finished is recognised. One that fails
    does not stop the others. Where this ends before them, for whatever reason, they are stopped.

    Args:
        shares: What is to be done.
        runs: Where it is done.
        at_once: Shares that are worked on at once, at most.
        ended: Takes each share that has ended.
        say: Takes a line that people should read.
    """
    ahead = deque(_Begun(share, 1) for share in shares)
    under_way: dict[UUID, _Begun] = {}
    outcomes: list[WellOutcomes] = []
    looks = 0
    try:
        while ahead or under_way:
            while ahead and len(under_way) < at_once:
                next_one = ahead.popleft()
                under_way[runs.begin(next_one.share, next_one.time)] = next_one
            runs.pause()
            seen = runs.look([*under_way])
            for run, how in seen.items():
                if how.stands in {"waits", "works"}:
                    continue
                begun = under_way.pop(run)
                outcome = _outcome(begun, how, runs.take(run) if how.stands == "done" else None)
                if outcome is None:
                    say(f"Begun again: {_named(begun.share)}: {how.message or 'no word of it'}")
                    ahead.appendleft(_Begun(begun.share, begun.time + 1))
                else:
                    outcomes.append(outcome)
                    ended(begun.share)
            looks = looks + 1 if _all_wait(seen) else 0
            if looks == _LOOKS_BEFORE_WORD:
                say(f"No worker has taken up any well yet. {runs.hint}")
    except BaseException:
        runs.stop([*under_way])
        raise
    return outcomes


def _outcome(begun: _Begun, how: Seen, taken: WellOutcomes | None) -> WellOutcomes | None:
    """Return what became of a share; None where it is to be begun again."""
    if how.stands == "failed":
        return all_failed(begun.share, how.message)
    if taken is None and begun.time >= MOST_BEGUN:
        reason = how.message or "it left no word of what it did"
        return all_failed(begun.share, f"its run was lost {MOST_BEGUN} times, the last: {reason}")
    return taken


def _all_wait(seen: Mapping[UUID, Seen]) -> bool:
    return bool(seen) and all(how.stands == "waits" for how in seen.values())


def _named(share: Share) -> str:
    return share[0] if len(share) == 1 else f"{share[0]} to {share[-1]}"
