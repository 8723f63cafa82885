"""Open a stored table by ngio, also one that does not say how its rows are stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ngio.tables import open_table

from tasks.storage.attributes import read_attributes
from tasks.storage.column_names import guess_backend


def open_stored_table(folder: Path) -> Any:
    """Return ngio's object of a table; rows are loaded once they are asked for.

    Args:
        folder: The table's own folder.

    Raises:
        FileNotFoundError: There is no zarr group.
        InvalidInputError: Its metadata cannot be understood.
        NgioError: ngio cannot open it.
    """
    named = read_attributes(folder).get("backend")
    return open_table(folder, backend=None if named else guess_backend(folder), mode="r")
