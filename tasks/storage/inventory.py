"""See whether an image has changed since its plan was made, by names, sizes and times of files."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from tasks.plan.contents import Contents
from tasks.plan.errors import ChangedMeanwhileError
from tasks.plan.registration_plan import Pyramid, RegistrationPlan
from tasks.storage.hidden import MARK
from tasks.storage.staging import CHUNK_NAME, is_written_anew
from tasks.storage.tree import Tree, read_tree

_OF_SYSTEMS = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
_BEGINNINGS_OF_SYSTEMS = ("._", ".nfs", ".smbdelete")
"""What systems make of their own accord where somebody looks, or removes an open file."""

_GROUPS = frozenset({"labels", "tables"})


def list_files(image: Path) -> Tree:
    """Return all that is below an image, with sizes and times; what it is comes later.

    Raises:
        OSError: If a folder cannot be read.
    """
    return read_tree(image, sizes=True)


def summarize(tree: Tree, pyramids: Iterable[Pyramid]) -> Contents:
    """Return what an image holds.

    What operating systems leave where somebody looks does not count, nor what our own runs make for
    a time.

    Args:
        tree: What `list_files` returned.
        pyramids: The image and its labels, whose arrays' files are chunks.
    """
    levels = {level.path for pyramid in pyramids for level in pyramid.levels}
    parts: dict[str, list[str]] = defaultdict(list)
    chunks: dict[str, list[str]] = {level: [] for level in levels}
    named = [
        *((path, path) for path in (*tree.folders, *tree.links, *tree.specials)),
        *((file.path, f"{file.path} {file.size} {file.modified}") for file in tree.files),
    ]
    for path, entry in named:
        if _is_of_no_account(path):
            continue
        array = _array_of(path, levels)
        if array is None:
            parts[_part_of(path)].append(entry)
        else:
            chunks[array].append(entry)
    return Contents(
        parts={name: _digest(entries) for name, entries in parts.items()},
        chunks={name: _digest(entries) for name, entries in chunks.items()},
    )


def refuse_changes(plan: RegistrationPlan, *, chunks: bool) -> None:
    """Check that the image, and what the result replaces, are what they were when it was planned.

    Names, sizes and times are compared. An image that is not there, because it is being swapped, is
    not looked at.

    Args:
        plan: What was planned.
        chunks: Whether to look at chunks too, which are nearly all of an image's files.

    Raises:
        ChangedMeanwhileError: If something is new, gone or changed, naming it.
        OSError: If a folder cannot be read.
    """
    pyramids = (plan.image, *plan.labels)

    def is_chunk(path: Path) -> bool:
        return not chunks and any(is_written_anew(path, pyramid) for pyramid in pyramids)

    for name, planned in plan.contents.items():
        image = plan.image_path.with_name(name)
        if not image.is_dir():
            continue
        now = summarize(read_tree(image, skip=is_chunk, sizes=True), pyramids)
        if not chunks:
            now = now.model_copy(update={"chunks": planned.chunks})
        if found := planned.changes_to(now):
            raise ChangedMeanwhileError(
                f"{image} was changed while its registration was being written: "
                f"{', '.join(found)}. It was kept as it is, and the new image, which would not "
                "have this, was given up; run again when nothing else writes there"
            )


def refuse_new_output(plan: RegistrationPlan) -> None:
    """Check that nothing has come to the place of the result since it was planned.

    Raises:
        ChangedMeanwhileError: If something has.
    """
    if plan.output_path.is_dir() and plan.output_name not in plan.contents:
        raise ChangedMeanwhileError(
            f"{plan.output_path} was not there when its registration began, and was kept as it is; "
            "the new image was given up. Run again when nothing else writes there"
        )


def _is_of_no_account(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name in _OF_SYSTEMS or name.startswith(_BEGINNINGS_OF_SYSTEMS) or MARK in path


def _array_of(path: str, levels: set[str]) -> str | None:
    end = path.find("/")
    while end >= 0:
        if path[:end] in levels:
            first = path[end + 1 :].partition("/")[0]
            return path[:end] if CHUNK_NAME.fullmatch(first) else None
        end = path.find("/", end + 1)
    return None


def _part_of(path: str) -> str:
    parts = path.split("/")
    return "/".join(parts[: 2 if parts[0] in _GROUPS else 1])


def _digest(entries: list[str]) -> str:
    return hashlib.sha256("\n".join(sorted(entries)).encode(errors="surrogateescape")).hexdigest()[
        :16
    ]
