"""From what all fields of a plate propose to what is known of each of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tasks.movement.decide import Known
from tasks.movement.evidence import ImageEvidence, Proposal
from tasks.movement.field_shifts import FieldShifts
from tasks.movement.fit import fit_movement
from tasks.movement.layout import well_place
from tasks.movement.movement import Movement
from tasks.movement.predict import By, Prediction, predict
from tasks.plan.window import Frozen

_Field = tuple[str, Proposal]
"""A well, and a region in it that is sure of its shift."""


class PlateMovement(Frozen):
    """How a plate moved in every acquisition."""

    movements: tuple[Movement, ...]
    """One per acquisition in which any field is sure of its shift."""
    pitch: float | None
    """Millimeters from well to well; None where the layout is not known."""
    corner: float
    """From a field's centre to its corner, micrometers, of the largest field."""
    pixel: float
    """Micrometers per pixel along y and x, of the finest level that shifts were estimated at."""

    def of(self, acquisition: int | None) -> Movement | None:
        """Return the movement of one acquisition, or None if nothing is known of it."""
        return next((each for each in self.movements if each.acquisition == acquisition), None)


def fit_plate(evidence: Sequence[ImageEvidence], pitch: float | None) -> PlateMovement:
    """Fit the movement of every acquisition, from all fields that are sure by themselves.

    Args:
        evidence: Of all images of all wells that are known, registered to one acquisition.
        pitch: Millimeters from well to well; None where the layout is not known: a turn of the
            plate then looks like wells that move by themselves.
    """
    by_acquisition: dict[int, list[_Field]] = {}
    for image in evidence:
        if image.acquisition is None:
            continue
        sure = by_acquisition.setdefault(image.acquisition, [])
        sure += [(image.well, region) for region in image.regions if region.is_sure]
    movements = []
    for acquisition, fields in sorted(by_acquisition.items()):
        if fields:
            wells = sorted({well for well, _ in fields})
            movements.append(fit_movement(acquisition, _arrays(fields, wells, pitch), wells))
    regions = [region for image in evidence for region in image.regions]
    return PlateMovement(
        movements=tuple(movements),
        pitch=pitch,
        corner=max((region.corner for region in regions), default=0.0),
        pixel=min((min(region.pixel[1:]) for region in regions), default=1.0),
    )


def know_image(
    image: ImageEvidence, well: Sequence[ImageEvidence], plate: PlateMovement
) -> tuple[Known, ...]:
    """Return what is known of each region of an image, without looking at a pixel again.

    A region is predicted from all others, never from itself.

    Args:
        image: The image.
        well: All images of its well, itself among them; those of its acquisition are used.
        plate: How the plate moved.
    """
    movement = plate.of(image.acquisition)
    if movement is None:
        return tuple(Known(region) for region in image.regions)
    same = [each for each in well if each.acquisition == image.acquisition]
    return tuple(
        Known(region, _predict(image, region, same, movement, plate.pitch))
        for region in image.regions
    )


def _predict(
    image: ImageEvidence,
    region: Proposal,
    same: Sequence[ImageEvidence],
    movement: Movement,
    pitch: float | None,
) -> Prediction | None:
    # Another image of the acquisition shows the same region at the same time: no other field.
    others = [
        (each.image, other)
        for each in same
        for other in each.regions
        if other.is_sure and other.region != region.region
    ]
    own = [other for name, other in others if name == image.image]
    by: By = "image" if own else "well" if others else "plate"
    chosen = own or [other for _, other in others]
    fields = [(image.well, other) for other in chosen]
    arrays = _arrays(fields, [image.well], pitch) if fields else None
    return predict(movement, _place(image.well, region, pitch), arrays, by=by)


def _place(well: str, region: Proposal, pitch: float | None) -> tuple[float, float]:
    row, column = (0.0, 0.0) if pitch is None else well_place(well, pitch)
    return row + region.place[0], column + region.place[1]


def _arrays(fields: Sequence[_Field], wells: Sequence[str], pitch: float | None) -> FieldShifts:
    number = {well: n for n, well in enumerate(wells)}
    best = [region.candidates[0] for _, region in fields]
    return FieldShifts(
        wells=np.array([number[well] for well, _ in fields], dtype=np.intp),
        places=np.array([_place(well, region, pitch) for well, region in fields]),
        shifts=np.array([each.translation for each in best]),
        errors=np.array([each.error for each in best]),
        side=float(np.median([region.side for _, region in fields])),
    )
