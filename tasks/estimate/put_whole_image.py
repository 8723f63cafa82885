"""Write the table of an image without ROI tables: one region, the whole image."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd  # type: ignore[import-untyped]  # has no type information

from tasks.estimate.put_table import Style, put_table
from tasks.plan.rounding import SPACE
from tasks.survey.listed_tables import list_tables
from tasks.survey.table_type import COLUMNS
from tasks.survey.whole_image import WHOLE_IMAGE, whole_image

_NAMES = "FieldIndex"

_STYLE = Style(
    backend="anndata",
    index_type="str",
    attributes={
        "type": "roi_table",
        "table_version": "1",
        "index_key": _NAMES,
        "index_type": "str",
        WHOLE_IMAGE: True,
    },
)


def put_whole_images(images: Sequence[Path], table: str) -> tuple[str, ...]:
    """Give each image that lacks it a table of one region, the whole image.

    Args:
        images: Root folders of images without ROI tables; the caller owns their well.
        table: Name of the table to write.

    Returns:
        What could not be kept or removed, one message each.

    Raises:
        OSError: If a table cannot be written.
    """
    messages: tuple[str, ...] = ()
    for image in images:
        if table in list_tables(image):
            continue
        region = whole_image(image)
        row = {
            column: value[axis]
            for axis in SPACE
            for column, value in zip(COLUMNS[axis], (region.start, region.length), strict=True)
        }
        frame = pd.DataFrame([row], index=pd.Index([region.name], name=_NAMES))
        messages += put_table(image, table, frame, _STYLE, record={})
    return messages
