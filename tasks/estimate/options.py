"""How shifts are estimated: what is compared, and what to do in doubt."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tasks.movement.decide import OnLowConfidence
from tasks.plan.window import Frozen

Method = Literal["phase_cross_correlation"]


class EstimateOptions(Frozen):
    """How shifts are estimated: fractal-tasks-core's parameters, and what to do in doubt."""

    wavelength_id: str
    reference_acquisition: int = 0
    method: Method = "phase_cross_correlation"
    input_roi_table: str = "FOV_ROI_table"
    level_path: str = "2"
    lower_rescale_quantile: float = Field(default=0.0, ge=0, lt=1)
    upper_rescale_quantile: float = Field(default=0.99, gt=0, le=1)
    max_shift_um: float | None = Field(default=None, gt=0)
    """Micrometers along any axis; None: at least half of a region must overlap."""
    on_low_confidence: OnLowConfidence = "neighbours"
