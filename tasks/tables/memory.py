"""How much memory a plan's tables take at their peak, computed before anything is written.

Tables that are only copied are never loaded. The others are, one after the other, after the pixels.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq  # type: ignore[import-untyped]  # has no type information
import zarr

from tasks.plan.registration_plan import RegistrationPlan, TablePlan

BYTES_PER_ROW = 1500
"""For the name, the box and the parts of a row while it moves (measured: 600 to 950)."""

TIMES_STORED = {"anndata": 12, "anndata_v1": 12, "csv": 10, "json": 20, "parquet": 8}
"""How many times its uncompressed size a table takes while it is read and changed (measured: 8, 6,
14 and 4)."""


def table_memory_bytes(plan: RegistrationPlan) -> int:
    """Return an upper bound of the memory that the plan's tables take at any time, in bytes.

    Loaded are those whose rows move, and those that are stored as json: as a part of the metadata
    they cannot be looked at otherwise.

    Args:
        plan: What will be written; the tables must lie where it says.
    """
    loaded = [t for t in plan.tables if t.handling != "copy" or t.backend == "json"]
    return max((_bytes(table, plan.origin_of(table)) for table in loaded), default=0)


def _bytes(table: TablePlan, folder: Path) -> int:
    times = TIMES_STORED.get(table.backend, 0)
    return BYTES_PER_ROW * table.rows + times * _uncompressed(table.backend, folder)


def _uncompressed(backend: str, folder: Path) -> int:
    if backend == "parquet":
        metadata = pq.read_metadata(folder / "table.parquet")
        groups = (metadata.row_group(n) for n in range(metadata.num_row_groups))
        return sum(int(group.total_byte_size) for group in groups)
    if backend in ("csv", "json"):
        return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    group = zarr.open_group(folder, mode="r", use_consolidated=False)
    arrays = (node for _, node in group.members(max_depth=None) if isinstance(node, zarr.Array))
    return sum(int(array.nbytes) for array in arrays)
