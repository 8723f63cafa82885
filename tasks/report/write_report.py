"""Write the report of a plate from what its images say; nothing is measured."""

from __future__ import annotations

import io
import json
import os
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from tasks.quality.region_quality import WORST_FIRST, RegionQuality, Verdict
from tasks.quality.table import frame_of
from tasks.report.figures import histogram, shift_map
from tasks.report.folder import DETAILS, NUMBERS, PAGE
from tasks.report.gather import worst
from tasks.report.layout import Layout
from tasks.report.rows import FIELDS, details_of, page_rows
from tasks.report.summary import SIGNS, summary_of

MOST_MAPS = 6
"""Acquisitions whose shifts are drawn; the page stays small with twenty of them."""

TEMPORARY = ".plate-registration.new"
"""What a file's name ends with while it is written."""

LEFT_AFTER_SECONDS = 3600
"""Age of a file of that name that nobody is writing any more."""

FEWEST_ARROWS = 3
"""Regions: of fewer, what they share is all there is."""

_TABLE = [
    ("place", "Picture", "As the plate lists them"),
    ("verdict", "Verdict", ""),
    ("well", "Region", "Well, image, region"),
    ("reason", "Reason", ""),
    ("before", "Before", "Agreement with the reference before, 1 is best"),
    ("after", "After", "Agreement with the reference after, 1 is best"),
    ("others", "Other wells", "Agreement with the same place of other wells: chance"),
    ("off", "Off by, px", "Motion left in the middle of all blocks"),
    ("turned", "Turned, °", "Rotation that is left"),
    ("distance", "Shift, µm", "How far the region was moved"),
]


def write_report(
    plate_name: str, wells: Sequence[str], regions: Sequence[RegionQuality], folder: Path
) -> Path:
    """Write page, numbers and details; a reader sees the old page or the new one.

    Each file is replaced as a whole, the page last: killed at any moment, each is old or new.

    Args:
        plate_name: As people call the plate.
        wells: All wells of the plate, such as `B/03`.
        regions: Of all images, in the plate's order.
        folder: Of the report; made if it is not there.

    Returns:
        The page.

    Raises:
        OSError: It cannot be written; the old page is still there.
    """
    (folder / DETAILS).mkdir(parents=True, exist_ok=True)
    _remove_leftovers(folder)
    for name, found in details_of(regions).items():
        text = _script_text(found)
        _replace(
            folder / DETAILS / f"{name}.js",
            f'window.DETAILS ??= {{}};\nwindow.DETAILS["{name}"] = {text};\n'.encode(),
        )
    frame = frame_of(regions)
    _replace(folder / f"{NUMBERS}.csv", frame.write_csv().encode())
    parquet = io.BytesIO()
    frame.write_parquet(parquet)
    _replace(folder / f"{NUMBERS}.parquet", parquet.getvalue())
    page = folder / PAGE
    _replace(page, _page(plate_name, wells, regions, folder).encode())
    return page


def _page(
    plate_name: str, wells: Sequence[str], regions: Sequence[RegionQuality], folder: Path
) -> str:
    layout = Layout.of(wells)
    own = files("tasks.report.page")
    template = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    ).from_string((own / "page.html").read_text(encoding="utf-8"))
    counts = Counter(region.verdict for region in regions)
    data = {
        "fields": list(FIELDS),
        "names": FIELDS,
        "rows": page_rows(regions, folder),
        "signs": SIGNS,
    }
    return template.render(
        title=plate_name,
        summary=f"{len(regions)} regions: {summary_of(regions)}",
        made="Sorted with the worst first.",
        style=Markup((own / "page.css").read_text(encoding="utf-8")),  # noqa: S704 - our own file
        script=Markup((own / "page.js").read_text(encoding="utf-8")),  # noqa: S704 - our own file
        data=Markup(_script_text(data)),  # noqa: S704 - escaped for scripts
        rows=layout.rows,
        columns=layout.columns,
        wells={well: _well_mark(well, regions_of) for well, regions_of in _by_well(wells, regions)},
        figures=_figures(regions, layout),
        verdicts=[
            {"name": name, "sign": SIGNS[name][0], "mark": SIGNS[name][1], "count": counts[name]}
            for name in WORST_FIRST
        ],
        acquisitions=sorted({region.acquisition for region in regions}),
        table=[{"key": key, "name": name, "hint": hint} for key, name, hint in _TABLE],
    )


def _by_well(
    wells: Sequence[str], regions: Sequence[RegionQuality]
) -> list[tuple[str, list[RegionQuality]]]:
    found: dict[str, list[RegionQuality]] = {well: [] for well in wells}
    for region in regions:
        found.setdefault(region.well, []).append(region)
    return list(found.items())


def _well_mark(well: str, regions: Sequence[RegionQuality]) -> dict[str, str]:
    verdict = worst([region.verdict for region in regions])
    if verdict is None:
        return {"mark": "none", "sign": "", "text": f"{well} was not measured"}
    sign, mark = SIGNS[verdict]
    return {"mark": mark, "sign": sign, "text": summary_of(regions)}


def _figures(regions: Sequence[RegionQuality], layout: Layout) -> list[dict[str, Any]]:
    agreed: dict[Verdict, list[float]] = {verdict: [] for verdict in WORST_FIRST}
    off: dict[Verdict, list[float]] = {verdict: [] for verdict in WORST_FIRST}
    for region in regions:
        judged = region.agreements[0] if region.agreements else None
        now = None
        if judged is not None:
            now = judged.before if judged.after is None else judged.after
        if now is not None:
            agreed[region.verdict].append(now)
        if region.motion and region.motion.clear:
            off[region.verdict].append(region.motion.median)
    drawn: list[tuple[str, str]] = []
    if any(agreed.values()):
        svg = histogram(agreed, "agreement with the reference", (-0.2, 1.0))
        drawn.append((svg, "Agreement with the reference"))
    if any(off.values()):
        drawn.append((histogram(off, "off by, px"), "Motion that is left"))
    for acquisition in sorted({region.acquisition for region in regions})[:MOST_MAPS]:
        moved = [region for region in regions if region.acquisition == acquisition]
        if len(moved) >= FEWEST_ARROWS and any(any(region.shift) for region in moved):
            told = "less what all regions share; a swirl is a turn"
            svg = shift_map(moved, layout, acquisition)
            drawn.append((svg, f"Shifts of acquisition {acquisition}, {told}"))
    # matplotlib's own output, whose texts are ours and the plate's row and column names.
    return [{"picture": Markup(svg), "text": text} for svg, text in drawn]  # noqa: S704


def _script_text(content: object) -> str:
    """Return JSON that nothing can end the script from."""
    text = json.dumps(content, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}{TEMPORARY}")
    temporary.write_bytes(content)
    temporary.replace(path)


def _remove_leftovers(folder: Path) -> None:
    """Remove what killed runs have left; a run that is still writing has begun just now."""
    for path in (*folder.glob(f".*{TEMPORARY}"), *(folder / DETAILS).glob(f".*{TEMPORARY}")):
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > LEFT_AFTER_SECONDS:
                path.unlink()
