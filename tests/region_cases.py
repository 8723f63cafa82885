"""Where regions lie and how they move: over edges, over each other, between pixels, in z and t."""

from __future__ import annotations

from tests.case import FIELDS_MOVED, FIELDS_REFERENCE, Case, LabelCase

REGIONS = {
    "overlapping": Case(
        "the later in the reference's table wins",
        reference={"a": {"y": (0, 40), "x": (0, 50)}, "b": {"y": (20, 40), "x": (30, 50)}},
        acquisition={"b": {"y": (11, 40), "x": (25, 50)}, "a": {"y": (4, 40), "x": (7, 50)}},
    ),
    "overlapping, other way round": Case(
        "the order of the reference's table decides, not position or name",
        reference={"b": {"y": (20, 40), "x": (30, 50)}, "a": {"y": (0, 40), "x": (0, 50)}},
        acquisition={"a": {"y": (4, 40), "x": (7, 50)}, "b": {"y": (11, 40), "x": (25, 50)}},
    ),
    "same target twice": Case(
        "nothing of the first is left",
        reference={"a": {"y": (5, 20), "x": (5, 30)}, "b": {"y": (5, 20), "x": (5, 30)}},
        acquisition={"a": {"y": (0, 20), "x": (0, 30)}, "b": {"y": (40, 20), "x": (50, 30)}},
    ),
    "one source twice": Case(
        "a source pixel may land in two places",
        reference={"a": {"y": (0, 20), "x": (0, 30)}, "b": {"y": (40, 20), "x": (50, 30)}},
        acquisition={"a": {"y": (5, 20), "x": (5, 30)}, "b": {"y": (5, 20), "x": (5, 30)}},
    ),
    "other order": Case(
        "regions are paired by name",
        acquisition=dict(reversed(list(FIELDS_MOVED.items()))),
    ),
    "over the near edge": Case(
        "cut together: ngio clamps the start to 0 and shifts the content",
        reference={"a": {"y": (0, 40), "x": (0, 50)}},
        acquisition={"a": {"y": (-6, 40), "x": (-9, 50)}},
    ),
    "over the far edge": Case(
        "cut together: ngio fails on the shapes",
        reference={"a": {"y": (21, 40), "x": (33, 50)}},
        acquisition={"a": {"y": (30, 40), "x": (44, 50)}},
    ),
    "over both edges": Case(
        "reference and acquisition leave the image on different sides",
        reference={"a": {"y": (-10, 50), "x": (50, 60)}},
        acquisition={"a": {"y": (3, 50), "x": (21, 60)}},
    ),
    "larger than the image": Case(
        "the region holds the image",
        reference={"a": {"y": (-20, 100), "x": (-20, 140)}},
        acquisition={"a": {"y": (-17, 100), "x": (-25, 140)}},
    ),
    "broken positions": Case(
        "each start by itself, one size (fractal-tasks-core#1044)",
        reference={"a": {"y": (0.6, 40.8), "x": (1.2, 50.3)}},
        acquisition={"a": {"y": (0, 40.8), "x": (3.9, 50.3)}},
    ),
    "shift of 0.6 pixel": Case(
        "the reference system does not shift at all",
        reference={"a": {"y": (0.6, 59.8), "x": (0, 83)}},
        acquisition={"a": {"y": (0, 59.8), "x": (0, 83)}},
    ),
    "pixel size 0.325": Case(
        "no position is exact in binary",
        pixel_size=0.325,
        labels={"low": LabelCase("yx", (30, 41), pixel_size=0.65)},
    ),
    "noise below a hundredth of a pixel": Case(
        "a position next to a whole pixel is that pixel",
        reference={"a": {"y": (4.003, 40), "x": (5.996, 50)}},
        acquisition={"a": {"y": (7.001, 40), "x": (2, 50)}},
    ),
    "one pixel": Case(
        "the smallest region there is",
        reference={"a": {"y": (17, 1), "x": (33, 1)}},
        acquisition={"a": {"y": (60, 1), "x": (82, 1)}},
    ),
    "time range": Case(
        "only the named time points are touched",
        "tyx",
        (4, 61, 83),
        (1, 24, 32),
        reference={"a": {"t": (1, 2), "y": (0, 40), "x": (0, 50)}},
        acquisition={"a": {"t": (1, 2), "y": (4, 40), "x": (7, 50)}},
    ),
    "two time ranges": Case(
        "a drift: each time point has its own shift",
        "tcyx",
        (3, 2, 61, 83),
        (2, 1, 24, 32),
        reference={f"t{t}": {"t": (t, 1), "y": (5, 40), "x": (5, 50)} for t in range(3)},
        acquisition={f"t{t}": {"t": (t, 1), "y": (5 + t, 40), "x": (9 - t, 50)} for t in range(3)},
    ),
    "planes shifted": Case(
        "regions may move along z",
        "czyx",
        (2, 6, 61, 83),
        (1, 2, 24, 32),
        reference={"a": {"z": (1, 4), "y": (0, 40), "x": (0, 50)}},
        acquisition={"a": {"z": (2, 4), "y": (4, 40), "x": (7, 50)}},
    ),
    "part of the planes": Case(
        "planes outside every region become 0",
        "zyx",
        (6, 61, 83),
        (4, 24, 32),
        reference={"a": {"z": (0, 3), "y": (0, 61), "x": (0, 83)}},
        acquisition={"a": {"z": (3, 3), "y": (0, 61), "x": (0, 83)}},
        z_spacing=2.5,
        scaling={"z": 2, "y": 2, "x": 2},
    ),
    "reference larger than the image": Case(
        "a region that the reference holds is cut to the acquisition",
        reference={"a": {"y": (20, 60), "x": (30, 80)}},
        acquisition={"a": {"y": (17, 60), "x": (26, 80)}},
        reference_shape=(90, 120),
    ),
    "reference of other pixel size": Case(
        "the acquisition's own pixels count, on both sides",
        reference={"a": {"y": (2, 40), "x": (4, 50)}},
        acquisition={"a": {"y": (5, 40), "x": (3, 50)}},
        reference_shape=(31, 42),
        reference_pixel_size=1.0,
    ),
    "reference itself": Case("nothing moves; what no region covers becomes 0", registered=0),
    "reference covered": Case(
        "nothing moves and everything is covered",
        reference={"well": {"y": (0, 61), "x": (0, 83)}},
        acquisition={"well": {"y": (2, 61), "x": (3, 83)}},
        registered=0,
    ),
    "not moved": Case("zero shift on another acquisition", acquisition=FIELDS_REFERENCE),
    "sixteen fields": Case(
        "many regions, each its own shift, most chunks touched by several",
        shape=(96, 128),
        reference={
            f"f{r}{c}": {"y": (24 * r, 24), "x": (32 * c, 32)} for r in range(4) for c in range(4)
        },
        acquisition={
            f"f{r}{c}": {
                "y": (24 * r + (r * c) % 5 - 2, 24),
                "x": (32 * c + (r + 2 * c) % 7 - 3, 32),
            }
            for r in range(4)
            for c in range(4)
        },
    ),
}
