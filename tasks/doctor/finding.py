"""One thing that is not as it should be in a plate, and who can put it right."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from tasks.plan.window import Frozen

Remedy = Literal["recover", "recover tables", "list", "free", "restore", "person", "wait"]


class Finding(Frozen):
    """What was found, where, and what to do about it."""

    path: Path
    problem: str
    remedy: Remedy
    """`recover`: finish or undo what a dead run left of an image; `recover tables`: of tables.
    `list`: add an image to its well's list. `free`: forget a dead holder of a lock. `restore`: give
    a registered table the regions of its image's record. `person`: only a person can decide.
    `wait`: nothing is wrong, a run is at work."""
    advice: str

    @property
    def is_wrong(self) -> bool:
        """Whether something must be done; not so where a run is at work."""
        return self.remedy != "wait"

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}; {self.advice}"


def for_a_person(path: Path, problem: str, advice: str) -> Finding:
    """Return a finding that only a person can decide on."""
    return Finding(path=path, problem=problem, remedy="person", advice=advice)


def refused(path: Path, reason: str) -> Finding:
    """Return a finding that a registration refuses too, in its words; they may begin with a path.

    Args:
        path: Where it was found.
        reason: What the registration says.
    """
    # A finding names its path itself.
    problem = reason.removeprefix(f"{path}: ")
    return for_a_person(path, problem, "a registration refuses it for the same reason")


def warned_of(image: Path, warning: str) -> Finding:
    """Return a finding that a registration warns of too; its last sentence says what to do.

    Args:
        image: Root folder of the image that the warning begins with.
        warning: What the registration says.
    """
    problem, _, advice = warning.removeprefix(f"{image}: ").rpartition(". ")
    return for_a_person(image, problem, advice[0].lower() + advice[1:])
