"""The table `registration_qc`: how well each region of a registered image agrees, and why.

Its rows are for people and programs; an attribute of its group holds all that is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl
from pydantic import JsonValue, TypeAdapter

from tasks.plan.quality_table import QUALITY_TABLE
from tasks.quality.region_quality import RegionQuality
from tasks.storage.attributes import (
    OUR_RECORD,
    read_attributes,
    write_group,
    zarr_format,
)
from tasks.storage.provenance import read_provenance
from tasks.storage.removal import remove_tree

_REGIONS = TypeAdapter(tuple[RegionQuality, ...])


def rows_of(regions: Sequence[RegionQuality]) -> Iterator[dict[str, object]]:
    """Yield a row per region and channel, the judged channel of a region first.

    Shifts are micrometers, motions pixels of the finest level, angles degrees; what is not known is
    left out.
    """
    for quality in regions:
        z, y, x = quality.shift
        judged: dict[str, object] = {}
        if quality.motion is not None:
            judged = {
                "residual_median_px": quality.motion.median if quality.motion.clear else None,
                "residual_largest_px": quality.motion.largest if quality.motion.clear else None,
                "rotation_degrees": quality.motion.rotation,
                "rotation_error_degrees": quality.motion.rotation_error,
                "rotation_share": quality.motion.rotation_share,
                "rotation_corner_px": quality.motion.in_corner,
                "places": quality.motion.places,
                "places_clear": quality.motion.clear,
            }
        for number, found in enumerate(quality.agreements or (None,)):
            yield {
                "well": quality.well,
                "image": quality.image,
                "acquisition": quality.acquisition,
                "region": quality.region,
                "verdict": quality.verdict,
                "reason": quality.reason,
                "channel": found.channel if found else "",
                "judged": number == 0,
                "agreement_before": found.before if found else None,
                "agreement_after": found.after if found else None,
                "agreement_others": found.others if found else None,
                "shift_z_um": z,
                "shift_y_um": y,
                "shift_x_um": x,
                "cut_away": quality.cut_away,
                **(judged if number == 0 else {}),
            }


def frame_of(regions: Sequence[RegionQuality]) -> pl.DataFrame:
    """Return the rows as a data frame; see `rows_of`."""
    return pl.DataFrame(list(rows_of(regions)), schema=_COLUMNS)


_COLUMNS: dict[str, pl.DataType] = {
    "well": pl.String(),
    "image": pl.String(),
    "acquisition": pl.Int64(),
    "region": pl.String(),
    "verdict": pl.String(),
    "reason": pl.String(),
    "channel": pl.String(),
    "judged": pl.Boolean(),
    "agreement_before": pl.Float64(),
    "agreement_after": pl.Float64(),
    "agreement_others": pl.Float64(),
    "shift_z_um": pl.Float64(),
    "shift_y_um": pl.Float64(),
    "shift_x_um": pl.Float64(),
    "cut_away": pl.Float64(),
    "residual_median_px": pl.Float64(),
    "residual_largest_px": pl.Float64(),
    "rotation_degrees": pl.Float64(),
    "rotation_error_degrees": pl.Float64(),
    "rotation_share": pl.Float64(),
    "rotation_corner_px": pl.Float64(),
    "places": pl.Int64(),
    "places_clear": pl.Int64(),
}


def write_quality(image: Path, regions: Sequence[RegionQuality]) -> None:
    """Write the table into a staged image, which nobody else can see, and list it there.

    Its rows lie as ngio's generic tables do that are stored as CSV. Nothing is flushed: a staged
    image is flushed as a whole.

    Args:
        image: Root folder of the image.
        regions: All of its regions.

    Raises:
        OSError: It cannot be written.
    """
    tables = image / "tables"
    folder = tables / QUALITY_TABLE
    version = zarr_format(image) or 3
    remove_tree(folder)
    record: JsonValue = _REGIONS.dump_python(tuple(regions), mode="json")
    write_group(folder, version, {"backend": "csv", OUR_RECORD: record}, indent=None)
    frame_of(regions).write_csv(folder / "table.csv")
    attributes = read_attributes(tables) if zarr_format(tables) else {}
    listed = attributes.get("tables")
    names = list(listed) if isinstance(listed, list) else []
    if QUALITY_TABLE not in names:
        write_group(tables, version, {**attributes, "tables": [*names, QUALITY_TABLE]})


def read_quality(image: Path) -> tuple[RegionQuality, ...]:
    """Return what an image's table says of its regions; nothing where it has none.

    Other programs that make the image anew carry the table over, and what it says is true no more;
    our record they do not, and without it the table counts for nothing.

    Raises:
        InvalidInputError: The metadata cannot be understood.
        ValidationError: The record was written by something else.
    """
    folder = image / "tables" / QUALITY_TABLE
    if zarr_format(folder) is None or read_provenance(image) is None:
        return ()
    return _REGIONS.validate_python(read_attributes(folder).get(OUR_RECORD, ()))
