"""Raw wells as other writers lay them out: fields that are images, no tables, tables untyped."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.estimate.wells import Shift, make_well
from tests.plates import NgffVersion


def make_fields(
    plate: Path,
    names: Sequence[Sequence[str]],
    shifts: Sequence[Shift],
    *,
    tables: bool = True,
    ngff_version: NgffVersion = "0.4",
) -> Path:
    """Write a well in which each field is an image of its own.

    Args:
        plate: Where the plate goes.
        names: Per acquisition, the names of its images, in the order of the fields.
        shifts: Per field, that of every acquisition but the first (pixels y, x).
        tables: Whether images have a table of one field.
        ngff_version: 0.4 is zarr format 2, 0.5 is zarr format 3.

    Returns:
        The well.
    """
    well = plate / "A" / "01"
    for number, shift in enumerate(shifts):
        by_acquisition = {a: [(0.0, 0.0) if a == 0 else shift] for a in range(len(names))}
        whole = plate.with_name(f"field_{number}.zarr")
        made = make_well(whole, by_acquisition, first=number, ngff_version=ngff_version)
        if number == 0:
            shutil.copytree(whole, plate)
            for acquisition in by_acquisition:
                shutil.rmtree(well / str(acquisition))
        for acquisition, fields in enumerate(names):
            if number < len(fields):
                shutil.copytree(made / str(acquisition), well / fields[number])
        shutil.rmtree(whole)
    list_images(well, {name: a for a, some in enumerate(names) for name in some})
    if not tables:
        remove_tables(well)
    return well


def list_images(well: Path, acquisitions: Mapping[str, int | None]) -> None:
    """Let a well list images with their acquisitions, None for none."""
    images = [
        {"path": name} if a is None else {"path": name, "acquisition": a}
        for name, a in acquisitions.items()
    ]
    change_attributes(well, lambda content: _ngff(content)["well"].update(images=images))


def remove_tables(well: Path) -> None:
    """Leave no image of a well any table."""
    for folder in list(well.glob("*/tables")):
        shutil.rmtree(folder)


def change_attributes(node: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a group's attributes where they lie, of either zarr format."""
    file = node / ".zattrs"
    if not file.is_file():
        file = node / "zarr.json"
    content = json.loads(file.read_text())
    change(content if file.name == ".zattrs" else content["attributes"])
    file.write_text(json.dumps(content, indent=2))


def _ngff(content: dict[str, Any]) -> dict[str, Any]:
    return content.get("ome", content)
