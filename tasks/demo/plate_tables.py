"""The tables of the demo plate: fields, well, nuclei and their features."""

from __future__ import annotations

import numpy as np
import polars
from ngio import OmeZarrContainer, Roi
from ngio.tables import FeatureTable, MaskingRoiTable, RoiTable
from numpy.typing import NDArray

from tasks.demo.layout import IMAGE_SHAPE, PIXEL_SIZE, fields
from tasks.demo.panels import PANELS
from tasks.demo.sample import Acquired
from tasks.plan.window import Window

FIELDS_TABLE = "FOV_ROI_table"
NUCLEI_LABEL = "nuclei"

_BACKEND = "csv"


def write_image_tables(image: OmeZarrContainer, acquisition: int, acquired: Acquired) -> None:
    """Write all tables of one image, as Fractal's converter and segmentation tasks leave them.

    Args:
        image: The image, open for writing, its pixels and label written.
        acquisition: The image's acquisition.
        acquired: The image's pixels.
    """
    whole = RoiTable([_roi("well_1", Window.whole(IMAGE_SHAPE))])
    nuclei = MaskingRoiTable(
        [
            _roi(str(number), box, label=number)
            for number, box in bounding_boxes(acquired.nuclei[0]).items()
        ],
        reference_label=NUCLEI_LABEL,
    )
    every_field = RoiTable([_roi(name, box) for name, box in fields().items()])
    image.add_table(FIELDS_TABLE, every_field, backend=_BACKEND)
    image.add_table("well_ROI_table", whole, backend=_BACKEND)
    image.add_table("nuclei_ROI_table", nuclei, backend=_BACKEND)
    features = FeatureTable(_measure(acquired, acquisition), reference_label=NUCLEI_LABEL)
    image.add_table("nuclei_features", features, backend=_BACKEND)


def bounding_boxes(label: NDArray[np.uint32]) -> dict[int, Window]:
    """Return the smallest window, in pixels (y, x), around each object of a label (y, x)."""
    y, x = np.nonzero(label)
    numbers, object_of = np.unique(label[y, x], return_inverse=True)
    first = np.full((2, len(numbers)), max(label.shape), dtype=np.int64)
    last = np.zeros((2, len(numbers)), dtype=np.int64)
    for axis, position in enumerate((y, x)):
        np.minimum.at(first[axis], object_of, position)
        np.maximum.at(last[axis], object_of, position)
    return {
        int(number): Window(
            start=(int(first[0, n]), int(first[1, n])),
            stop=(int(last[0, n]) + 1, int(last[1, n]) + 1),
        )
        for n, number in enumerate(numbers)
    }


def _measure(acquired: Acquired, acquisition: int) -> polars.DataFrame:
    label = acquired.nuclei.ravel()
    numbers, object_of = np.unique(label[label > 0], return_inverse=True)
    area = np.bincount(object_of)
    brightness = {
        f"mean_{stain.name}": np.bincount(object_of, weights=channel.ravel()[label > 0]) / area
        for stain, channel in zip(PANELS[acquisition], acquired.channels, strict=True)
    }
    columns = {"label": numbers.astype(np.int64), "area_um2": area * PIXEL_SIZE**2}
    return polars.DataFrame({**columns, **brightness})


def _roi(name: str, box: Window, label: int | None = None) -> Roi:
    boxes = {
        axis: (start * PIXEL_SIZE, length * PIXEL_SIZE)
        for axis, start, length in zip("yx", box.start, box.shape, strict=True)
    }
    return Roi.from_values({**boxes, "z": (0.0, 1.0)}, name=name, label=label)
