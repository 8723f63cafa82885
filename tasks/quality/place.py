"""Where one region lies in the reference, in the original and in the result, in whole pixels."""

from __future__ import annotations

from tasks.plan.registration_plan import RegistrationPlan
from tasks.plan.window import Frozen, Window
from tasks.quality.cut_away import cut_away


class Place(Frozen):
    """One region; windows are of the finest level, in the order of the axes."""

    region: str
    axes: tuple[str, ...]
    """Of the registered image; the reference may have others."""
    reference: Window
    before: Window | None
    """In the original, where the region would lie had nothing moved; None where it is not known."""
    after: Window | None
    """In the result; None where nothing was registered."""
    shift: tuple[float, float, float]
    """Micrometers along z, y, x by which its pixels moved."""
    cut_away: float | None = None
    """Part of the region, as it was before the consensus, that is not there any more."""


def places_of(plan: RegistrationPlan) -> tuple[Place, ...]:
    """Return the regions of a planned registration, in its order.

    Raises:
        InvalidInputError: The image's metadata cannot be read.
    """
    lost = cut_away(plan.image_path, plan.registered_roi_table, plan.frame)
    sizes = dict(zip(plan.image.axes, plan.image.pixel_size, strict=True))
    places = []
    for shift in plan.image.shifts:
        move = dict(zip(plan.image.axes, shift.move, strict=True))
        z, y, x = (move.get(axis, 0.0) * sizes.get(axis, 1.0) for axis in "zyx")
        places.append(
            Place(
                region=shift.region,
                axes=plan.image.axes,
                reference=shift.target,
                before=shift.target,
                after=shift.target,
                shift=(z, y, x),
                cut_away=lost.get(shift.region),
            )
        )
    return tuple(places)
