"""Let every region of an image propose its shift by itself; nothing is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from tasks.estimate.candidate import RegionPair
from tasks.estimate.field import Elsewhere, Field
from tasks.estimate.options import EstimateOptions
from tasks.estimate.paired import Paired, open_paired
from tasks.estimate.places import region_centres
from tasks.estimate.references import References
from tasks.movement.evidence import ImageEvidence
from tasks.plan.errors import RegistrationError
from tasks.storage.provenance import read_provenance
from tasks.storage.well_entries import read_images, read_wells


def propose_image(
    image: Path,
    options: EstimateOptions,
    *,
    workers: int = 1,
    references: References | None = None,
) -> ImageEvidence:
    """Return what the regions of an image propose, each by itself.

    Each worker holds one region of both images at the chosen level (three where a match at shift 0
    has to be told from a standing pattern), and at most 400 bytes for each of at most 2^20 working
    pixels: 400 MB beside the regions themselves, however large they are. Beside that at most 64 MiB
    of prepared references are kept. `tasks.estimate.memory` computes it beforehand.

    Args:
        image: Root folder of the image, in its well.
        options: What to estimate from.
        workers: Regions worked on at the same time.
        references: Regions of the reference that are kept for other images of the well.

    Raises:
        InvalidInputError: A table, level or channel is missing, or the images do not fit together.
    """
    paired = open_paired(image, options)
    table = options.input_roi_table
    ours, theirs = zip(*paired.regions, strict=True)
    centres = zip(
        region_centres(paired.reference, table, ours),
        region_centres(paired.moving, table, theirs),
        strict=True,
    )
    # What an overlap shows holds half way between where the region lies in both images.
    places = [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in centres]
    elsewhere = other_wells(image, paired, options)
    fields = [
        Field(paired, number, options, elsewhere, references)
        for number in range(len(paired.regions))
    ]
    with ThreadPoolExecutor(max_workers=workers) as threads:
        regions = tuple(threads.map(Field.propose, fields, places))
    acquisitions = {entry.name: entry.acquisition for entry in read_images(image.parent)}
    return ImageEvidence(
        well=f"{image.parent.parent.name}/{image.parent.name}",
        image=image.name,
        acquisition=acquisitions[image.name],
        reference=paired.reference.image.name,
        reference_acquisition=options.reference_acquisition,
        regions=regions,
        warnings=paired.warnings,
    )


def other_wells(image: Path, paired: Paired, options: EstimateOptions) -> Elsewhere:
    """Return what gives regions of the same acquisitions in other wells, read when asked for.

    They tell a camera's standing pattern from a sample that did not move, where a well has one
    field. Wells that cannot be compared are passed over: they are told of when it is their turn.

    Args:
        image: Root folder of the image.
        paired: The image and its reference.
        options: What is estimated from.
    """

    def elsewhere(most: int) -> Sequence[RegionPair]:
        return list(islice(_regions_elsewhere(image, paired, options), most))

    return elsewhere


def _regions_elsewhere(
    image: Path, paired: Paired, options: EstimateOptions
) -> Iterator[RegionPair]:
    plate, own = image.parents[2], f"{image.parent.parent.name}/{image.parent.name}"
    try:
        wells = read_wells(plate)
    except (RegistrationError, OSError):
        return
    place = wells.index(own) + 1 if own in wells else 0
    for well in (*wells[place:], *wells[:place]):
        other = plate / well / image.name
        if well == own:
            continue
        try:
            pair = _first_region(other, paired, options)
        except (RegistrationError, OSError):
            continue
        if pair is not None:
            yield pair


def _first_region(image: Path, paired: Paired, options: EstimateOptions) -> RegionPair | None:
    """Return a region as the camera saw it; None where pixels were moved since."""
    opened = open_paired(image, options)
    if opened.reference.image.name != paired.reference.image.name:
        return None
    if opened.is_flat != paired.is_flat:
        return None
    if any(read_provenance(each) is not None for each in (image, opened.reference.image)):
        return None
    return Field(opened, 0, options).read(opened.regions[0])
