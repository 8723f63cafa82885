"""What somebody has added to a result beside its original: making it again would remove it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tasks.plan.errors import InvalidInputError
from tasks.plan.quality_table import QUALITY_TABLE
from tasks.plan.registration_plan import RegistrationPlan
from tasks.storage.fingerprint import fingerprint_pyramid
from tasks.storage.made_from import IMAGE, OF_REFERENCE
from tasks.storage.provenance import MADE, MADE_FROM, changes_since, read_provenance
from tasks.survey.label_names import find_labels
from tasks.survey.listed_tables import list_tables
from tasks.survey.multiscale import read_multiscale

_GROUPS = frozenset({"labels", "tables"})


def refuse_to_lose(plan: RegistrationPlan, *, redo: bool) -> tuple[str, ...]:
    """Refuse to make a result again that somebody has worked in since, unless redo is asked for.

    Args:
        plan: What will be done; the result is not up to date, or is made again anyway.
        redo: Whether finished work is to be done again.

    Returns:
        With `redo`, what is lost, in words; nothing where nothing was added.

    Raises:
        InvalidInputError: Something was added to the result, or changed in it, since it was made.
    """
    added = added_since(plan.output_path, plan.image_path) if not plan.overwrites_input else ()
    if not added:
        return ()
    held = f"{plan.output_path} holds what was added or changed since it was made"
    if redo:
        return (f"{held}, and is made again without it: {', '.join(added)}",)
    raise InvalidInputError(
        f"{held}: {', '.join(added)}. It is out of date ({', '.join(changes_since(plan))}), and "
        "making it again would remove that. Copy what you need out of the well, then make it again "
        "with redo; or leave it as it is, and name the other images"
    )


def added_since(result: Path, origin: Path) -> tuple[str, ...]:
    """Return in words what a result holds that its run did not write; empty if nothing, or unknown.

    That are labels, tables, groups and files, and pixels of image and labels that were changed.
    What can be told of results of earlier releases is nothing: their records do not say it.

    Args:
        result: Root folder of the result, which may not be there.
        origin: Root folder of the image it was made from.

    Raises:
        InvalidInputError: Metadata cannot be understood.
    """
    record = read_provenance(result) or {}
    made, before = record.get(MADE), record.get(MADE_FROM)
    if not isinstance(made, dict) or not isinstance(before, dict):
        return ()
    parts = {str(part): str(letters) for part, letters in made.items()}
    tables = {str(part).removeprefix(OF_REFERENCE) for part in before}
    return (
        *_changed(result, parts),
        *(
            f"label '{name}'"
            for name in sorted(_labels(result) - _labels(origin))
            if f"labels/{name}" not in parts
        ),
        *(
            f"table '{name}'"
            for name in list_tables(result)
            if name not in {*list_tables(origin), QUALITY_TABLE} and f"tables/{name}" not in tables
        ),
        *(f"'{name}'" for name in sorted(_others(result) - _others(origin))),
    )


def _changed(result: Path, made: dict[str, str]) -> Iterator[str]:
    for part, letters in made.items():
        try:
            now = fingerprint_pyramid(result if part == IMAGE else result / part)
        except (FileNotFoundError, InvalidInputError):
            # What is gone cannot be lost.
            continue
        if now != letters:
            is_image = part == IMAGE
            yield "its pixels" if is_image else f"label '{part.removeprefix('labels/')}'"


def _labels(image: Path) -> set[str]:
    found = find_labels(image)
    return {*found.listed, *found.unlisted, *found.unreadable}


def _others(image: Path) -> set[str]:
    """Return what lies in an image beside its levels, labels, tables and hidden files."""
    levels = {path.partition("/")[0] for path in read_multiscale(image).levels}
    return {
        entry.name
        for entry in image.iterdir()
        if not entry.name.startswith(".") and entry.name != "zarr.json"
    } - (levels | _GROUPS)
