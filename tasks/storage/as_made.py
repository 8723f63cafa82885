"""Whether a registered image still holds what its registration wrote, by the letters in its record.

A copy that stops half way, raw data that is copied once more over a registered plate, and programs
that write into arrays leave the record as it was, and with it all that was said of the image.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal, TypeAlias

from pydantic import JsonValue

from tasks.plan.errors import InvalidInputError
from tasks.storage.attributes import zarr_format
from tasks.storage.fingerprint import fingerprint_pyramid
from tasks.storage.made_from import IMAGE, TABLES
from tasks.storage.provenance import MADE, MADE_FROM, Record, read_provenance

_State: TypeAlias = Literal["as made", "as before", "other"]
"""What is there: what the registration wrote, what it was made from, or neither."""


def refuse_moved_back(image: Path, parts: Iterable[str]) -> None:
    """Refuse what was registered in place and holds again what it held before.

    Args:
        image: Root folder of the image.
        parts: What is to move with it: `image`, `labels/<name>`.

    Raises:
        FileNotFoundError: A level is not there.
        InvalidInputError: A part does, or metadata cannot be understood.
    """
    record = read_provenance(image) or {}
    for part in parts:
        if _now(part, image, record, {}) == "as before":
            raise InvalidInputError(f"{image}: {'; '.join(_moved_back(part))}")


def _moved_back(part: str) -> tuple[str, str]:
    if part == IMAGE:
        return (
            "it holds the pixels again that it had before it was registered, but its record says "
            "that it was",
            "copy the whole image once more, with its metadata and tables, either as it was "
            "registered, or as it was before and register it then",
        )
    return (
        f"its label '{part.removeprefix('labels/')}' lies where it lay before the image was "
        "registered",
        "restore the label as it was registered, or segment the image anew",
    )


def holds_what_was_made(image: Path) -> bool:
    """Return whether the pixels of an image are those that its registration wrote, if one did.

    Raises:
        FileNotFoundError: A level is not there.
        InvalidInputError: Its metadata cannot be understood.
    """
    record = read_provenance(image)
    return record is None or _now(IMAGE, image, record, {}) == "as made"


def unlike_made(
    image: Path, record: Record, known: Mapping[str, str] | None = None
) -> Iterator[tuple[str, str]]:
    """Yield what an image does not hold as its registration wrote it, and what to do, in words.

    Pixels of the image that are not as they were, and labels that are again where they were before
    the image moved. Labels that were segmented anew, or removed, are as they should be.

    Args:
        image: Root folder of the image.
        record: Its record.
        known: Letters of what it holds now, where they were found out already; see `made_from`.

    Raises:
        FileNotFoundError: A level is not there.
        InvalidInputError: Metadata cannot be understood.
    """
    for part in _letters(record.get(MADE)):
        # Tables are there to be worked in.
        if part.startswith(TABLES) or zarr_format(image if part == IMAGE else image / part) is None:
            continue
        state = _now(part, image, record, known or {})
        if state == "as before":
            yield _moved_back(part)
        elif part == IMAGE and state == "other":
            yield (
                "its pixels, or their size, are not those that its registration wrote: a copy of "
                "the plate is not complete, or something has written into it since",
                "restore it; or, if it is as it should be, register it again with redo, which "
                "takes it as it is"
                if record.get("origin") == image.name
                else "register the original again with redo, which makes it anew",
            )


def _now(part: str, image: Path, record: Record, known: Mapping[str, str]) -> _State:
    made, before = _letters(record.get(MADE)).get(part), _letters(record.get(MADE_FROM)).get(part)
    if made is None:
        return "as made"
    now = known.get(part) or fingerprint_pyramid(image if part == IMAGE else image / part)
    if now == made:
        return "as made"
    return "as before" if now == before and record.get("origin") == image.name else "other"


def _letters(kept: JsonValue) -> dict[str, str]:
    return {part: str(each) for part, each in kept.items()} if isinstance(kept, dict) else {}
