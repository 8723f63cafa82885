"""What the page knows of each region: short rows, and the names of their fields."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from pydantic import JsonValue

from tasks.quality.region_quality import RegionQuality
from tasks.report.folder import picture_stem, well_name

FIELDS: dict[str, str] = {
    "place": "",
    "well": "well",
    "image": "image",
    "acquisition": "acquisition",
    "region": "region",
    "verdict": "verdict",
    "reason": "reason",
    "before": "agreement before",
    "after": "agreement after",
    "others": "agreement with other wells",
    "off": "off by, px (median of blocks)",
    "largest": "off by, px (95th percentile)",
    "turned": "turned, degrees",
    "turned_error": "turned, standard error",
    "share": "part of the motion that a turn explains",
    "corner": "off in the corners by the turn, px",
    "cut": "part of the region that is lost",
    "clear": "blocks that show a motion",
    "places": "blocks with content",
    "z": "shift along z, µm",
    "y": "shift along y, µm",
    "x": "shift along x, µm",
    "distance": "shift, µm",
    "picture": "",
    "has_before": "",
    "has_after": "",
    "details": "",
    "key": "",
}
"""Per field, how people call it; empty where the page alone needs it."""


def page_rows(regions: Sequence[RegionQuality], folder: Path) -> list[list[JsonValue]]:
    """Return a row per region, its values in the order of `FIELDS`.

    Args:
        regions: In the order of the plate.
        folder: Of the report: pictures that are there are shown.
    """
    return [_row(place, region, folder) for place, region in enumerate(regions)]


def details_of(regions: Sequence[RegionQuality]) -> dict[str, dict[str, JsonValue]]:
    """Return, per well, what is loaded only when one of its regions is looked at."""
    found: dict[str, dict[str, JsonValue]] = {}
    for region in regions:
        arrows = region.motion.arrows if region.motion else ()
        found.setdefault(well_name(region.well), {})[_key(region)] = {
            "size": list(region.size),
            "arrows": [[round(value, 1) for value in arrow] for arrow in arrows],
        }
    return found


def _row(place: int, region: RegionQuality, folder: Path) -> list[JsonValue]:
    z, y, x = region.shift
    stem = picture_stem(region.well, region.image, region.region)
    shown = [what for what in ("before", "after") if (folder / f"{stem}-{what}.jpg").is_file()]
    values: dict[str, JsonValue] = {
        "place": place,
        "well": region.well,
        "image": region.image,
        "acquisition": region.acquisition,
        "region": region.region,
        "verdict": region.verdict,
        "reason": region.reason,
        "cut": _short(region.cut_away),
        "z": _short(z),
        "y": _short(y),
        "x": _short(x),
        "distance": _short(math.hypot(z, y, x)),
        "picture": stem if shown else "",
        "has_before": "before" in shown,
        "has_after": "after" in shown,
        "details": well_name(region.well),
        "key": _key(region),
        **_agreement(region),
        **_motion(region),
    }
    return [values.get(field) for field in FIELDS]


def _key(region: RegionQuality) -> str:
    """Return what a region is called in its well's details, whichever run wrote them."""
    return f"{region.image}/{region.region}"


def _agreement(region: RegionQuality) -> dict[str, JsonValue]:
    if not region.agreements:
        return {}
    judged = region.agreements[0]
    return {
        "before": _short(judged.before),
        "after": _short(judged.after),
        "others": _short(judged.others),
    }


def _motion(region: RegionQuality) -> dict[str, JsonValue]:
    motion = region.motion
    if motion is None:
        return {}
    lengths: dict[str, JsonValue] = {
        "off": _short(motion.median),
        "largest": _short(motion.largest),
    }
    return {
        "turned": _short(motion.rotation),
        "turned_error": _short(motion.rotation_error),
        "share": _short(motion.rotation_share),
        "corner": _short(motion.in_corner),
        "clear": motion.clear,
        "places": motion.places,
        **(lengths if motion.clear else {}),
    }


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
