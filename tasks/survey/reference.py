"""Which image of a well is the reference for another image of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from tasks.plan.errors import InvalidInputError, NothingToRegisterError
from tasks.storage.hidden import OUTPUT_SUFFIX
from tasks.survey.fields import places_of, same_field


def suffix(name: str) -> str:
    """Return all after the first `_` of an image's name: `illum_corr` for `1_illum_corr`."""
    return name.partition("_")[2]


def require_acquisitions(well: Path, acquisitions: Mapping[str, int | None]) -> None:
    """Check that a well says of any of its images in which acquisition it was taken.

    Args:
        well: Where the well lies, for the error.
        acquisitions: The well's images by name, with their acquisition.

    Raises:
        InvalidInputError: It does not, so that none can be the reference.
    """
    if acquisitions and all(each is None for each in acquisitions.values()):
        raise InvalidInputError(
            f"{well}: its metadata names no acquisition of its images {', '.join(acquisitions)}, "
            "so it is not known which one is the reference. Give each image of the list 'images' "
            "in the well's metadata its number as 'acquisition', 0 for the reference"
        )


def pick_reference(
    acquisitions: Mapping[str, int | None],
    image: str,
    reference_acquisition: int,
    well: Path,
    *,
    usable: Collection[str] | None = None,
) -> tuple[str, tuple[str, ...]]:
    """Return the reference image of a well, and warnings about the choice.

    An image of the reference acquisition is its own. Results that an earlier run put beside their
    originals are no candidates, unless the image is such a result itself. Of several others the one
    with the image's own suffix is taken, as fractal-tasks-core's `_get_ref_path_heuristic` does.
    Where that does not tell one, and the fields of an acquisition are images of their own, the one
    that shows the same field; of several images of one field, one of `usable`, with the image's own
    suffix, else the first in sorted order.

    Args:
        acquisitions: The well's images by name, with their acquisition, in the order of its list.
        image: Name of the image to be registered.
        reference_acquisition: The acquisition to register to.
        well: Where the well lies, for the error.
        usable: Images that have what is needed, such as a table; None: all.

    Raises:
        NothingToRegisterError: The well has no image of that acquisition.
        InvalidInputError: It is not plain which of its fields the image shows.
    """
    own = acquisitions.get(image)
    if own == reference_acquisition:
        return image, ()
    names = [
        name
        for name in acquisitions
        if not _is_result(name, acquisitions) or _is_result(image, acquisitions)
    ]
    candidates = [name for name in names if acquisitions[name] == reference_acquisition]
    if not candidates:
        raise _without_reference(acquisitions, reference_acquisition, well)
    siblings = [name for name in names if own is not None and acquisitions[name] == own] or [image]
    same_suffix = [name for name in candidates if suffix(name) == suffix(image)]
    if len(same_suffix) == 1 and _is_usable(same_suffix[0], usable):
        alike = [name for name in siblings if suffix(name) == suffix(image)]
        if len(alike) == 1:
            told = _told(same_suffix[0], image, candidates, reference_acquisition, well)
            return same_suffix[0], told
    ours, theirs = places_of(siblings), places_of(candidates)
    fields = [list(dict.fromkeys(places.values())) for places in (ours, theirs)]
    place = same_field(ours[image], *fields)
    if place is None:
        raise _ambiguous(siblings, candidates, own, reference_acquisition, well)
    here = sorted(name for name in candidates if theirs[name] == place)
    here = [name for name in here if _is_usable(name, usable)] or here
    done = image.removeprefix(ours[image])
    chosen = next((name for name in here if name.removeprefix(place) == done), here[0])
    told = () if len(here) == 1 else _told(chosen, image, here, reference_acquisition, well)
    if max(map(len, fields)) > 1:
        told = (
            f"{well}: each field is an image of its own; image '{image}' of acquisition {own} is "
            f"taken to show the same field as '{chosen}' of acquisition {reference_acquisition}",
            *told,
        )
    return chosen, told


def _is_result(name: str, acquisitions: Mapping[str, int | None]) -> bool:
    return name.endswith(OUTPUT_SUFFIX) and name.removesuffix(OUTPUT_SUFFIX) in acquisitions


def _is_usable(name: str, usable: Collection[str] | None) -> bool:
    return usable is None or name in usable


def _told(
    chosen: str, image: str, candidates: Sequence[str], acquisition: int, well: Path
) -> tuple[str, ...]:
    if len(candidates) == 1:
        return ()
    reason = (
        f"it has the suffix '{suffix(image)}' of image '{image}'"
        if suffix(chosen) == suffix(image)
        else f"it is the first in sorted order, none has the suffix '{suffix(image)}'"
    )
    return (
        f"{well}: acquisition {acquisition} has the images {', '.join(sorted(candidates))}; "
        f"'{chosen}' was taken as the reference: {reason}",
    )


def _without_reference(
    acquisitions: Mapping[str, int | None], reference_acquisition: int, well: Path
) -> InvalidInputError:
    known = sorted({a for a in acquisitions.values() if a is not None})
    return NothingToRegisterError(
        f"{well}: no image of acquisition {reference_acquisition}; "
        + (
            f"the acquisitions of this well are {', '.join(map(str, known))}. "
            "Give one of them as reference_acquisition"
            if known
            else "its metadata names no acquisition at all. Add an acquisition to each image"
        )
    )


def _ambiguous(
    siblings: Sequence[str],
    candidates: Sequence[str],
    own: int | None,
    reference_acquisition: int,
    well: Path,
) -> InvalidInputError:
    return InvalidInputError(
        f"{well}: it is ambiguous which images of acquisitions {own} ({', '.join(siblings)}) and "
        f"{reference_acquisition} ({', '.join(candidates)}) show the same field. Give the images "
        "of one field the same ending, such as 0_1 and 1_1, in their folders' names and in the "
        "well's list, or take those that have no counterpart out of that list"
    )
