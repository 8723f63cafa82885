"""The report of a plate in Markdown, for Prefect's UI: short, whatever the plate's size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from tasks.quality.region_quality import RegionQuality, Verdict
from tasks.report.gather import worst
from tasks.report.layout import Layout
from tasks.report.summary import SIGNS, summary_of, worst_of

MOST_WORST = 20


def plate_markdown(
    name: str, wells: Sequence[str], regions: Sequence[RegionQuality], page: Path | None
) -> str:
    """Return verdict counts, a map of the wells, the worst regions, and where the report is.

    Args:
        name: Of the plate.
        wells: All wells of the plate.
        regions: Of all images.
        page: The report; its path is of the machine that the run was on.
    """
    lines = [f"# {name}", "", f"**{summary_of(regions)}** of {len(regions)} regions", ""]
    by_well: dict[str, list[Verdict]] = defaultdict(list)
    for region in regions:
        by_well[region.well].append(region.verdict)
    layout = Layout.of(wells)
    lines += [
        f"| | {' | '.join(layout.columns)} |",
        f"|{' --- |' * (len(layout.columns) + 1)}",
        *(
            f"| **{row}** | "
            + " | ".join(_sign(by_well.get(f"{row}/{column}", [])) for column in layout.columns)
            + " |"
            for row in layout.rows
        ),
        "",
        ", ".join(f"{sign} {verdict}" for verdict, (sign, _) in SIGNS.items()),
        "",
        *(f"- {_plain(told)}" for told in worst_of(regions, MOST_WORST)),
        "",
    ]
    if page is not None:
        lines.append(f"Report, on the machine of the run: `{page}`")
    return "\n".join(lines)


def _sign(verdicts: Sequence[Verdict]) -> str:
    verdict = worst(verdicts)
    return SIGNS[verdict][0] if verdict else ""


def _plain(text: str) -> str:
    """Return text that Markdown takes as it is."""
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>|#" else letter for letter in text)
