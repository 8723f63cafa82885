"""Results that are held back: complete, kept beside the original, for a person to decide on.

A held result is a hidden folder in the well, with its plan in a file beside it. No run removes it;
a later result of the same image takes its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tasks.plan.errors import InvalidInputError
from tasks.storage.kinds import kind_of
from tasks.storage.well_entries import read_wells

ENDING = ".plate-registration.held"


def held_path(output: Path) -> Path:
    """Return where the held result is that would take this place."""
    return output.with_name(f".{output.name}{ENDING}")


def is_held(name: str) -> bool:
    """Return whether a folder's name is that of a held result."""
    return name.startswith(".") and name.endswith(ENDING)


def find_held(place: Path) -> Iterator[Path]:
    """Yield the held results in a plate, in a well, or of an image, in order.

    Raises:
        InvalidInputError: The place is none of the three.
    """
    match kind_of(place):
        case "plate":
            for well in read_wells(place):
                yield from find_held(place / well)
        case "well":
            yield from sorted(
                path for path in place.iterdir() if is_held(path.name) and path.is_dir()
            )
        case "image":
            for output in (place, place.with_name(f"{place.name}_registered")):
                if held_path(output).is_dir():
                    yield held_path(output)
        case kind:
            raise InvalidInputError(
                f"{place} is {kind}; give the path of a plate, a well or an image"
            )


def plan_path(held: Path) -> Path:
    """Return where the plan is that a held result was made by."""
    return held.with_name(f"{held.name}.json")
