"""Put a table into an image as a whole: written aside first, then swapped in, then listed."""

from __future__ import annotations

import warnings
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import zarr
from ngio.tables import GenericTable, write_table
from ngio.tables.backends import BackendMeta
from pydantic import JsonValue

from tasks.plan.errors import InvalidInputError
from tasks.storage.attributes import (
    OUR_RECORD,
    Attributes,
    read_attributes,
    write_attributes,
    zarr_format,
)
from tasks.storage.consolidated import consolidate, has_consolidated
from tasks.storage.keep_access import give_access_in
from tasks.storage.removal import require_removable
from tasks.storage.settle import settle_writes
from tasks.storage.swap_table import publish_table, recover_table, table_folders
from tasks.survey.listed_tables import ListedTable, list_tables
from tasks.survey.unlisted_tables import unlisted_tables


@dataclass(frozen=True)
class Style:
    """How a table is stored, and what it says of itself."""

    backend: str
    index_type: Literal["int", "str"] | None
    attributes: Attributes


def style_of(image: Path, table: ListedTable) -> Style:
    """Return the style of a table of an image; one without a type says its type from now on."""
    attributes = read_attributes(image / "tables" / table.name)
    return Style(
        backend=table.backend,
        index_type=table.content.meta.index_type,
        attributes=attributes if attributes.get("type") else {**attributes, "type": table.type},
    )


def put_table(
    image: Path, name: str, frame: Any, like: Style, *, record: dict[str, JsonValue]
) -> tuple[str, ...]:
    """Write an ROI table with the backend and the attributes that another has, or would have.

    A reader sees the old table or the new one; where the file system cannot exchange two folders
    there is a moment with neither, and a run that ends in it leaves that to the next run.

    Args:
        image: Root folder of the image; the caller owns its well.
        name: Name of the table, of an existing one to replace it.
        frame: The rows, as ngio's data frame.
        like: The backend and attributes that it gets.
        record: What it was made from; kept in its attributes.

    Returns:
        What a person should know: what could not be kept or removed, one message each.

    Raises:
        InvalidInputError: If this person may not remove the table that is there, or it is not
            listed, and not ours.
        OSError: If it cannot be written; the old table is there, or the new one.
    """
    if name in unlisted_tables(image, list_tables(image)):
        raise InvalidInputError(
            f"{image}: a table '{name}' lies in tables/ without being listed there, and would be "
            f"overwritten. Add its name to the list 'tables' in the metadata of {image / 'tables'} "
            "if it is to be replaced, or take it away"
        )
    _make_group(image)
    recover_table(image, name)
    require_removable(table_folders(image, name).target)
    try:
        _write(image, table_folders(image, name).new, frame, like, record)
        messages = publish_table(image, name)
    except OSError:
        settle_writes()
        # What cannot be removed now, the next run removes.
        with suppress(OSError):
            recover_table(image, name)
        raise
    if has_consolidated(image):
        consolidate(image)
    return messages


def _make_group(image: Path) -> None:
    """Make the group of tables of an image that has none."""
    tables = image / "tables"
    if zarr_format(tables) is None:
        group = zarr.open_group(tables, mode="a", zarr_format=_format_of(image))
        group.attrs["tables"] = []
        give_access_in(image, tables)


def _format_of(image: Path) -> Literal[2, 3]:
    return 2 if zarr_format(image) == 2 else 3  # noqa: PLR2004 - zarr's own


def _write(
    image: Path, folder: Path, frame: Any, like: Style, record: dict[str, JsonValue]
) -> None:
    group = zarr.open_group(folder, mode="w", zarr_format=_format_of(image))
    # As an ROI table ngio would rebuild the rows from its ROIs, which lose columns whose names are
    # no identifiers, and put the others in random order.
    table = GenericTable.from_table_data(
        frame,
        BackendMeta(index_key=frame.index.name, index_type=like.index_type),
    )
    with warnings.catch_warnings():
        # anndata announces the end of zarr format 2, which the image may have, and zarr that
        # summaries of metadata are no standard in 3.
        warnings.filterwarnings("ignore", r".*zarr v[23]", UserWarning)
        warnings.filterwarnings("ignore", r".*zarr v[23]", DeprecationWarning)
        warnings.filterwarnings("ignore", "Consolidated metadata is", UserWarning)
        write_table(group, table, backend=like.backend)
    write_attributes(
        folder,
        {**read_attributes(folder), **like.attributes, OUR_RECORD: record},
        temporary=folder / ".attributes.new",
    )
