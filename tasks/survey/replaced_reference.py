"""Know a reference that was replaced after others had been registered to it in place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tasks.plan.errors import InvalidInputError
from tasks.survey.listed_tables import list_tables
from tasks.survey.moved_in_place import read_frame


class Reason(NamedTuple):
    """What is wrong with an image, and what a person does."""

    problem: str
    advice: str


def reason_why_replaced(reference: Path, others: Sequence[Path]) -> Reason | None:
    """Return why an image is not the one that others were registered to; None if it may be.

    That one has the registered table, before its own pixels are cut and after.

    Args:
        reference: The image.
        others: Images of its well.

    Raises:
        InvalidInputError: An image's metadata cannot be understood.
    """
    frames = {path.name: frame for path in others if (frame := read_frame(path)) is not None}
    settled = {n: frame for n, frame in frames.items() if frame.reference == reference.name}
    tables = {frame.registered_roi_table for frame in settled.values()}
    if not settled or read_frame(reference) or not tables.isdisjoint(list_tables(reference)):
        return None
    return Reason(
        f"images {', '.join(settled)} were registered to image {reference.name} in place, and it "
        "was replaced since",
        f"register the new image {reference.name} to one of them (give the acquisition of "
        f"{next(iter(settled))} as reference_acquisition), or restore the image "
        f"{reference.name} that they were registered to",
    )


def refuse_replaced_reference(reference: Path, others: Sequence[Path]) -> None:
    """Refuse a reference that was replaced: what moves to it would lie apart from the others.

    Args:
        reference: The reference now.
        others: Images that are registered to it.

    Raises:
        InvalidInputError: It is another image than the one that some were registered to in place.
    """
    if reason := reason_why_replaced(reference, others):
        raise InvalidInputError(f"{reference.parent}: {reason.problem}; {reason.advice}")
