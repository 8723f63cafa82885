"""What register flows hand on to each well: how to estimate, how to agree, how to apply."""

from __future__ import annotations

from typing import Any

from flows.consensus import registered_name
from tasks.plan.interpolation import Interpolation
from tasks.plan.window import Frozen


class RegisterOptions(Frozen):
    """One request, the same for every well; see the parameters' own descriptions."""

    wavelength_id: str
    reference_acquisition: int
    method: str
    input_roi_table: str
    level_path: str
    lower_rescale_quantile: float
    upper_rescale_quantile: float
    max_shift_um: float | None
    on_low_confidence: str
    min_overlap: float
    stop_after: str | None
    register_labels: bool
    overwrite_input: bool
    interpolation: Interpolation
    redo: bool

    def for_estimate(self) -> dict[str, Any]:
        """Return the parameters of `estimate_shifts_of_well`, redo left out."""
        names = (
            "wavelength_id",
            "reference_acquisition",
            "method",
            "input_roi_table",
            "level_path",
            "lower_rescale_quantile",
            "upper_rescale_quantile",
            "max_shift_um",
            "on_low_confidence",
        )
        return self.model_dump(include=set(names))

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
