"""What an image, a well and a plate flow all hand on: how each image is to be registered."""

from __future__ import annotations

from tasks.plan.window import Frozen, Interpolation


class RegistrationOptions(Frozen):
    """One request, the same for every image of a run; see `flows.parameters` for each field."""

    registered_roi_table: str
    reference_acquisition: int
    register_labels: bool
    overwrite_input: bool
    interpolation: Interpolation
    redo: bool
    dry_run: bool
