"""What a piece of work came to, before a run ends with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from flows.results.endings import completed

R = TypeVar("R")


@dataclass(frozen=True)
class Done(Generic[R]):
    """A result, and how the run that it is the result of is to end."""

    result: R
    message: str
    """What happened, in numbers."""
    skipped: bool = False
    """Whether there was nothing to do."""

    def as_end(self) -> R:
        """Return what a flow or task must return to end with this."""
        return completed(self.result, self.message, skipped=self.skipped)
