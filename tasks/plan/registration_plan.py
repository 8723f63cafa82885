"""What registering one image will do: a small, frozen, JSON-able plan in pixels."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from tasks.plan.contents import Contents
from tasks.plan.kept import Kept
from tasks.plan.region import Region
from tasks.plan.window import Frozen, Interpolation, Shift


class Level(Frozen):
    """One pyramid level: a zarr array, as it is in the source and will be in the result."""

    path: str
    """Path below the image, such as `0` or `labels/nuclei/0`."""
    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    shards: tuple[int, ...] | None = None
    dtype: str
    """NumPy's name, such as `uint16`."""

    @property
    def write_unit(self) -> tuple[int, ...]:
        """The smallest box that one writer must own: the shard, where there are shards."""
        return self.shards or self.chunks


class Pyramid(Frozen):
    """A multiscale image or label, and how its regions move on its own pixel grid."""

    path: str
    """Path below the image: empty for the image itself, `labels/<name>` for a label."""
    axes: tuple[str, ...]
    """Axis names in array order, such as `("c", "z", "y", "x")`."""
    pixel_size: tuple[float, ...]
    """Size of a level-0 pixel per axis: micrometers, seconds for t, 1 for c."""
    levels: tuple[Level, ...]
    """Finest first."""
    resampling: Literal["linear", "nearest"]
    shifts: tuple[Shift, ...]
    """In the reference table's order: where targets overlap, the later one wins. Empty for a label
    that is carried over unshifted."""
    interpolation: Interpolation = "none"
    """How pixels move by the shifts' fractions; `none` where they move by whole pixels only, as
    labels always do."""

    @model_serializer(mode="wrap")
    def _as_before(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave the interpolation out where there is none, as plans did before there was any."""
        dumped: dict[str, Any] = serialize(self)
        if self.interpolation == "none":
            dumped.pop("interpolation", None)
        return dumped

    @property
    def name(self) -> str:
        """`image`, or the label's name."""
        return self.path.removeprefix("labels/") or "image"


class TablePlan(Frozen):
    """One table of the result: where it comes from and what happens to it."""

    name: str
    type: str
    """The table's own type, such as `roi_table` or `feature_table`."""
    backend: str
    """The table's own storage backend, such as `anndata`, `csv`, `json` or `parquet`."""
    origin: Literal["reference", "acquisition"]
    handling: Literal["copy", "shift", "clip"]
    """`shift`: its regions move with the pixels and are cut to the region they lie in. `clip`: they
    are cut to the image."""
    rows: int
    """Rows in the source."""
    reference_label: str | None = None
    """The label that a masking table describes: its rows move on that label's grid."""


class RegistrationPlan(Frozen):
    """All that the tasks after resolve-reference need to know; nothing of it is read twice."""

    plate: str
    well: str
    """Row and column, such as `B/03`."""
    image_path: Path
    """The image to be registered. Absolute, like every path here."""
    reference_path: Path
    output_path: Path
    """`image_path` itself when it is overwritten, else `<image_path>_registered`."""
    acquisition: int
    reference_acquisition: int
    registered_roi_table: str
    register_labels: bool
    zarr_format: Literal[2, 3]
    image: Pyramid
    labels: tuple[Pyramid, ...]
    tables: tuple[TablePlan, ...]
    regions_digest: str
    """SHA-256 of this image's registered regions: names and coordinates."""
    reference_digest: str
    """SHA-256 of the reference's registered regions."""
    frame: tuple[Region, ...] = ()
    """The reference's registered regions: where the result's pixels are."""
    made_from: dict[str, str] = Field(default_factory=dict)
    """What the result depends on, by its path below the image (below `reference/` of the
    reference), with the letters that it is known by."""
    kept: Kept
    """How much of the image its regions keep."""
    contents: dict[str, Contents] = Field(default_factory=dict)
    """What the image, and a result to be replaced, held when the plan was made, by their names."""
    warnings: tuple[str, ...] = ()
    """What a person should know before pixels move: clipped regions, dropped regions, ..."""
    left_behind: tuple[str, ...] = ()
    """What is not registered with the image, and why: labels that cannot be read, regions of the
    reference that it lacks."""

    @property
    def image_name(self) -> str:
        """Name of the image in its well, such as `1` or `1_illum_corr`."""
        return self.image_path.name

    @property
    def output_name(self) -> str:
        """Name of the result in the well."""
        return self.output_path.name

    @property
    def overwrites_input(self) -> bool:
        """Whether the result takes the place of the input."""
        return self.output_path == self.image_path

    def origin_of(self, table: TablePlan) -> Path:
        """Return the folder that a table is copied from."""
        image = self.reference_path if table.origin == "reference" else self.image_path
        return image / "tables" / table.name

    @property
    def title(self) -> str:
        """How logs name the image: plate, well and image."""
        return f"{self.plate} {self.well}/{self.image_name}"
