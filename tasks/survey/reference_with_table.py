"""The reference of an image of a well, among those that have the table that is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tasks.survey.listed_tables import list_tables
from tasks.survey.reference import pick_reference


def pick_reference_with(
    table: str, image: Path, acquisitions: Mapping[str, int | None], reference_acquisition: int
) -> tuple[str, tuple[str, ...]]:
    """Return the name of the reference of an image, and warnings about the choice.

    Args:
        table: Table that the reference should have.
        image: Root folder of the image, in its well.
        acquisitions: The well's images by name, with their acquisition, in the order of its list.
        reference_acquisition: The acquisition to register to.

    Raises:
        InvalidInputError: As `pick_reference` does.
    """
    usable = [
        name
        for name, acquisition in acquisitions.items()
        if acquisition == reference_acquisition and table in list_tables(image.parent / name)
    ]
    return pick_reference(
        acquisitions, image.name, reference_acquisition, image.parent, usable=usable or None
    )
