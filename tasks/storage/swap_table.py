"""Put a complete table in place as a whole, and finish or undo what a killed run left of that."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from pydantic import JsonValue

from tasks.storage.attributes import read_attributes, write_attributes, zarr_format
from tasks.storage.discard import discard, remove_discarded
from tasks.storage.durable import flush_folder, flush_tree
from tasks.storage.exchange import exchange
from tasks.storage.hidden import LOCK_FOLDER, MARK, parse_hidden
from tasks.storage.keep_access import give_access_in, keep_access
from tasks.storage.paths import safe_name

_HIDDEN = re.compile(
    rf"\.(?P<table>.+){re.escape(MARK)}table-(new|old|discarded(-\d+)?)", flags=re.DOTALL
)
_OF_EARLIER_VERSIONS = re.compile(r"\.(?P<table>.+)\.table-old", flags=re.DOTALL)
"""Their names do not say whose they are: they are looked at where a table is missing."""


class TableFolders(NamedTuple):
    """A table's folder and the hidden ones beside it."""

    target: Path
    new: Path
    """Being written; complete where `old` is there too."""
    old: Path
    """The table as it was, moved aside where two folders cannot be exchanged at once."""
    discarded: Path
    """Of no use any more, and being removed. Where some cannot be, others get a number."""


def table_folders(image: Path, name: str) -> TableFolders:
    """Return where a table is, is written, and is moved aside."""
    safe_name(name, "table")
    tables = image / "tables"
    hidden = (tables / f".{name}{MARK}table-{kind}" for kind in TableFolders._fields[1:])
    return TableFolders(tables / name, *hidden)


def publish_table(image: Path, name: str) -> tuple[str, ...]:
    """Let the new folder of a table take the table's place, and list it; the caller owns the well.

    It is as accessible as the one that it replaces, a first one as its folder.

    Returns:
        What could not be kept or removed, one message each.

    Raises:
        OSError: A step failed. The old table is in place, or the new one; where neither is, the
            next run puts it right.
    """
    target, new, old, discarded = table_folders(image, name)
    messages: tuple[str, ...] = ()
    if target.exists():
        messages = keep_access(target, new)
    else:
        give_access_in(target.parent, new)
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
    for folder in (new, old):
        # The table is in place: what remains is only in the way, and recovery knows it.
        messages += discard(folder, discarded)
    _list(image, name)
    return messages


def recover_table(image: Path, name: str) -> tuple[str, ...]:
    """Bring a table to a complete state; the caller owns the well.

    Returns:
        What was found and what was done; empty if all was well.

    Raises:
        OSError: If a step failed; calling it again continues.
    """
    target, new, old, discarded = table_folders(image, name)
    earlier = target.with_name(f".{name}.table-old")
    if not target.exists() and zarr_format(earlier) is not None:
        earlier.rename(target)
        flush_folder(target.parent)
        return (f"{target}: an earlier run stopped while it replaced this table; put it back",)
    left = [message for folder in _discarded(image, name) for message in remove_discarded(folder)]
    there = [folder for folder in (new, old) if os.path.lexists(folder)]
    if not there:
        return tuple(left)
    did = "removed what was left of it"
    if not target.exists() and old in there:
        # The old table is moved aside only once the new one is complete.
        (new if new in there else old).rename(target)
        flush_folder(target.parent)
        did = "finished it" if new in there else "put the old one back"
    for folder in (new, old):
        left += discard(folder, discarded)
    return (f"{target}: an earlier run stopped while it replaced this table; {did}", *left)


def is_half_replaced(image: Path, name: str) -> bool:
    """Return whether a table is moved aside and the new one is not in its place yet."""
    target, _, old, _ = table_folders(image, name)
    return old.exists() and not target.exists()


def find_table_leftovers(well: Path) -> Mapping[Path, tuple[str, ...]]:
    """Return the tables of each image of a well that have hidden folders; nothing is changed."""
    found: dict[Path, tuple[str, ...]] = {}
    for image in sorted(well.iterdir()):
        tables = image / "tables"
        if image.name == LOCK_FOLDER or parse_hidden(image.name) or not tables.is_dir():
            continue
        names = set()
        for entry in (path.name for path in tables.iterdir()):
            if ours := _HIDDEN.fullmatch(entry):
                names.add(ours["table"])
            elif (old := _OF_EARLIER_VERSIONS.fullmatch(entry)) and not os.path.lexists(
                tables / old["table"]
            ):
                names.add(old["table"])
        if names:
            found[image] = tuple(sorted(names))
    return found


def _discarded(image: Path, name: str) -> list[Path]:
    tables = image / "tables"
    beginning = table_folders(image, name).discarded.name
    return [path for path in tables.iterdir() if path.name.startswith(beginning)]


def _list(image: Path, name: str) -> None:
    tables = image / "tables"
    attributes = read_attributes(tables)
    listed = attributes.get("tables", [])
    if isinstance(listed, list) and name not in listed:
        names: list[JsonValue] = [*listed, name]
        write_attributes(
            tables, {**attributes, "tables": names}, temporary=tables / f".attributes{MARK}new"
        )
