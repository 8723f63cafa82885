"""What can run the images of a well side by side."""

from __future__ import annotations

from typing import Literal

RunnerKind = Literal["threads", "processes"]
