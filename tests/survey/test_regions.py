"""Regions as an image's ROI tables hold them, read and checked, in every backend."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
import zarr

from tasks.plan.errors import InvalidInputError
from tasks.plan.region import Region
from tasks.survey.regions import read_regions
from tests.plates import make_image, write_regions
from tests.tables.stored import BACKENDS, Backend, box_frame, files_of, store_table


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("image")
    return make_image(folder / "1", axes="zyx", shape=(2, 16, 16), levels=1, labels=())


@pytest.fixture
def image(empty: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(empty, tmp_path / "1"))


def two_rows() -> pd.DataFrame:
    return box_frame({"B": {"x": (1.5, 4.0)}, "A": {"y": (-2.25, 3.0)}})


def region(name: str = "A", **box: tuple[float, float]) -> Region:
    return Region(
        name=name,
        start={axis: start for axis, (start, _) in box.items()},
        length={axis: length for axis, (_, length) in box.items()},
    )


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("ngff_version", ["0.4", "0.5"])
def test_regions_come_in_table_order_with_exact_coordinates(
    tmp_path: Path, backend: Backend, ngff_version: str
) -> None:
    image = make_image(
        tmp_path / "1", axes="yx", shape=(16, 16), levels=1, labels=(), ngff_version=ngff_version
    )
    boxes = {
        "well 2": {"x": (1 / 3, 4.1), "y": (-2.25, 3.0), "z": (0.0, 1.0)},
        "10": {"x": (0.1 + 0.2, 1e-7), "y": (5.0, 3.0), "z": (2.0, 7.5)},
    }
    write_regions(image, "t", boxes, backend=backend)
    assert read_regions(image, "t") == tuple(region(name, **box) for name, box in boxes.items())


def test_reading_leaves_the_image_as_it_is(image: Path) -> None:
    before = files_of(image)
    with pytest.raises(InvalidInputError):
        read_regions(image, "t")
    assert files_of(image) == before
    assert not (image / "tables").exists()


def test_time_belongs_to_the_regions_that_have_one(image: Path) -> None:
    # ngio writes such tables, but does not read them as ROIs.
    folder = store_table(image, "t", "roi_table", two_rows())
    box_frame({"A": {"t": (2.0, 3.0)}, "B": {}}).to_csv(folder / "table.csv")
    first, second = read_regions(image, "t")
    assert (first.start["t"], first.length["t"]) == (2.0, 3.0)
    assert "t" not in second.start
    assert "t" not in second.length


def test_an_axis_without_columns_is_whole(image: Path) -> None:
    rows = two_rows().drop(columns=["z_micrometer", "len_z_micrometer"])
    folder = store_table(image, "t", "roi_table", two_rows())
    rows.to_csv(folder / "table.csv")
    assert [sorted(found.start) for found in read_regions(image, "t")] == [["x", "y"], ["x", "y"]]


def test_a_missing_table_is_explained(image: Path) -> None:
    store_table(image, "FOV", "roi_table", two_rows())
    with pytest.raises(InvalidInputError) as caught:
        read_regions(image, "FOV_registered")
    for part in (
        str(image),
        "no table 'FOV_registered'",
        "its tables are: FOV.",
        "Calculate Registration (image-based)",
        "Find Registration Consensus",
    ):
        assert part in str(caught.value)


def test_an_image_without_tables_says_so(image: Path) -> None:
    with pytest.raises(InvalidInputError, match="its tables are: none"):
        read_regions(image, "t")


@pytest.mark.parametrize("kind", ["masking_roi_table", "generic_roi_table"])
def test_another_type_is_named(image: Path, kind: str) -> None:
    rows = box_frame({1: {}}, index="label") if kind.startswith("masking") else two_rows()
    store_table(image, "t", kind, rows)
    with pytest.raises(InvalidInputError, match=f"is a {kind}"):
        read_regions(image, "t")


HEADER = (
    "FieldIndex,x_micrometer,y_micrometer,z_micrometer,"
    "len_x_micrometer,len_y_micrometer,len_z_micrometer"
)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        pytest.param(
            f"{HEADER}\nA,0,0,0,4,4,1\nA,4,0,0,4,4,1\n", "'A'.*more than once", id="twice"
        ),
        pytest.param(f"{HEADER}\nA,0,0,0,4,4,1\n,4,0,0,4,4,1\n", r"rows \[1\].*no name", id="none"),
        pytest.param(f'{HEADER}\n" ",0,0,0,4,4,1\n', r"rows \[0\].*no name", id="blank"),
        pytest.param(f"{HEADER}\n1,0,0,0,4,4,1\n,4,0,0,4,4,1\n", "cannot be read", id="among ints"),
        pytest.param(f"{HEADER}\nA,,0,0,4,4,1\n", "x_micrometer = nan", id="no number"),
        pytest.param(f"{HEADER}\nA,0,inf,0,4,4,1\n", "y_micrometer = inf", id="infinite"),
        pytest.param(f"{HEADER}\nA,0,0,0,4,-4,1\n", "len_y_micrometer = -4", id="negative"),
        pytest.param(f"{HEADER}\nA,0,0,0,4,0,1\n", "len_y_micrometer = 0", id="no pixels"),
        pytest.param(f"{HEADER}\nA,0,left,0,4,4,1\n", "'y_micrometer'.*no number", id="a word"),
        pytest.param(f"{HEADER}\n", "has no rows", id="no rows"),
        pytest.param(
            f"{HEADER}\nA,0,0,0,4,4,1\n".replace(",len_y_micrometer", ",height"),
            r"lacks the columns \['len_y_micrometer'\]",
            id="missing column",
        ),
        pytest.param(
            f"{HEADER}\nA,0,0,0,4,4,1\n".replace(",len_z_micrometer", ",depth"),
            r"lacks the columns \['len_z_micrometer'\]",
            id="half an optional axis",
        ),
        pytest.param(
            f"{HEADER},t_second,len_t_second\nA,0,0,0,4,4,1,0,\nB,0,0,0,4,4,1,0,1\n",
            "len_t_second = nan",
            id="half a time",
        ),
    ],
)
def test_a_table_that_says_nothing_sure_is_refused(image: Path, table: str, message: str) -> None:
    folder = store_table(image, "t", "roi_table", two_rows())
    (folder / "table.csv").write_text(table)
    with pytest.raises(InvalidInputError, match=message) as caught:
        read_regions(image, "t")
    assert str(image) in str(caught.value)
    assert "'t'" in str(caught.value)


@pytest.mark.parametrize("backend", ["csv", "json", "parquet"])
def test_rows_without_names_are_not_numbered(image: Path, backend: Backend) -> None:
    folder = store_table(image, "t", "roi_table", two_rows(), backend)
    if backend == "json":
        file = folder / "table" / ".zattrs"
        file.write_text(file.read_text().replace('"FieldIndex"', '"name"'))
    else:
        nameless = two_rows().rename_axis("name").reset_index()
        file = folder / f"table.{backend}"
        nameless.to_csv(file, index=False) if backend == "csv" else nameless.to_parquet(file)
    with pytest.raises(InvalidInputError, match="lacks the column 'FieldIndex'"):
        read_regions(image, "t")


def test_a_column_that_anndata_holds_twice_is_named(image: Path) -> None:
    rows = two_rows().assign(score=1.5)
    folder = store_table(image, "t", "roi_table", rows, "anndata")
    names = zarr.open_group(folder / "var", mode="r+")["_index"]
    assert isinstance(names, zarr.Array)
    names[...] = ["x_micrometer" if name == "score" else name for name in names[...]]
    with (
        pytest.warns(UserWarning, match="not unique"),
        pytest.raises(InvalidInputError, match=r"\['x_micrometer'\] more than once"),
    ):
        read_regions(image, "t")


def test_a_listed_table_that_is_absent_is_named(image: Path) -> None:
    shutil.rmtree(store_table(image, "t", "roi_table", two_rows()))
    with pytest.raises(InvalidInputError, match=r"'t' is listed in .* but is not there"):
        read_regions(image, "t")


def test_rows_that_are_not_there_yet_may_come(image: Path) -> None:
    (store_table(image, "t", "roi_table", two_rows()) / "table.csv").unlink()
    with pytest.raises(FileNotFoundError):
        read_regions(image, "t")


@pytest.mark.parametrize("listed", [["../../secret"], ["/etc"], [3], "t"])
def test_a_list_that_leads_elsewhere_or_is_none_is_refused(image: Path, listed: object) -> None:
    store_table(image, "t", "roi_table", two_rows())
    zarr.open_group(image / "tables", mode="r+").attrs["tables"] = listed
    with pytest.raises(InvalidInputError):
        read_regions(image, "t")
