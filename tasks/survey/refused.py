"""Which images a run would refuse late: asked before others are replaced for good."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tasks.plan.errors import InvalidInputError
from tasks.plan.request import RegistrationRequest
from tasks.storage.hidden import OUTPUT_SUFFIX
from tasks.storage.provenance import is_up_to_date
from tasks.survey.added_since import added_since, refuse_to_lose
from tasks.survey.build import build_plan


def refused_late(
    well: Path,
    references: Sequence[str],
    others: Sequence[str],
    request: RegistrationRequest,
    *,
    redo: bool = False,
) -> dict[str, str]:
    """Return why each image cannot be registered, by what can be read.

    The reference comes last, when the others are in its frame: what would be refused then leaves
    the well half done. So does a result that somebody has worked in, when others are made again.
    Errors that may heal are left to the image's own turn.

    Args:
        well: Folder of the well.
        references: Names of the images that come last.
        others: Names of the images before them.
        request: What is asked for.
        redo: Whether finished work is to be done again.
    """
    worked_in = [
        name
        for name in others
        if not request.overwrite_input and _has_more(well / name, f"{name}{OUTPUT_SUFFIX}")
    ]
    refused = {}
    for name in (*worked_in, *references):
        try:
            plan = build_plan(well / name, request)
            if not is_up_to_date(plan):
                refuse_to_lose(plan, redo=redo)
        except InvalidInputError as error:
            refused[name] = f"{error}. No other image of the well was touched"
        except OSError:
            continue
    return refused


def _has_more(image: Path, result: str) -> bool:
    try:
        return bool(added_since(image.with_name(result), image))
    except (InvalidInputError, OSError):
        return False
