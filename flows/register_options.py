"""What register flows hand on to each well: how to estimate, how to agree, how to apply."""

from __future__ import annotations

from typing import Any, Literal

from flows.consensus import registered_name
from tasks.estimate.options import EstimateOptions
from tasks.plan.window import Interpolation


class RegisterOptions(EstimateOptions):
    """One request, the same for every well; see the parameters' own descriptions."""

    min_overlap: float
    stop_after: Literal["estimate", "consensus"] | None
    register_labels: bool
    overwrite_input: bool
    interpolation: Interpolation
    redo: bool
    dry_run: bool

    def for_estimate(self) -> EstimateOptions:
        """Return what concerns the first stage."""
        return EstimateOptions.model_validate(
            self.model_dump(include=set(EstimateOptions.model_fields))
        )

    def for_consensus(self) -> dict[str, Any]:
        """Return the parameters of `find_consensus_of_well`, redo left out."""
        return self.model_dump(include={"reference_acquisition", "input_roi_table", "min_overlap"})

    def for_apply(self) -> dict[str, Any]:
        """Return the parameters of `apply_registration_to_well`, redo left out."""
        names = {"reference_acquisition", "register_labels", "overwrite_input", "interpolation"}
        return {
            "registered_roi_table": registered_name(self.input_roi_table),
            **self.model_dump(include=names),
        }
