"""What one comparison with the oracle is made of: an image, its labels, its regions, a reason.

Positions are whole or broken pixels of the image; they become micrometers when they are written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.plate_tables import Box

Regions = Mapping[str, Box]

FIELDS_REFERENCE: Regions = {
    "FOV_1": {"y": (0, 30), "x": (0, 40)},
    "FOV_2": {"y": (30, 31), "x": (40, 43)},
}
FIELDS_MOVED: Regions = {
    "FOV_1": {"y": (3, 30), "x": (5, 40)},
    "FOV_2": {"y": (27, 31), "x": (38, 43)},
}


@dataclass(frozen=True)
class LabelCase:
    """A label that differs from the image: its own axes, grid, dtype, chunks or levels."""

    axes: str
    shape: tuple[int, ...]
    dtype: str = "uint32"
    pixel_size: float = 0.5
    chunks: tuple[int, ...] | None = None
    scaling: Mapping[str, float] | None = None
    levels: int = 3
    first: int = 1


@dataclass(frozen=True)
class Case:
    """An image, its regions, and why it is worth a comparison. Two fields of view by default."""

    reason: str
    axes: str = "yx"
    shape: tuple[int, ...] = (61, 83)
    chunks: tuple[int, ...] = (24, 32)
    reference: Regions = field(default_factory=lambda: FIELDS_REFERENCE)
    acquisition: Regions = field(default_factory=lambda: FIELDS_MOVED)
    shards: tuple[int, ...] | None = None
    levels: int = 3
    scaling: Mapping[str, float] | None = None
    dtype: str = "uint16"
    ngff_version: Literal["0.4", "0.5"] = "0.4"
    pixel_size: float = 0.5
    z_spacing: float = 1.0
    separator: Literal["/", "."] = "/"
    compressors: Any = None
    fill_value: float | None = None
    with_label: bool = True
    """Whether there is a label on the image's own grid."""
    labels: Mapping[str, LabelCase] = field(default_factory=dict)
    """Further labels."""
    level_shapes: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    level_chunks: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    storage: Mapping[str, Any] = field(default_factory=dict)
    """How every level is stored, where ngio would not store it so; as zarr takes it."""
    absent_chunk: bool = False
    reference_shape: tuple[int, ...] | None = None
    """Of the reference image, where it is another."""
    reference_pixel_size: float | None = None
    registered: int = 1
    """The acquisition that is registered; 0 is the reference itself."""
