"""What a region gets whose shift cannot be trusted, as the user chooses."""

from __future__ import annotations

from typing import Literal

OnLowConfidence = Literal["neighbours", "fail", "zero"]
