"""What a registration is made from, and what it made, part by part: a change is told by name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from tasks.plan.registration_plan import RegistrationPlan
from tasks.storage.fingerprint import fingerprint_pyramid, fingerprint_table

IMAGE = "image"
"""Key of the image's own pixels."""

TABLES = "tables/"
"""How keys of tables begin."""

OF_REFERENCE = "reference/"
"""How keys of what comes from the reference begin."""


def fingerprint_inputs(plan: RegistrationPlan) -> dict[str, str]:
    """Return what the result of a plan depends on, and the letters that each part is known by.

    That is the image's pixels, its labels, its own tables, and the reference's ROI tables.

    Raises:
        FileNotFoundError: If a part is not there (any more).
        InvalidInputError: If metadata cannot be understood.
    """
    image, reference = plan.image_path, plan.reference_path
    parts = {IMAGE: fingerprint_pyramid(image)}
    parts |= {label.path: fingerprint_pyramid(image / label.path) for label in plan.labels}
    for table in plan.tables:
        below = f"tables/{table.name}"
        if table.origin == "reference":
            parts[f"{OF_REFERENCE}{below}"] = fingerprint_table(reference / below)
        else:
            parts[below] = fingerprint_table(image / below)
    return parts


def fingerprint_result(plan: RegistrationPlan, made: Path) -> dict[str, str]:
    """Return the letters that what was written by a plan is known by: image, labels and tables.

    Args:
        plan: What was done.
        made: Root folder of the new image.

    Raises:
        FileNotFoundError: If a part is not there.
        InvalidInputError: If metadata cannot be understood.
    """
    tables = [f"{TABLES}{table.name}" for table in plan.tables]
    return {
        IMAGE: fingerprint_pyramid(made),
        **{label.path: fingerprint_pyramid(made / label.path) for label in plan.labels},
        **{table: fingerprint_table(made / table) for table in tables},
    }


def changed_parts(before: Mapping[str, JsonValue], now: Mapping[str, JsonValue]) -> tuple[str, ...]:
    """Return in words what is not as it was, such as `label 'nuclei'`."""
    found = []
    for part in sorted(before.keys() | now.keys()):
        if part not in now:
            found.append(f"{_in_words(part)}, which is gone")
        elif part not in before:
            found.append(f"{_in_words(part)}, which is new")
        elif before[part] != now[part]:
            found.append(_in_words(part))
    return tuple(found)


def _in_words(part: str) -> str:
    if part == IMAGE:
        return "the image's pixels"
    whose = "the reference's " if part.startswith(OF_REFERENCE) else ""
    group, _, name = part.removeprefix(OF_REFERENCE).partition("/")
    return f"{whose}{group.removesuffix('s')} '{name}'"
