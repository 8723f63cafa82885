"""Where one region lies in the reference, in the original and in the result, in whole pixels."""

from __future__ import annotations

from tasks.plan.region import Region
from tasks.plan.registration_plan import RegistrationPlan
from tasks.plan.rounding import region_window
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

    @property
    def is_missing(self) -> bool:
        """Whether the image lacks the region: the result is 0 there."""
        return self.before is None and self.after is None

    def across(self) -> Place:
        """Return the same place along y and x alone: all planes that an image has."""
        kept = [n for n, axis in enumerate(self.axes) if axis != "z"]
        update: dict[str, object] = {"axes": tuple(self.axes[n] for n in kept)}
        for name in ("reference", "before", "after"):
            window: Window | None = getattr(self, name)
            update[name] = window and Window(
                start=tuple(window.start[n] for n in kept), stop=tuple(window.stop[n] for n in kept)
            )
        return self.model_copy(update=update)


def places_of(plan: RegistrationPlan) -> tuple[Place, ...]:
    """Return the regions of a planned registration, in its order; what the image lacks comes last.

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
    moved = {shift.region for shift in plan.image.shifts}
    return (*places, *(_missing(region, plan) for region in plan.frame if region.name not in moved))


def _missing(region: Region, plan: RegistrationPlan) -> Place:
    image = plan.image
    shape = image.levels[0].shape
    window = region_window(region, axes=image.axes, pixel_size=image.pixel_size, shape=shape)
    return Place(
        region=region.name,
        axes=image.axes,
        reference=window.clipped_to(Window.whole(shape)),
        before=None,
        after=None,
        shift=(0.0, 0.0, 0.0),
    )
