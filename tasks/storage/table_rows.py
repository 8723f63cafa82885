"""Look at every table of the staged image: copies byte by byte, what moved by its rows."""

from __future__ import annotations

from pathlib import Path

from tasks.plan.quality_table import QUALITY_TABLE
from tasks.plan.registration_plan import RegistrationPlan
from tasks.storage.attributes import ngff_metadata, read_attributes, zarr_format
from tasks.storage.row_count import count_rows
from tasks.storage.same_files import content_differences
from tasks.storage.stored_table import open_stored_table


def table_differences(plan: RegistrationPlan, staged: Path) -> list[str]:
    """Return how the staged tables differ from the plan: names, order, type, backend, rows.

    A copied table has the planned number of rows, and, where the zarr format is the same, the very
    files that it was copied from; they are compared, not loaded. A shifted one is read, and has at
    most that many rows, because rows outside every region are left out.
    """
    planned = [table.name for table in plan.tables]
    # What is said of its quality is written once the rest is known to be right.
    listed = [name for name in _listed(staged / "tables") if name != QUALITY_TABLE]
    if listed != planned:
        return [f"the tables listed are {listed}, planned are {planned}"]
    if not planned:
        return []
    found = []
    for table in plan.tables:
        folder = staged / "tables" / table.name
        attributes = read_attributes(folder)
        opened = open_stored_table(folder)
        rows = count_rows(folder, opened.backend_name) if table.handling == "copy" else None
        if rows is None:
            # Not the data frame: an AnnData table without a matrix makes none.
            rows = len(opened.table_data)
        origin = plan.origin_of(table)
        said = attributes.get("type", table.type)
        # A table that does not say its type well is planned as what its columns say.
        if said not in (table.type, read_attributes(origin).get("type")):
            found.append(f"table {table.name}: type is {said}, not {table.type}")
        if opened.backend_name != table.backend:
            found.append(
                f"table {table.name}: backend is {opened.backend_name}, not {table.backend}"
            )
        if rows > table.rows or (table.handling == "copy" and rows < table.rows):
            found.append(f"table {table.name}: has {rows} rows, planned are {table.rows}")
        if table.handling == "copy" and zarr_format(origin) in (None, plan.zarr_format):
            found += [f"table {table.name}: {what}" for what in content_differences(origin, folder)]
    return found


def _listed(tables: Path) -> list[object]:
    if not tables.is_dir():
        return []
    listed = ngff_metadata(read_attributes(tables)).get("tables", [])
    return list(listed) if isinstance(listed, list) else []
