from __future__ import annotations

import itertools

import numpy as np
import pytest

from tasks.demo.cells import SPACING, Cell, scatter_cells
from tasks.demo.panels import NUCLEI, PANELS
from tasks.demo.stains import BACKGROUND, Stain, light_of
from tasks.demo.territories import BODY, Territories, share_out

SHAPE = (300, 360)


def random(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def sample() -> Territories:
    return share_out(scatter_cells(SHAPE, random()), SHAPE, random(1))


def test_cells_keep_their_distance_and_fill_the_sample(sample: Territories) -> None:
    centres = np.array([(cell.y, cell.x) for cell in sample.cells])
    assert len(centres) > 0.4 * SHAPE[0] * SHAPE[1] / SPACING**2
    apart = np.hypot(*(centres[:, None] - centres[None, :]).transpose(2, 0, 1))
    np.fill_diagonal(apart, np.inf)
    assert apart.min() >= SPACING


def test_every_pixel_belongs_to_the_cell_that_is_nearest(sample: Territories) -> None:
    assert np.all(sample.distance <= sample.rival)
    centres = [(round(cell.y), round(cell.x)) for cell in sample.cells]
    for index, (y, x) in enumerate(centres):
        if y < SHAPE[0] and x < SHAPE[1]:
            assert sample.owner[y, x] == index
            assert sample.nuclei[y, x] == index + 1


def test_rival_is_the_second_nearest_cell_in_whatever_order_cells_come() -> None:
    places = [(60, 60), (60, 90), (75, 75)]
    y, x = np.mgrid[:140, :150].astype(float)
    for order in itertools.permutations(places):
        cells = [
            Cell(y=y, x=x, long_radius=20, short_radius=20, angle=0, uptake=1) for y, x in order
        ]
        shared = share_out(tuple(cells), (140, 150), random())
        away = np.sort([np.hypot(y - cell.y, x - cell.x) for cell in cells], axis=0)
        # Only the ratio is exact, since outlines are uneven.
        near_all = (slice(50, 90), slice(50, 95))
        expected = away[1][near_all] / np.maximum(away[0][near_all], 1e-3)
        found = shared.rival[near_all] / np.maximum(shared.distance[near_all], 1e-3 / 20)
        off_centre = away[0][near_all] > 1
        np.testing.assert_allclose(found[off_centre], expected[off_centre], rtol=1e-3)


def test_nuclei_are_as_large_as_their_ellipses(sample: Territories) -> None:
    inner = [
        (index, cell)
        for index, cell in enumerate(sample.cells)
        if 30 < cell.y < SHAPE[0] - 30 and 30 < cell.x < SHAPE[1] - 30
    ]
    assert inner
    for index, cell in inner:
        area = np.count_nonzero(sample.nuclei == index + 1)
        assert area == pytest.approx(np.pi * cell.long_radius * cell.short_radius, rel=0.25)


def test_same_randomness_gives_the_same_sample() -> None:
    one, other = (share_out(scatter_cells(SHAPE, random()), SHAPE, random(1)) for _ in range(2))
    assert one.cells == other.cells
    np.testing.assert_array_equal(one.distance, other.distance)


@pytest.mark.parametrize(
    "stain",
    list(dict.fromkeys(stain for panel in PANELS for stain in panel)),
    ids=lambda s: s.name,
)
def test_stain_lights_its_part_of_the_cell(stain: Stain, sample: Territories) -> None:
    light = light_of(stain, sample, random(2))
    assert light.dtype == np.float32
    assert light.min() > 0
    in_nucleus, on_membrane = sample.distance < 0.9, np.abs(sample.depth) < 0.05
    in_cytoplasm = (sample.distance > 1.2) & (sample.depth > 0.2)
    outside = sample.distance > BODY + 0.5
    lit = {
        "nucleus": in_nucleus,
        "membrane": on_membrane,
        "cytoplasm": in_cytoplasm,
        "vesicles": in_cytoplasm,
    }[stain.pattern]
    for other in (in_nucleus, on_membrane, in_cytoplasm, outside):
        if other is not lit:
            assert light[lit].mean() > 1.2 * light[other].mean()
    assert light[outside].mean() == pytest.approx(BACKGROUND, rel=0.7)


def test_nuclear_stain_repeats_in_each_acquisition_and_markers_differ() -> None:
    assert all(panel[0] == NUCLEI for panel in PANELS)
    markers = [stain.name for panel in PANELS for stain in panel[1:]]
    assert len(set(markers)) == len(markers)
