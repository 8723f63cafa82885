from __future__ import annotations

from tasks.demo.layout import (
    ACQUISITIONS,
    FIELD_SHAPE,
    IMAGE_SHAPE,
    MARGIN,
    WELLS,
    fields,
    registered_fields,
    translation,
)
from tasks.plan.window import Window


def test_plate_has_what_the_demo_promises() -> None:
    assert len(WELLS) == 2
    assert len(ACQUISITIONS) == 3
    assert len(fields()) == 4
    assert sum(field.shape[0] * field.shape[1] for field in fields().values()) == (
        IMAGE_SHAPE[0] * IMAGE_SHAPE[1]
    )


def test_reference_is_not_shifted_and_every_other_acquisition_is() -> None:
    for well in WELLS:
        for field in fields():
            assert translation(well, 0, field) == (0, 0)
            for acquisition in ACQUISITIONS[1:]:
                assert all(translation(well, acquisition, field))
        for acquisition in ACQUISITIONS[1:]:
            assert len({translation(well, acquisition, field) for field in fields()}) > 1


def test_sample_reaches_as_far_as_any_field_is_shifted() -> None:
    farthest = max(
        abs(along)
        for well in WELLS
        for acquisition in ACQUISITIONS
        for field in fields()
        for along in translation(well, acquisition, field)
    )
    assert farthest <= MARGIN


def test_registered_fields_by_hand() -> None:
    # Translations of FOV_1 in A/01: (0, 0), (17, -23), (-28, 12). Largest (17, 12), smallest
    # (-28, -23): starts at 0 + largest, is 540 - 45 by 640 - 35, and lies there minus one's own.
    shape = (540 - 45, 640 - 35)
    starts = {0: (17, 12), 1: (0, 35), 2: (45, 0)}
    for acquisition, (y, x) in starts.items():
        expected = Window(start=(y, x), stop=(y + shape[0], x + shape[1]))
        assert registered_fields("A/01", acquisition)["FOV_1"] == expected


def test_registered_fields_lie_in_their_field_and_touch_its_edges_in_some_acquisition() -> None:
    for well in WELLS:
        for name, field in fields().items():
            regions = [registered_fields(well, each)[name] for each in ACQUISITIONS]
            assert len({region.shape for region in regions}) == 1
            assert all(region.clipped_to(field) == region for region in regions)
            # Nothing that all acquisitions saw is given away.
            for axis in (0, 1):
                assert min(region.start[axis] for region in regions) == field.start[axis]
                assert max(region.stop[axis] for region in regions) == field.stop[axis]
            assert regions[0].shape[0] > 0.9 * FIELD_SHAPE[0] - 2
