"""Find a wrong channel or level once, before any well begins, not once for every image."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tasks.estimate.level import open_level
from tasks.estimate.options import EstimateOptions
from tasks.plan.errors import InvalidInputError
from tasks.storage.well_entries import read_images


def require_channel(plate: Path, wells: Sequence[str], options: EstimateOptions) -> None:
    """Refuse to begin where no reference image has the channel and the level that are asked for.

    Reading stops at the first well that has them. One that lacks them, or cannot be read, is told
    of by its own run; so is a plate without any reference image.

    Args:
        plate: Root folder of the plate.
        wells: Names of the wells that are to be registered.
        options: What is asked for.

    Raises:
        InvalidInputError: No well has them; says what the first has instead.
    """
    first: InvalidInputError | None = None
    for well in wells:
        try:
            for image in read_images(plate / well):
                if image.acquisition == options.reference_acquisition:
                    open_level(
                        plate / well / image.name,
                        wavelength=options.wavelength_id,
                        level=options.level_path,
                    )
                    return
        except InvalidInputError as error:
            first = first or error
        except OSError:
            # It may heal, and another well may tell.
            continue
    if first is not None:
        raise InvalidInputError(
            f"{first} (so it is, or worse, in all {len(wells)} wells)" if len(wells) > 1 else first
        ) from first
