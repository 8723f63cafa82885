"""Which image of a well is the reference for another image of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tasks.plan.errors import InvalidInputError
from tasks.storage.hidden import OUTPUT_SUFFIX


def suffix(name: str) -> str:
    """Return all after the first `_` of an image's name: `illum_corr` for `1_illum_corr`."""
    return name.partition("_")[2]


def _is_result(name: str, acquisitions: Mapping[str, int | None]) -> bool:
    return name.endswith(OUTPUT_SUFFIX) and name.removesuffix(OUTPUT_SUFFIX) in acquisitions


def pick_reference(
    acquisitions: Mapping[str, int | None],
    image: str,
    reference_acquisition: int,
    well: Path,
) -> tuple[str, tuple[str, ...]]:
    """Return the reference image of a well, and warnings about the choice.

    Results that an earlier run put beside their originals are no candidates, unless the image is
    such a result itself. Of several others the one with the image's own suffix is taken, else the
    first in sorted order, as fractal-tasks-core's `_get_ref_path_heuristic` does.

    Args:
        acquisitions: The well's images by name, with their acquisition.
        image: Name of the image to be registered.
        reference_acquisition: The acquisition to register to.
        well: Where the well lies, for the error.

    Raises:
        InvalidInputError: The well has no image of that acquisition.
    """
    candidates = sorted(
        name for name, acquisition in acquisitions.items() if acquisition == reference_acquisition
    )
    if not _is_result(image, acquisitions):
        candidates = [name for name in candidates if not _is_result(name, acquisitions)]
    if not candidates:
        known = sorted({a for a in acquisitions.values() if a is not None})
        raise InvalidInputError(
            f"{well}: no image of acquisition {reference_acquisition}; "
            + (
                f"the acquisitions of this well are {', '.join(map(str, known))}. "
                "Give one of them as reference_acquisition"
                if known
                else "its metadata names no acquisition at all. Add an acquisition to each image"
            )
        )
    same_suffix = [name for name in candidates if suffix(name) == suffix(image)]
    if len(candidates) == 1:
        return candidates[0], ()
    chosen = same_suffix[0] if same_suffix else candidates[0]
    reason = (
        f"it has the suffix '{suffix(image)}' of image '{image}'"
        if same_suffix
        else f"it is the first in sorted order, none has the suffix '{suffix(image)}'"
    )
    return chosen, (
        f"{well}: acquisition {reference_acquisition} has the images {', '.join(candidates)}; "
        f"'{chosen}' was taken as the reference: {reason}",
    )
