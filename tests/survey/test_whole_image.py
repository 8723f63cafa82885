"""An image without ROI tables is one region: all of its pixels, in micrometers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.doctor.examine_well import examine_well
from tasks.estimate.put_whole_image import put_whole_images
from tasks.plan.errors import InvalidInputError
from tasks.plan.region import Region
from tasks.survey.whole_image import regions_of, roi_tables, whole_image, whole_image_told
from tests.plates import add_feature_table, make_plate, write_regions
from tests.trees import digest_tree


@pytest.mark.parametrize(
    ("axes", "shape", "length"),
    [
        ("tczyx", (1, 2, 3, 40, 60), {"z": 6.0, "y": 20.0, "x": 30.0}),
        ("cyx", (2, 40, 60), {"z": 1.0, "y": 20.0, "x": 30.0}),
    ],
)
def test_it_covers_all_pixels(
    tmp_path: Path, axes: str, shape: tuple[int, ...], length: dict[str, float]
) -> None:
    plate = make_plate(
        tmp_path / "plate.zarr", axes=axes, shape=shape, levels=1, labels=(), z_spacing=2.0
    )
    region = whole_image(plate / "A/01/0")
    assert region == Region(name="image", start=dict.fromkeys("zyx", 0.0), length=length)


@pytest.mark.parametrize("gone", ["the list", "the group"])
def test_an_image_whose_list_of_tables_was_lost_is_not_taken_whole(
    tmp_path: Path, gone: str
) -> None:
    well = make_plate(tmp_path / "plate.zarr", levels=1, shape=(1, 1, 40, 60)) / "A/01"
    both = [well / "0", well / "1"]
    for image in both:
        write_regions(image, "fields", {"FOV_1": {}, "FOV_2": {}})
        (image / "tables" / (".zattrs" if gone == "the list" else ".zgroup")).unlink()
    before = digest_tree(well)
    with pytest.raises(InvalidInputError, match=r"'fields' lies in tables/ without being listed"):
        regions_of(both, "fields")
    with pytest.raises(InvalidInputError, match=r"'fields' lies in tables/ .* overwritten"):
        put_whole_images(both, "fields")
    assert digest_tree(well) == before
    assert sum("'fields' lies in tables/" in each.problem for each in examine_well(well)) == 2


def test_tables_of_regions_come_first_and_other_tables_are_none(tmp_path: Path) -> None:
    well = make_plate(tmp_path / "plate.zarr", levels=1, shape=(1, 1, 40, 60)) / "A/01"
    add_feature_table(well / "0", "features", "nuclei")
    both = [well / "0", well / "1"]
    assert roi_tables(well / "0") == ()
    assert [regions[0].name for regions in regions_of(both, "fields")] == ["image", "image"]
    assert whole_image_told(well / "0", "fields")
    write_regions(well / "0", "fields", {"FOV_1": {}})
    assert roi_tables(well / "0") == ("fields",)
    assert whole_image_told(well / "0", "fields") == ()
    with pytest.raises(InvalidInputError, match="1 has no table 'fields'; its tables are: none"):
        regions_of(both, "fields")
    write_regions(well / "1", "fields", {"FOV_1": {}})
    assert [regions[0].name for regions in regions_of(both, "fields")] == ["FOV_1", "FOV_1"]
