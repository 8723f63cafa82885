"""Look whether an image has all that its metadata lists: levels, labels and tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import JsonValue

from tasks.doctor.finding import Finding
from tasks.plan.errors import InvalidInputError
from tasks.storage.attributes import Attributes, ngff_metadata, read_attributes, zarr_format
from tasks.storage.paths import is_inside, safe_name
from tasks.storage.swap_table import is_half_replaced

Group = Literal["labels", "tables"]


def examine_image(image: Path) -> Iterator[Finding]:
    """Yield what an image, its labels and its tables list but do not have; pixels are not read.

    Raises:
        InvalidInputError: If metadata cannot be understood.
        OSError: If metadata cannot be read.
    """
    yield from _missing_levels(image, image)
    for group in ("labels", "tables"):
        for name in listed_names(image, group):
            what = group.removesuffix("s")
            try:
                folder = image / group / safe_name(name, what)
            except InvalidInputError as error:
                yield _for_a_person(image / group, str(error), "take the name from the list")
                continue
            if group == "tables" and is_half_replaced(image, name):
                # The well tells of it: it can be put right.
                continue
            if zarr_format(folder) is None:
                yield _for_a_person(
                    image,
                    f"the {what} '{name}' is listed but is not there",
                    f"restore {folder} from a backup, or take the name from the list in {group}/",
                )
            elif group == "labels":
                yield from _missing_levels(folder, image)


def listed_names(image: Path, group: Group) -> tuple[str, ...]:
    """Return the names of labels or tables that an image lists; none where it has no such group.

    Raises:
        InvalidInputError: If the list is something else than names.
    """
    folder = image / group
    if zarr_format(folder) is None:
        return ()
    listed = ngff_metadata(read_attributes(folder)).get(group, [])
    if not isinstance(listed, list):
        raise InvalidInputError(f"{folder}: its list of {group} is {listed!r}, not a list of names")
    return tuple(str(name) for name in listed)


def _missing_levels(pyramid: Path, image: Path) -> Iterator[Finding]:
    for dataset in _datasets(ngff_metadata(read_attributes(pyramid))):
        level = pyramid / str(dataset.get("path"))
        if not is_inside(level, image):
            yield _for_a_person(
                pyramid, f"the pyramid level {level} lies outside the image", "correct the metadata"
            )
        elif zarr_format(level) is None:
            yield _for_a_person(
                pyramid,
                f"the pyramid level '{dataset.get('path')}' is listed but is not there",
                "restore it from a backup, or convert the image again",
            )


def _datasets(metadata: Attributes) -> Iterator[Attributes]:
    for scales in _objects(metadata.get("multiscales")):
        yield from _objects(scales.get("datasets"))


def _objects(value: JsonValue) -> Iterator[Attributes]:
    if isinstance(value, list):
        yield from (each for each in value if isinstance(each, dict))


def _for_a_person(path: Path, problem: str, advice: str) -> Finding:
    return Finding(path=path, problem=problem, remedy="person", advice=advice)
