"""Decide for each table of the result where it comes from and whether its rows move."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from tasks.plan.quality_table import QUALITY_TABLE
from tasks.plan.registration_plan import TablePlan
from tasks.survey.boxes import read_boxes
from tasks.survey.label_names import find_labels
from tasks.survey.listed_tables import ListedTable, list_tables, look_at_table
from tasks.survey.table_type import ROI_LIKE


def plan_tables(
    image: Path, reference: Path, *, register_labels: bool = True
) -> tuple[tuple[TablePlan, ...], tuple[str, ...]]:
    """Return what happens to every table, and what a person should know about it.

    Of the reference come its ROI tables (type `roi_table`), in its order; then all other tables
    of the image, in its own order. ROI-like ones move with the pixels, except masking tables of
    labels that stay where they are; all others are carried over unchanged. Where the reference
    itself is registered nothing moves, but rows of what is cut off are left out.

    Args:
        image: Root folder of the image to be registered.
        reference: Root folder of the reference, which may be the same.
        register_labels: Whether the labels move.

    Raises:
        InvalidInputError: When a table is listed but not there, cannot be read, or should move
            but has no valid boxes.
    """
    names = [name for name in list_tables(image) if name != QUALITY_TABLE]
    own = {name: look_at_table(image, name) for name in names}
    found = find_labels(image)
    labels = (*found.listed, *found.unlisted)
    if image == reference:
        return tuple(
            _of_reference(table, image, labels, register_labels=register_labels)
            for table in own.values()
        ), ()
    theirs = [look_at_table(reference, name) for name in list_tables(reference)]
    plans: list[TablePlan] = []
    warnings: list[str] = []
    for table in theirs:
        if table.type != "roi_table":
            continue
        if table.name in own and own[table.name].type != "roi_table":
            warnings.append(
                f"table '{table.name}' is a roi_table in the reference but a "
                f"{own[table.name].type} here: this image's own is kept, the reference's is not "
                "carried over"
            )
            continue
        plans.append(_table_plan(table, "reference", "copy"))
    taken = {plan.name for plan in plans}
    for table in own.values():
        if table.name not in taken:
            plan, warning = _plan_own(table, image, labels, register_labels=register_labels)
            plans.append(plan)
            warnings += warning
    return tuple(plans), tuple(warnings)


def _plan_own(
    table: ListedTable, image: Path, labels: tuple[str, ...], *, register_labels: bool
) -> tuple[TablePlan, list[str]]:
    if table.type not in ROI_LIKE:
        return _table_plan(table, "acquisition", "copy"), [
            f"table '{table.name}' ({table.type}) is carried over unchanged: measurements stay "
            "valid, but positions in it, if any, are those before registration"
        ]
    described = table.reference_label if table.type == "masking_roi_table" else None
    lost = described is not None and described not in labels
    if table.type == "masking_roi_table" and not register_labels and not lost:
        return _table_plan(table, "acquisition", "copy"), [
            f"table '{table.name}' (masking_roi_table) is carried over unchanged, like the labels"
        ]
    # Read here so that a broken table is found before anything is written.
    read_boxes(look_at_table(image, table.name), image)
    warnings = [
        f"table '{table.name}' describes the label '{described}', which this image does not have: "
        "its rows are moved on the image's own grid"
    ]
    return _table_plan(table, "acquisition", "shift"), warnings if lost else []


def _of_reference(
    table: ListedTable, image: Path, labels: tuple[str, ...], *, register_labels: bool
) -> TablePlan:
    if table.type == "roi_table":
        return _table_plan(table, "reference", "copy")
    plan, _ = _plan_own(table, image, labels, register_labels=register_labels)
    return plan


def _table_plan(
    table: ListedTable,
    origin: Literal["reference", "acquisition"],
    handling: Literal["copy", "shift"],
) -> TablePlan:
    return TablePlan(
        name=table.name,
        type=table.type,
        backend=table.backend,
        origin=origin,
        handling=handling,
        rows=table.rows,
        reference_label=table.reference_label if table.type == "masking_roi_table" else None,
    )
