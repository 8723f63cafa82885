"""What the demo plate holds: wells, acquisitions, fields, and how far each one is really off."""

from __future__ import annotations

from tasks.plan.window import Window

FIELD_SHAPE = (540, 640)
"""Pixels of one field along y and x."""

GRID = (2, 2)
"""Fields along y and x; a well's image holds all of them side by side."""

IMAGE_SHAPE = (FIELD_SHAPE[0] * GRID[0], FIELD_SHAPE[1] * GRID[1])
PIXEL_SIZE = 0.325
"""Micrometers along y and x: a 20x objective."""

MARGIN = 48
"""Pixels of sample around the fields, so that a shifted field still sees cells up to its edge."""

Translation = tuple[int, int]
"""Whole pixels along y and x that lead from an acquisition to the reference."""

ACQUISITIONS = (0, 1, 2)
WELLS: dict[str, tuple[Translation, ...]] = {
    "A/01": ((0, 0), (17, -23), (-28, 12)),
    "B/02": ((0, 0), (-12, -34), (21, 9)),
}
"""Per well, the translation of each acquisition: the plate never comes back to the same place."""

TROUBLED: dict[str, tuple[Translation, ...]] = {"C/03": ((0, 0), (9, -15), (-14, 20))}
"""The same of wells with troubles, for the report to find."""

ALL_WELLS = {**WELLS, **TROUBLED}

EMPTY = {("C/03", "FOV_4")}
"""Fields without a cell: there is nothing to register them by."""

DIRTY = {("C/03", 1, "FOV_2")}
"""Acquisitions of fields with fluff on the sample, brighter than the cells."""

TURNED = {("C/03", 2): 0.3}
"""Acquisitions of wells that are turned about the middle of their image, in degrees; a turn of y
towards x is positive."""

STAGE_ERRORS: tuple[Translation, ...] = ((0, 0), (2, -1), (-1, 2), (1, 1))
"""Per field, what the stage adds to the translation of every acquisition but the first."""


def fields() -> dict[str, Window]:
    """Return each field's place in the well's image, in pixels, axes (y, x)."""
    height, width = FIELD_SHAPE
    corners = [
        (row * height, column * width) for row in range(GRID[0]) for column in range(GRID[1])
    ]
    return {
        f"FOV_{number}": Window(start=corner, stop=(corner[0] + height, corner[1] + width))
        for number, corner in enumerate(corners, start=1)
    }


def translation(well: str, acquisition: int, field: str) -> Translation:
    """Return the true translation of one field from an acquisition to the reference."""
    y, x = ALL_WELLS[well][acquisition]
    if acquisition == ACQUISITIONS[0]:
        return (y, x)
    error_y, error_x = STAGE_ERRORS[list(fields()).index(field)]
    return (y + error_y, x + error_x)


def registered_fields(well: str, acquisition: int) -> dict[str, Window]:
    """Return where the sample that all acquisitions share lies in one of them, in pixels (y, x).

    Follows fractal-tasks-core's consensus (compute_registration_consensus): the shared region
    starts at the field's own start plus the largest translation of each axis, is smaller than the
    field by the largest minus the smallest, and lies in each acquisition where the consensus lies
    minus that acquisition's own translation.
    """
    regions = {}
    for name, window in fields().items():
        all_of_field = [translation(well, other, name) for other in ACQUISITIONS]
        own = translation(well, acquisition, name)
        largest = tuple(max(along) for along in zip(*all_of_field, strict=True))
        smallest = tuple(min(along) for along in zip(*all_of_field, strict=True))
        consensus = Window(
            start=tuple(a + high for a, high in zip(window.start, largest, strict=True)),
            stop=tuple(b + low for b, low in zip(window.stop, smallest, strict=True)),
        )
        regions[name] = consensus.moved_by(tuple(-along for along in own))
    return regions
