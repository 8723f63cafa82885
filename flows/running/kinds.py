"""What can run the wells of a plate, and the images of a well, side by side."""

from __future__ import annotations

from typing import Literal

RunnerKind = Literal["threads", "processes"]

Where = Literal["here", "work-pool", "dask", "slurm"]
"""Where the wells of a plate run."""

Stage = Literal["propose", "register", "apply"]
"""What is done to wells: their shifts proposed, all that follows from them, or shifts applied."""
