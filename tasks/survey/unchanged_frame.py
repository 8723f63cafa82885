"""Look once more, just before a result takes its place, whether its frame is the one planned."""

from __future__ import annotations

from tasks.plan.errors import ChangedMeanwhileError
from tasks.plan.region import digest_regions
from tasks.plan.registration_plan import RegistrationPlan
from tasks.survey.regions import read_regions


def refuse_changed_frame(plan: RegistrationPlan) -> None:
    """Check that the reference's registered regions are those of the plan, in an owned well.

    Raises:
        ChangedMeanwhileError: They have changed, so that this image and those after it would not
            lie in one frame.
        InvalidInputError: They cannot be read.
    """
    regions = read_regions(plan.reference_path, plan.registered_roi_table)
    if digest_regions(regions) != plan.reference_digest:
        raise ChangedMeanwhileError(
            f"{plan.reference_path}: its table '{plan.registered_roi_table}' has changed while "
            f"{plan.image_path} was registered to it: another run or program is at work in this "
            "well. The image was kept as it was; run again when that has ended"
        )
