"""Which references a run would refuse: asked before other images are replaced for good."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tasks.plan.errors import InvalidInputError
from tasks.plan.request import RegistrationRequest
from tasks.survey.build import build_plan


def refused_references(
    well: Path, references: Sequence[str], request: RegistrationRequest
) -> dict[str, str]:
    """Return why each image cannot be registered, by what can be read.

    The reference comes last, when the others are in its frame: what would be refused then leaves
    the well half done. Errors that may heal are left to its own turn.

    Args:
        well: Folder of the well.
        references: Names of the images that come last.
        request: What is asked for.
    """
    refused = {}
    for name in references:
        try:
            build_plan(well / name, request)
        except InvalidInputError as error:
            refused[name] = f"{error}. No other image of the well was touched"
        except OSError:
            continue
    return refused
