"""Other wells' references: what a region agrees with there, it agrees with by chance."""

from __future__ import annotations

from pathlib import Path

from tasks.plan.errors import InvalidInputError
from tasks.storage.kinds import kind_of
from tasks.storage.well_entries import read_images, read_wells

WITNESSES = 3
"""Other wells that are looked at: more cost more than they tell."""


def witnesses_of(well: Path, acquisition: int) -> tuple[Path, ...]:
    """Return images of an acquisition in other wells, spread over the plate; always the same.

    Args:
        well: Root folder of the well that is not to be among them.
        acquisition: The reference acquisition.
    """
    plate = well.parent.parent
    if kind_of(plate) != "plate":
        return ()
    own = f"{well.parent.name}/{well.name}"
    wells = read_wells(plate)
    if own not in wells:
        return ()
    place = wells.index(own)
    others = [*wells[place + 1 :], *wells[:place]]
    step = max(1, len(others) // WITNESSES)
    found = []
    for name in others[::step][:WITNESSES]:
        try:
            images = read_images(plate / name)
        except (InvalidInputError, OSError):
            # A well that cannot be read is told by its own run.
            continue
        found += [plate / name / i.name for i in images if i.acquisition == acquisition][:1]
    return tuple(found)
