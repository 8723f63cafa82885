"""Look whether it is plain which images of a well are registered to which, and by what sizes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from tasks.doctor.finding import Finding, for_a_person, refused, warned_of
from tasks.plan.errors import InvalidInputError
from tasks.storage.attributes import array_shape
from tasks.storage.provenance import is_output, read_provenance
from tasks.storage.well_entries import WellImage
from tasks.survey.multiscale import read_multiscale
from tasks.survey.planes import planes_of
from tasks.survey.reference import pick_reference, require_acquisitions
from tasks.survey.unlike_sizes import unlike_sizes_told


def examine_pairs(well: Path, listed: Sequence[WellImage]) -> Iterator[Finding]:
    """Yield what keeps a registration from pairing the images of a well, in its own words.

    That is looked at for acquisition 0 as the reference, or the first that the well has.

    Args:
        well: Folder of the well.
        listed: All images that it lists.
    """
    acquisitions = {
        image.name: image.acquisition for image in listed if not _is_output(well / image.name)
    }
    try:
        require_acquisitions(well, acquisitions)
    except InvalidInputError as error:
        yield refused(well, str(error))
        return
    without = [name for name, acquisition in acquisitions.items() if acquisition is None]
    if without:
        yield for_a_person(
            well,
            f"its metadata names no acquisition of its images {', '.join(without)}, which "
            "are not registered",
            "give each image of the list 'images' its number as 'acquisition'",
        )
    known = sorted({each for each in acquisitions.values() if each is not None})
    told: set[str] = set()
    for name, acquisition in acquisitions.items():
        if acquisition is None:
            continue
        try:
            reference, _ = pick_reference(acquisitions, name, known[0], well)
        except InvalidInputError as error:
            if str(error) not in told:
                told.add(str(error))
                yield refused(well, str(error))
            continue
        if name != reference:
            yield from _of_sizes(well / name, well / reference)


def _of_sizes(image: Path, reference: Path) -> Iterator[Finding]:
    """Yield one finding where an image that was not moved yet has pixels of another size."""
    try:
        if read_provenance(image) is not None:
            return
        shape = array_shape(image / read_multiscale(image).levels[0])
        planes_of(reference)
    except (InvalidInputError, OSError):
        # The images tell of it themselves.
        return
    try:
        told = unlike_sizes_told(image, shape, reference)
    except InvalidInputError as error:
        yield refused(image, str(error))
        return
    for each in told:
        yield warned_of(image, each)


def _is_output(image: Path) -> bool:
    try:
        return is_output(image)
    except (InvalidInputError, OSError):
        # The image tells of it itself.
        return False
