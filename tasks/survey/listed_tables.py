"""Read the tables of an image, as listed in its metadata, without creating anything in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ngio.utils import NgioError

from tasks.plan.errors import InvalidInputError
from tasks.storage.attributes import read_attributes
from tasks.storage.column_names import column_names
from tasks.storage.paths import require_inside, safe_name
from tasks.storage.row_count import count_rows
from tasks.storage.stored_table import open_stored_table
from tasks.survey.table_type import ROI_LIKE, name_column, type_of


@dataclass(frozen=True)
class ListedTable:
    """One table of an image: what its metadata says, and its rows as ngio reads them."""

    name: str
    type: str
    """As the table says it, else that of a table with its columns."""
    backend: str
    rows: int
    reference_label: str | None
    """The label that a masking or feature table describes."""
    content: Any
    """ngio's table object."""


_known: ContextVar[dict[tuple[Path, str], ListedTable] | None] = ContextVar("known", default=None)


@contextmanager
def each_table_read_once() -> Iterator[None]:
    """Let `read_table` return the same table every time it is asked for within the context.

    For one piece of work on a well that nobody else may change meanwhile, and that does not write
    what it reads.
    """
    token = _known.set({})
    try:
        yield
    finally:
        _known.reset(token)


def list_tables(image: Path) -> tuple[str, ...]:
    """Return the names of an image's tables, in the order of its metadata.

    Args:
        image: Root folder of the image.

    Raises:
        InvalidInputError: When the list holds something that is not a name, or a name that leads
            out of the image.
    """
    try:
        listed = read_attributes(image / "tables").get("tables", [])
    except FileNotFoundError:
        return ()
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        raise InvalidInputError(
            f"The list of tables of {image / 'tables'} is {listed!r}; it should be a list of "
            "names. Repair the attribute 'tables' of that group."
        )
    names = tuple(dict.fromkeys(safe_name(str(name), "table") for name in listed))
    for name in names:
        require_inside(image / "tables" / name, image)
    return names


def read_table(image: Path, name: str) -> ListedTable:
    """Read one listed table whole.

    Args:
        image: Root folder of the image.
        name: A name that `list_tables` returned.

    Raises:
        InvalidInputError: When the table is listed but not there, or cannot be read.
        FileNotFoundError: When the table is there but the file with its rows is not (yet). This
            and other errors of the file system may heal, so they pass through.
    """
    known = _known.get()
    if known is None:
        return _open_listed(image, name, whole=True)
    if (image, name) not in known:
        known[image, name] = _open_listed(image, name, whole=True)
    return known[image, name]


def look_at_table(image: Path, name: str) -> ListedTable:
    """Return one listed table whose rows are counted, not loaded, until they are asked for.

    Args:
        image: Root folder of the image.
        name: A name that `list_tables` returned.

    Raises:
        InvalidInputError: As `read_table` does.
        FileNotFoundError: As `read_table` does.
    """
    return _open_listed(image, name, whole=False)


def _open_listed(image: Path, name: str, *, whole: bool) -> ListedTable:
    folder = image / "tables" / name
    try:
        attributes = read_attributes(folder)
    except FileNotFoundError as cause:
        raise InvalidInputError(
            f"The table '{name}' is listed in {image / 'tables'}, but is not there. Restore it, "
            "or remove its name from the attribute 'tables' of that group."
        ) from cause
    try:
        content = open_stored_table(folder)
        kind = type_of(attributes, folder, content.backend_name)
        if kind in ROI_LIKE and not attributes.get("type"):
            _name_rows(content, folder)
        rows = None if whole else count_rows(folder, content.backend_name)
        if rows is None:
            # Not `set_table_data`: of ROI tables that makes one object per row, and logs columns.
            rows = len(content.table_data)
    except (NgioError, ValueError, KeyError, TypeError) as cause:
        raise InvalidInputError(
            f"The table '{name}' of {image} cannot be read: {cause}. Restore or remove it."
        ) from cause
    return ListedTable(
        name=name,
        type=kind,
        backend=content.backend_name,
        rows=rows,
        reference_label=_described_label(attributes),
        content=content,
    )


def _name_rows(content: Any, folder: Path) -> None:
    """Take the rows' names from their column, where the table does not say which one it is."""
    if content.index_key is not None or content.backend_name.startswith("anndata"):
        return
    content.meta.index_key = name_column(column_names(folder, content.backend_name))
    # ngio's backend was made with the names that the metadata had.
    content.set_backend()


def _described_label(attributes: Mapping[str, Any]) -> str | None:
    region = attributes.get("region")
    if not isinstance(region, Mapping) or "path" not in region:
        return None
    return str(region["path"]).rstrip("/").rpartition("/")[2] or None
