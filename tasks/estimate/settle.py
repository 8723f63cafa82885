"""Decide on the regions of an image by all that is known: pixels are read again only in doubt."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tasks.estimate.field import Field
from tasks.estimate.options import EstimateOptions
from tasks.estimate.paired import Paired, open_paired, pair_images
from tasks.estimate.propose import other_wells
from tasks.movement.closure import Chain, Link, chains
from tasks.movement.decide import Decided, Known, decide_region, is_settled, needs_second_look
from tasks.movement.evidence import ImageEvidence, Translation
from tasks.movement.plate import PlateMovement, know_image
from tasks.plan.errors import RegistrationError
from tasks.storage.provenance import read_provenance

_OVER = 2
"""Third acquisitions to ask of a region in doubt; each costs as much as estimating it again."""


def settle_image(
    image: Path,
    options: EstimateOptions,
    well: Sequence[ImageEvidence],
    plate: PlateMovement,
    *,
    workers: int = 1,
) -> tuple[Decided, ...]:
    """Decide on every region of an image.

    A region that is not settled by what it proposed is looked at again where the well's other
    fields and the plate say that its shift lies, then compared with other acquisitions.

    Args:
        image: Root folder of the image, in its well.
        options: What to estimate from, and what to do in doubt.
        well: What all images of the well propose, this one among them.
        plate: How the plate moved, as far as it is known.
        workers: Regions worked on at the same time.

    Raises:
        InvalidInputError: A table, level or channel is missing, or the images do not fit together.
    """
    own = next(each for each in well if each.image == image.name)
    known = [_allowed(each, options) for each in know_image(own, well, plate)]
    if not all(is_settled(region) for region in known):
        paired = open_paired(image, options)
        doubt = _Doubt(image, paired, options, own, well)
        with ThreadPoolExecutor(max_workers=workers) as threads:
            known = list(threads.map(doubt.looked_at, range(len(known)), known))
    return tuple(decide_region(region, options.on_low_confidence) for region in known)


@dataclasses.dataclass(frozen=True)
class _Doubt:
    image: Path
    paired: Paired
    options: EstimateOptions
    own: ImageEvidence
    well: Sequence[ImageEvidence]

    def looked_at(self, number: int, known: Known) -> Known:
        """Return what is known of a region once all has been tried that could settle it."""
        if is_settled(known):
            return known
        told = known.prediction
        if told is not None and needs_second_look(known):
            elsewhere = other_wells(self.image, self.paired, self.options)
            field = Field(self.paired, number, self.options, elsewhere)
            near = field.look_near(told.translation, told.within, told.voices)
            if near is not None:
                return dataclasses.replace(known, near=near)
        return dataclasses.replace(known, chains=self._chains(known.proposal.region))

    def _chains(self, region: str) -> tuple[Chain, ...]:
        own, reference = self.own.acquisition, self.own.reference_acquisition
        # Along z another acquisition says more than this pair can, or less: they would disagree.
        if own is None or self.paired.is_flat:
            return ()
        links = [
            link for third in self._thirds(region)[:_OVER] for link in self._over(third, region)
        ]
        most = self.options.max_shift_um
        found = chains(own, reference, links)
        return tuple(one for one in found if most is None or _largest(one.translation) <= most)

    def _thirds(self, region: str) -> list[ImageEvidence]:
        """Return images of other acquisitions that are sure of this region, the nearest first."""
        own = self.own.acquisition or 0
        sure = {
            other.acquisition: other
            for other in self.well
            if other.acquisition not in {None, self.own.acquisition}
            and other.reference == self.own.reference
            and any(each.region == region and each.is_sure for each in other.regions)
            # What was moved since shows its own shift no more.
            and read_provenance(self.image.parent / other.image) is None
        }
        return [sure[n] for n in sorted(sure, key=lambda n: (abs((n or 0) - own), n))]

    def _over(self, third: ImageEvidence, region: str) -> tuple[Link, ...]:
        path = self.image.parent / third.image
        try:
            paired = pair_images(path, self.image, self.options)
        except RegistrationError:
            return ()
        names = [ours.name for ours, _ in paired.regions]
        if region not in names or paired.is_flat:
            return ()
        if third.acquisition is None or self.own.acquisition is None:
            return ()
        found = Field(paired, names.index(region), self.options).propose((0.0, 0.0))
        known = next(each for each in third.regions if each.region == region)
        if not (found.is_sure and known.is_sure):
            return ()
        to_third, to_reference = found.candidates[0], known.candidates[0]
        return (
            Link(
                self.own.acquisition, third.acquisition, to_third.translation, to_third.error, True
            ),
            Link(
                third.acquisition,
                self.own.reference_acquisition,
                to_reference.translation,
                to_reference.error,
                True,
            ),
        )


def _allowed(known: Known, options: EstimateOptions) -> Known:
    """Return what is known without a prediction that is no believable shift."""
    most, prediction = options.max_shift_um, known.prediction
    if most is None or prediction is None or _largest(prediction.translation) <= most:
        return known
    return dataclasses.replace(known, prediction=None)


def _largest(translation: Translation) -> float:
    return max(abs(n) for n in translation)
