"""Look whether an image has all that its metadata lists: levels, labels and tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from tasks.doctor.finding import Finding, for_a_person, refused, warned_of
from tasks.plan.errors import InvalidInputError
from tasks.storage.attributes import array_shape, ngff_metadata, read_attributes, zarr_format
from tasks.storage.paths import require_level_inside, safe_name
from tasks.storage.swap_table import is_half_replaced
from tasks.survey.codecs import missing_codec
from tasks.survey.label_grid import Grid, place_on_image
from tasks.survey.label_names import find_labels
from tasks.survey.multiscale import Multiscale, read_multiscale
from tasks.survey.unlisted_tables import unlisted_tables

Group = Literal["labels", "tables"]


def examine_image(image: Path) -> Iterator[Finding]:
    """Yield what an image, its labels and its tables list but do not have; pixels are not read.

    What a registration would refuse or warn of is told too, in the same words: metadata without a
    plain meaning, codecs that are not installed, labels that lie there without being listed.

    Raises:
        InvalidInputError: If metadata cannot be understood.
        OSError: If metadata cannot be read.
    """
    yield from _of_pyramid(image, image)
    for group in ("labels", "tables"):
        for name in listed_names(image, group):
            what = group.removesuffix("s")
            try:
                folder = image / group / safe_name(name, what)
            except InvalidInputError as error:
                yield for_a_person(image / group, str(error), "take the name from the list")
                continue
            if group == "tables" and is_half_replaced(image, name):
                # The well tells of it: it can be put right.
                continue
            if zarr_format(folder) is None:
                yield for_a_person(
                    image,
                    f"the {what} '{name}' is listed but is not there",
                    f"restore {folder} from a backup, or take the name from the list in {group}/",
                )
            elif group == "labels":
                wrong = list(_of_pyramid(folder, image))
                yield from wrong or _of_grid(name, image)
            else:
                yield from _of_untyped(folder)
    yield from _of_unlisted_labels(image)
    for name in unlisted_tables(image, listed_names(image, "tables")):
        yield for_a_person(
            image,
            f"the table '{name}' lies in tables/ without being listed, so that no program finds it",
            "add its name to the list in tables/, or take it away",
        )


def _of_untyped(table: Path) -> Iterator[Finding]:
    """Yield one finding where a table does not say its type and is half a table of regions."""
    attributes = read_attributes(table)
    if attributes.get("type"):
        return
    # Loaded only for tables that other programs, or old ones, have written.
    from tasks.storage.column_names import guess_backend  # noqa: PLC0415
    from tasks.survey.table_type import COLUMNS, lacking_of_regions  # noqa: PLC0415

    backend = str(attributes.get("backend") or guess_backend(table))
    try:
        lacking = lacking_of_regions(table, backend)
    except (KeyError, ValueError) as error:
        yield for_a_person(table, f"its columns cannot be read ({error})", "restore or remove it")
        return
    if 0 < len(lacking) < len([*COLUMNS["y"], *COLUMNS["x"]]):
        yield for_a_person(
            table,
            f"it does not say its type, and is no table of regions, as it lacks "
            f"{', '.join(lacking)}",
            "make it anew with these columns, in micrometers, if it is to be one",
        )


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


def _of_pyramid(pyramid: Path, image: Path) -> Iterator[Finding]:
    try:
        scales = read_multiscale(pyramid)
    except InvalidInputError as error:
        yield refused(pyramid, str(error))
        return
    below = pyramid.relative_to(image)
    for name in scales.levels:
        level = pyramid / name
        try:
            require_level_inside(image, f"{below / name}")
        except InvalidInputError as error:
            yield refused(level, str(error).removeprefix(f"{level} ").removeprefix(f"{image}: "))
            continue
        if zarr_format(level) is None:
            yield for_a_person(
                pyramid,
                f"the pyramid level '{name}' is listed but is not there",
                "restore it from a backup, or convert the image again",
            )
        elif missing := missing_codec(level):
            yield refused(level, missing)


def _of_grid(label: str, image: Path) -> Iterator[Finding]:
    """Yield one finding where the size of a label's pixels contradicts how many there are."""
    node = image / "labels" / label
    try:
        scales = read_multiscale(node)
        here, there = _grid(node, scales), _grid(image, read_multiscale(image))
    except (InvalidInputError, OSError):
        # That an image or a level cannot be read is told of already.
        return
    try:
        _, told = place_on_image(here, there, label, image, assumed=scales.assumed)
    except InvalidInputError as error:
        yield refused(image, str(error))
        return
    for each in told:
        yield warned_of(image, each)


def _grid(node: Path, scales: Multiscale) -> Grid:
    return Grid(
        axes=scales.axes,
        pixel_size=scales.pixel_sizes[0],
        shapes=tuple(array_shape(node / level) for level in scales.levels),
    )


def _of_unlisted_labels(image: Path) -> Iterator[Finding]:
    try:
        names = find_labels(image)
    except InvalidInputError:
        # A name in the list that is not allowed is told of already.
        return
    for name in (*names.unlisted, *names.unreadable):
        yield for_a_person(
            image,
            f"'{name}' lies in labels/ without being listed, so that viewers do not find it",
            "add its name to the list in labels/, or take it away",
        )
