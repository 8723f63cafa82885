"""Figures of a whole plate: arrows of the shifts, histograms of what was measured."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tasks.quality.region_quality import RegionQuality, Verdict
from tasks.report.layout import Layout

COLOURS: dict[Verdict, str] = {
    "pass": "#009e73",
    "check": "#e69f00",
    "fail": "#d55e00",
    "nothing to judge": "#8a8f98",
}
"""Okabe and Ito's, told apart by all eyes; the page's style has the same."""

_LINES = "#8a8f98"
_LARGEST_SHARE = 0.95
"""Quantile of the shifts whose arrow is as long as wells are apart."""

_BINS = 40


def shift_map(regions: Sequence[RegionQuality], layout: Layout, acquisition: int) -> str:
    """Return an SVG of one acquisition's shifts, an arrow a region, over the plate.

    What all regions share is taken away, so that a rotation shows as a swirl.
    """
    figure = Figure(figsize=(5.2, 3.6))
    axes = figure.subplots()
    own = [r for r in regions if r.acquisition == acquisition and layout.has(r.well)]
    places = np.array([layout.place(r.well, r.centre) for r in own]).reshape(-1, 2)
    shifts = np.array([r.shift[1:] for r in own]).reshape(-1, 2)
    rest = shifts - np.median(shifts, axis=0) if len(shifts) else shifts
    lengths = np.hypot(*rest.T)
    longest = float(np.quantile(lengths, _LARGEST_SHARE)) if len(lengths) else 0.0
    axes.quiver(
        places[:, 1],
        places[:, 0],
        rest[:, 1],
        rest[:, 0],
        color=[COLOURS[r.verdict] for r in own],
        angles="xy",
        scale_units="xy",
        scale=max(longest, 1e-9),
        width=0.004,
    )
    axes.set_xlim(0.4, len(layout.columns) + 0.6)
    axes.set_ylim(len(layout.rows) + 0.6, 0.4)
    axes.set_aspect("equal")
    axes.set_xticks(range(1, len(layout.columns) + 1), layout.columns)
    axes.set_yticks(range(1, len(layout.rows) + 1), layout.rows)
    return _svg(figure, [axes])


def histogram(
    values: dict[Verdict, list[float]], label: str, limits: tuple[float, float] | None = None
) -> str:
    """Return an SVG of a histogram, stacked by verdict."""
    figure = Figure(figsize=(5.2, 3.0))
    axes = figure.subplots()
    named = [(verdict, found) for verdict, found in values.items() if found]
    axes.hist(
        [found for _, found in named],
        bins=_BINS,
        range=limits,
        stacked=True,
        color=[COLOURS[verdict] for verdict, _ in named],
        label=[verdict for verdict, _ in named],
    )
    axes.set_xlabel(label)
    axes.set_ylabel("regions")
    # The best place is looked for by the clock, with a warning where that takes long.
    axes.legend(frameon=False, loc="upper right")
    return _svg(figure, [axes])


def _svg(figure: Figure, all_axes: Sequence[Axes]) -> str:
    for axes in all_axes:
        axes.tick_params(color=_LINES, labelsize=8)
        for side, spine in axes.spines.items():
            spine.set_visible(side in ("left", "bottom"))
            spine.set_color(_LINES)
    figure.tight_layout()
    content = io.StringIO()
    # Text stays text, so that the page can colour it for the dark and readers can read it.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "plate-registration"}):
        figure.savefig(content, format="svg", transparent=True, metadata={"Date": None})
    svg = content.getvalue()
    svg = svg[svg.index("<svg") :]
    return re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
