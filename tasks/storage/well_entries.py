"""Read which wells a plate lists and which images a well lists, and list a new image."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

from pydantic import JsonValue

from tasks.plan.errors import InvalidInputError, LockHeldError
from tasks.plan.window import Frozen
from tasks.storage.attributes import (
    Attributes,
    ngff_metadata,
    read_attributes,
    write_attributes,
)
from tasks.storage.hidden import MARK, OUTPUT_SUFFIX
from tasks.storage.kinds import kind_of, require_kind
from tasks.storage.lock_file import give_back, take_lock
from tasks.storage.paths import safe_name

_NGIO_TIMEOUT = 10.0
"""Seconds; as long as ngio itself waits for these locks."""

_OURS = b"plate-registration"
"""What a lock file holds that ngio did not make, and that is removed again."""


class WellImage(Frozen):
    """An image as its well lists it."""

    name: str
    acquisition: int | None
    """None where the well does not say."""


def read_wells(plate: Path) -> tuple[str, ...]:
    """Return row and column of each well that a plate lists, such as `A/01`, once, in its order.

    Raises:
        InvalidInputError: If the path is no plate, or an entry is malformed or leads outside.
    """
    require_kind(plate, "plate")
    entries = _entries(plate, "plate", "wells")
    return tuple(dict.fromkeys("/".join(_parts(plate, entry, "well")) for entry in entries))


def require_listed_well(well: Path) -> None:
    """Check that a well which its plate lists is there.

    Raises:
        InvalidInputError: If not, or if its metadata cannot be understood.
    """
    kind = kind_of(well)
    if kind != "well":
        what = "there is no such folder" if kind == "missing" else "it has no metadata of a well"
        raise InvalidInputError(
            f"{well}: the plate lists this well, but {what}; copy the plate once more, restore the "
            "well from a backup, or take it from the plate's list of wells"
        )


def read_images(well: Path) -> tuple[WellImage, ...]:
    """Return the images that a well lists, each once, in its order.

    Raises:
        InvalidInputError: If the path is no well, or an entry is malformed, leads outside, or says
            of an image what another does not.
    """
    require_kind(well, "well")
    images: dict[str, WellImage] = {}
    for image in _listed(well):
        known = images.setdefault(image.name, image)
        if known != image:
            raise InvalidInputError(
                f"{well} lists image '{image.name}' twice, with acquisition {known.acquisition} "
                f"and {image.acquisition}; leave the right one in its metadata"
            )
    return tuple(images.values())


def list_image(well: Path, name: str, acquisition: int) -> bool:
    """Add an image to the well's list unless it is there; all other metadata is kept.

    Results of images that run side by side are listed in the order of their images, whichever ends
    first: the list is the same every time. Any other image goes to the end.

    Both locks that ngio takes to change a well are held meanwhile, unless there is nothing to do.
    Of their files and folders, those stay that were there before.

    Returns:
        Whether the image was added.

    Raises:
        InvalidInputError: If the path is no well.
        LockHeldError: If a program that uses ngio holds one of its locks for 10 s.
        OSError: If the metadata cannot be written; it is then untouched.
    """
    safe_name(name, "image")
    if name in _names(well):
        return False
    with _ngio_locks(well):
        names = _names(well)
        if name in names:
            return False
        attributes = read_attributes(well)
        described = ngff_metadata(attributes)["well"]
        # `read_images` has just found a well with a list of images.
        images: list[JsonValue] = described["images"]  # type: ignore[index,call-overload,assignment]
        images.insert(_place(name, names), {"path": name, "acquisition": acquisition})
        write_attributes(well, attributes, temporary=well / f".attributes{MARK}new")
    return True


def _names(well: Path) -> list[str]:
    """Return a name for each entry of a well's list."""
    read_images(well)
    return [image.name for image in _listed(well)]


def _listed(well: Path) -> Iterator[WellImage]:
    for entry in _entries(well, "well", "images"):
        parts = _parts(well, entry, "image")
        # An image lies directly in its well.
        name = parts[0] if len(parts) == 1 else _safe(well, "/".join(parts), "image")
        yield WellImage(name=name, acquisition=_acquisition(well, entry))


def _acquisition(well: Path, entry: Attributes) -> int | None:
    """Return the number of an acquisition, also where a program wrote it as `"1"` or 1.0."""
    said = entry.get("acquisition")
    if said is None or (isinstance(said, int) and not isinstance(said, bool)):
        return said
    number = said if isinstance(said, float) else None
    if isinstance(said, str) and said.strip().isdecimal():
        number = float(said)
    if number is None or not number.is_integer():
        raise InvalidInputError(
            f"{well} lists an image of acquisition {said!r}, which is no whole number; correct the "
            "well's metadata"
        )
    return int(number)


def _place(name: str, names: list[str]) -> int:
    """Return where a result belongs: before the first result of an image that is listed later."""
    ranks = {f"{origin}{OUTPUT_SUFFIX}": rank for rank, origin in enumerate(names)}
    own = ranks.get(name, len(names))
    later = (place for place, other in enumerate(names) if ranks.get(other, -1) > own)
    return next(later, len(names))


@contextmanager
def _ngio_locks(well: Path) -> Iterator[None]:
    plate = well.parent.parent
    inside_plate = quote(f"{well.parent.name}/{well.name}", safe="")
    with ExitStack() as held:
        for path in (
            plate.with_name(f"{plate.name}.ngio-locks") / f"{inside_plate}.lock",
            well.with_name(f"{well.name}.ngio-locks") / "root.lock",
        ):
            held.enter_context(_held(path, well))
        yield


@contextmanager
def _held(path: Path, well: Path) -> Iterator[None]:
    try:
        descriptor = take_lock(path, timeout=_NGIO_TIMEOUT, mark=_OURS)
    except PermissionError:
        # Where this run cannot make it, other programs of this person cannot either.
        yield
        return
    if descriptor is None:
        raise LockHeldError(
            f"another program has held ngio's lock {path} on the well {well} for "
            f"{_NGIO_TIMEOUT:g} s; wait for it to end and run again"
        )
    try:
        yield
    finally:
        if os.pread(descriptor, len(_OURS), 0) == _OURS:
            give_back(path, descriptor)
        else:
            os.close(descriptor)


def _entries(group: Path, what: str, key: str) -> list[Attributes]:
    described = ngff_metadata(read_attributes(group))[what]
    entries = described.get(key, []) if isinstance(described, dict) else None
    if not isinstance(entries, list):
        raise InvalidInputError(
            f"{group} has no list of {key} in its metadata; was it written completely?"
        )
    for entry in entries:
        if not isinstance(entry, dict):
            raise InvalidInputError(
                f"{group} lists {entry!r} among its {key}, where an object with a path is "
                f'expected, such as {{"path": "0"}}; correct its metadata'
            )
    return [entry for entry in entries if isinstance(entry, dict)]


def _parts(group: Path, entry: Attributes, what: str) -> list[str]:
    r"""Return the names in a path, however it is spelled: `./A/01/`, or `A\01` as on Windows."""
    path = _text(group, entry, "path").replace("\\", "/")
    parts = [part for part in path.split("/") if part not in {"", "."}]
    if path.startswith("/"):
        parts = [path]
    return [_safe(group, part, what) for part in parts or [path]]


def _safe(group: Path, name: str, what: str) -> str:
    try:
        return safe_name(name, what)
    except InvalidInputError as error:
        raise InvalidInputError(f"{group}: {error}") from error


def _text(group: Path, entry: Attributes, key: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str):
        what = f"whose {key} is no text" if key in entry else f"without a {key}"
        raise InvalidInputError(f"{group} lists an entry {what}: {entry}; correct its metadata")
    return value
