"""What a report says in a line or two: verdicts by number, and the worst regions by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from tasks.quality.region_quality import WORST_FIRST, RegionQuality, Verdict

MOST_TOLD = 10
"""Regions that are named outside the report."""

SIGNS: dict[Verdict, tuple[str, str]] = {
    "fail": ("✕", "fail"),
    "check": ("?", "check"),
    "nothing to judge": ("o", "nothing"),
    "pass": ("✓", "pass"),
}
"""Per verdict a sign, for eyes that see no colours, and its name in the page's style."""


def summary_of(regions: Sequence[RegionQuality]) -> str:
    """Return how many regions have which verdict, worst first, in words."""
    counts = Counter(region.verdict for region in regions)
    if not counts:
        return "nothing was measured"
    return ", ".join(f"{counts[verdict]} {verdict}" for verdict in WORST_FIRST if counts[verdict])


def worst_of(regions: Sequence[RegionQuality], most: int) -> Iterator[str]:
    """Yield the worst regions by name and reason; those that pass are not among them."""
    told = [region for region in regions if region.verdict in ("fail", "check")]
    told.sort(key=lambda region: WORST_FIRST.index(region.verdict))
    for region in told[:most]:
        yield f"{region.verdict}: {region.well} {region.image} {region.region}: {region.reason}"
    if len(told) > most:
        yield f"and {len(told) - most} more"
