"""Write all tables of a staged image: those of the reference, and the image's own."""

from __future__ import annotations

from pathlib import Path

import zarr

from tasks.plan.errors import InvalidInputError
from tasks.plan.region import digest_regions
from tasks.plan.registration_plan import Pyramid, RegistrationPlan, TablePlan
from tasks.plan.window import Shift, Window
from tasks.storage.attributes import read_attributes, zarr_format
from tasks.storage.copying import copy_tree
from tasks.storage.paths import require_inside
from tasks.storage.removal import remove_tree
from tasks.storage.settle import settle_writes
from tasks.survey.listed_tables import ListedTable, list_tables, look_at_table
from tasks.survey.regions import read_regions
from tasks.tables.convert import METADATA_FILES, convert_folder
from tasks.tables.move import move_table


def write_tables(plan: RegistrationPlan, staged: Path) -> tuple[str, ...]:
    """Make the `tables` group of the staged image anew, as the plan says.

    Each table's folder is copied byte for byte (converted, where the reference has the other zarr
    format), then the rows of those that shift are moved where they lie. The group's own
    attributes are this image's. What lies in its folder without being listed is copied too.

    Args:
        plan: What to write and from where.
        staged: Root folder of the staged image.

    Returns:
        Messages to be logged: rows left out, cut or torn, and what was carried over unlisted.

    Raises:
        InvalidInputError: When a table has changed since the plan was made, or cannot be written.
        FileNotFoundError: When a table is not there, or the file with its rows is not (yet).
        OSError: When something cannot be read or written.
    """
    source, target = plan.image_path / "tables", staged / "tables"
    settle_writes()
    remove_tree(target)
    if not plan.tables and not source.exists():
        return ()
    require_inside(source, plan.image_path)
    names = [table.name for table in plan.tables]
    own = list_tables(plan.image_path)
    messages = _copy_unlisted(source, target, {*names, *own}) if source.exists() else []
    attributes = read_attributes(source) if zarr_format(source) else {}
    zarr.create_group(
        target, zarr_format=plan.zarr_format, attributes={**attributes, "tables": names}
    )
    for table in plan.tables:
        messages += _write_table(plan, table, staged)
    return tuple(messages)


def _write_table(plan: RegistrationPlan, table: TablePlan, staged: Path) -> tuple[str, ...]:
    source, target = plan.origin_of(table), staged / "tables" / table.name
    if zarr_format(source) in (None, plan.zarr_format):
        copy_tree(source, target)
    else:
        convert_folder(source, target, plan.zarr_format)
    # Read from our own copy: what is checked here is what will be published.
    copied = look_at_table(staged, table.name)
    _check_unchanged(plan, table, copied, staged)
    if table.handling == "clip":
        return move_table(copied, staged, _whole(plan.image), inside="the image")
    if table.handling == "shift":
        return move_table(copied, staged, _grid(plan, table), inside="regions")
    return ()


def _check_unchanged(
    plan: RegistrationPlan, table: TablePlan, copied: ListedTable, staged: Path
) -> None:
    """Raise when the copy is not the table that was planned for."""
    same = (copied.type, copied.backend, copied.rows) == (table.type, table.backend, table.rows)
    if same and table.origin == "reference" and table.name == plan.registered_roi_table:
        same = digest_regions(read_regions(staged, table.name)) == plan.reference_digest
    if not same:
        origin = plan.reference_path if table.origin == "reference" else plan.image_path
        raise InvalidInputError(
            f"The table '{table.name}' of {origin} has changed since the registration was planned: "
            f"then a {table.type} ({table.backend}) of {table.rows} rows, now a {copied.type} "
            f"({copied.backend}) of {copied.rows}. Run the registration again."
        )


def _grid(plan: RegistrationPlan, table: TablePlan) -> Pyramid:
    """Return the pyramid with whose pixels a table moves: its label's, else the image's."""
    labels = {label.name: label for label in plan.labels}
    return labels.get(table.reference_label or "", plan.image)


def _whole(pyramid: Pyramid) -> Pyramid:
    """Return the pyramid as one region that stays where it is."""
    window = Window.whole(pyramid.levels[0].shape)
    stays = Shift(region="image", source=window, target=window)
    return pyramid.model_copy(update={"shifts": (stays,)})


def _copy_unlisted(source: Path, target: Path, listed: set[str]) -> list[str]:
    """Copy what lies beside the listed tables, except the group's own metadata."""
    done = {*listed, *METADATA_FILES}
    copy_tree(source, target, skip=lambda path: path.parts[0] in done)
    others = sorted(entry.name for entry in target.iterdir())
    if not others:
        return []
    return [
        f"carried over unchanged from {source}, though not listed there as tables: "
        f"{', '.join(others)}"
    ]
