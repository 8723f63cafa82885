"""The shift of every region of an image to its reference, as it is used; nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tasks.estimate.options import EstimateOptions
from tasks.estimate.propose import propose_image
from tasks.estimate.settle import settle_image
from tasks.estimate.stored import read_pitch, read_plate_evidence
from tasks.movement.evidence import ImageEvidence
from tasks.movement.plate import PlateMovement, fit_plate
from tasks.plan.errors import UncertainShiftError
from tasks.plan.window import Frozen


class RegionEstimate(Frozen):
    """The shift of one region, and how far it can be trusted."""

    name: str
    translation: tuple[float, float, float]
    """Micrometers along z, y, x that lead from the image to the reference."""
    score: float
    """Correlation over the overlap at the region's own best shift."""
    rival: float
    """Height of its next best peak, as a share of its best one's."""
    decision: str
    """As people read it, such as `estimated` or `confirmed by acquisition 2`."""
    reason: str
    """What spoke against its own shift, and what decided; empty where nothing did."""


class ImageEstimate(Frozen):
    """The shifts of all regions of an image."""

    image: Path
    reference: Path
    options: EstimateOptions
    regions: tuple[RegionEstimate, ...]
    """In the table's order."""
    warnings: tuple[str, ...]


def estimate_image(image: Path, options: EstimateOptions, *, workers: int = 1) -> ImageEstimate:
    """Estimate every region's shift to the image of the reference acquisition.

    What other images of the well and other wells have proposed in earlier runs is used, if it is
    there.

    Args:
        image: Root folder of the image, in its well.
        options: What to estimate from, and what to do in doubt.
        workers: Regions worked on at the same time.

    Raises:
        InvalidInputError: A table, level or channel is missing, or the images do not fit together.
        UncertainShiftError: A region cannot be trusted, and the policy gives it no other shift.
    """
    own = propose_image(image, options, workers=workers)
    plate = image.parents[2]
    earlier = read_plate_evidence(plate, options.reference_acquisition)
    others = [each for each in earlier if (each.well, each.image) != (own.well, own.image)]
    evidence = (*others, own)
    return decide_image(
        image,
        options,
        [each for each in evidence if each.well == own.well],
        fit_plate(evidence, options.well_pitch_mm or read_pitch(plate)),
        workers=workers,
    )


def decide_image(
    image: Path,
    options: EstimateOptions,
    well: Sequence[ImageEvidence],
    plate: PlateMovement,
    *,
    workers: int = 1,
) -> ImageEstimate:
    """Decide on the regions of an image whose proposals are known.

    Args:
        image: Root folder of the image, in its well.
        options: What to estimate from, and what to do in doubt.
        well: What all images of the well propose, this one among them.
        plate: How the plate moved, as far as it is known.
        workers: Regions worked on at the same time.

    Raises:
        InvalidInputError: A table, level or channel is missing, or the images do not fit together.
        UncertainShiftError: A region cannot be trusted, and the policy gives it no other shift.
    """
    own = next(each for each in well if each.image == image.name)
    decided = settle_image(image, options, well, plate, workers=workers)
    refused = [region for region in decided if region.decision == "refused"]
    if refused:
        raise UncertainShiftError(
            f"{image}: no shift to {own.reference} can be trusted for "
            + "; ".join(f"region '{region.region}': {region.reason}" for region in refused)
            + ". Nothing was written. Look at these regions; try another level_path or wavelength, "
            'or choose on_low_confidence="zero" to leave them where they are'
        )
    return ImageEstimate(
        image=image,
        reference=image.parent / own.reference,
        options=options,
        regions=tuple(
            RegionEstimate(
                name=one.region,
                translation=one.translation,
                score=0.0 if region.best is None else region.best.score,
                rival=1.0 if region.best is None else region.best.rival,
                decision=one.word,
                reason=one.reason,
            )
            for one, region in zip(decided, own.regions, strict=True)
        ),
        warnings=own.warnings,
    )
