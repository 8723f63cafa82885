"""Put a complete table in place as a whole, and finish or undo what a killed run left of that."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from pydantic import JsonValue

from tasks.storage.attributes import read_attributes, write_attributes
from tasks.storage.durable import flush_folder, flush_tree
from tasks.storage.exchange import exchange
from tasks.storage.hidden import LOCK_FOLDER, parse_hidden
from tasks.storage.paths import safe_name
from tasks.storage.removal import remove_tree

_HIDDEN = re.compile(r"\.(?P<table>.+)\.table-(new|old)", flags=re.DOTALL)


class TableFolders(NamedTuple):
    """A table's folder and the hidden ones beside it."""

    target: Path
    new: Path
    """Being written; complete where `old` is there too."""
    old: Path
    """The table as it was, moved aside where two folders cannot be exchanged at once."""


def table_folders(image: Path, name: str) -> TableFolders:
    """Return where a table is, is written, and is moved aside."""
    safe_name(name, "table")
    tables = image / "tables"
    return TableFolders(
        target=tables / name, new=tables / f".{name}.table-new", old=tables / f".{name}.table-old"
    )


def publish_table(image: Path, name: str) -> None:
    """Let the new folder of a table take the table's place, and list it; the caller owns the well.

    Raises:
        OSError: A step failed. The old table is in place, or the new one; where neither is, the
            next run puts it right.
    """
    target, new, old = table_folders(image, name)
    flush_tree(new)
    if not target.exists():
        new.rename(target)
    elif not exchange(new, target):
        target.rename(old)
        try:
            new.rename(target)
        except OSError:
            old.rename(target)
            raise
    flush_folder(target.parent)
    remove_tree(new)
    remove_tree(old)
    _list(image, name)


def recover_table(image: Path, name: str) -> tuple[str, ...]:
    """Bring a table to a complete state; the caller owns the well.

    Returns:
        What was found and what was done; empty if all was well.

    Raises:
        OSError: If a step failed; calling it again continues.
    """
    target, new, old = table_folders(image, name)
    there = [folder for folder in (new, old) if os.path.lexists(folder)]
    if not there:
        return ()
    did = "removed what was left of it"
    if not target.exists() and old in there:
        # The old table is moved aside only once the new one is complete.
        (new if new in there else old).rename(target)
        flush_folder(target.parent)
        did = "finished it" if new in there else "put the old one back"
    remove_tree(new)
    remove_tree(old)
    return (f"{target}: an earlier run stopped while it replaced this table; {did}",)


def is_half_replaced(image: Path, name: str) -> bool:
    """Return whether a table is moved aside and the new one is not in its place yet."""
    target, _, old = table_folders(image, name)
    return old.exists() and not target.exists()


def find_table_leftovers(well: Path) -> Mapping[Path, tuple[str, ...]]:
    """Return the tables of each image of a well that have hidden folders; nothing is changed."""
    found: dict[Path, tuple[str, ...]] = {}
    for image in sorted(well.iterdir()):
        tables = image / "tables"
        if image.name == LOCK_FOLDER or parse_hidden(image.name) or not tables.is_dir():
            continue
        with os.scandir(tables) as entries:
            matches = [_HIDDEN.fullmatch(entry.name) for entry in entries]
        names = {match["table"] for match in matches if match}
        if names:
            found[image] = tuple(sorted(names))
    return found


def _list(image: Path, name: str) -> None:
    tables = image / "tables"
    attributes = read_attributes(tables)
    listed = attributes.get("tables", [])
    if isinstance(listed, list) and name not in listed:
        names: list[JsonValue] = [*listed, name]
        write_attributes(
            tables, {**attributes, "tables": names}, temporary=tables / ".attributes.new"
        )
