"""Open every table of the staged image and count its rows."""

from __future__ import annotations

from pathlib import Path

from ngio.tables import open_table

from tasks.plan.quality_table import QUALITY_TABLE
from tasks.plan.registration_plan import RegistrationPlan
from tasks.storage.attributes import ngff_metadata, read_attributes


def table_differences(plan: RegistrationPlan, staged: Path) -> list[str]:
    """Return how the staged tables differ from the plan: names, order, type, backend, rows.

    A copied table has the planned number of rows; a shifted one has at most that many, because
    rows outside every region are left out.
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
        opened = open_table(folder, mode="r")
        # Not the data frame: an AnnData table without a matrix makes none.
        rows = len(opened.table_data)
        if attributes.get("type", table.type) != table.type:
            found.append(f"table {table.name}: type is {attributes.get('type')}, not {table.type}")
        if opened.backend_name != table.backend:
            found.append(
                f"table {table.name}: backend is {opened.backend_name}, not {table.backend}"
            )
        if rows > table.rows or (table.handling == "copy" and rows < table.rows):
            found.append(f"table {table.name}: has {rows} rows, planned are {table.rows}")
    return found


def _listed(tables: Path) -> list[object]:
    if not tables.is_dir():
        return []
    listed = ngff_metadata(read_attributes(tables)).get("tables", [])
    return list(listed) if isinstance(listed, list) else []
