"""Finish or undo what a run that was killed left in a well."""

from __future__ import annotations

import os
from pathlib import Path

from tasks.plan.errors import InvalidInputError, LockHeldError
from tasks.storage.access import describe_access
from tasks.storage.discard import discard, remove_discarded
from tasks.storage.durable import flush_folder
from tasks.storage.earlier_versions import find_earlier, put_back_earlier
from tasks.storage.hidden import HiddenKind, hidden_folders, output_names, parse_hidden
from tasks.storage.kinds import kind_of, require_kind
from tasks.storage.locks import forget_ended, own_output, own_well
from tasks.storage.provenance import read_provenance
from tasks.storage.swap import put_in_place, remove_phantom
from tasks.storage.swap_table import find_table_leftovers, recover_table
from tasks.storage.well_entries import list_image, read_images

_MEANING: dict[HiddenKind, str] = {
    "staging": "an unfinished result",
    "verified": "what an exchange left behind",
    "replaced": "the image as it was before",
    "discarded": "what was being removed",
}


def recover_image(well: Path, image_name: str) -> tuple[str, ...]:
    """Bring an image and its result to a complete state; the caller owns the image.

    An image that is there is complete: hidden folders beside it are removed. One that is missing
    is put back: the new one if it was verified, else the old one. A first result that was never
    published is removed. A published result that the well does not list is listed. A staged image
    that failed its verification is kept for a person to look at. What cannot be removed, because
    it is another person's, is told of and stops no run.

    Returns:
        What was found and what was done, one message each; empty if all was well.

    Raises:
        InvalidInputError: If something that is not an image is in its place.
        OSError: If a step failed; calling it again continues.
    """
    messages: list[str] = []
    for name in output_names(image_name):
        messages += (*_rejected(well, name), *recover_output(well, name))
    return (*messages, *_list_result(well, image_name))


def recover_well(well: Path) -> tuple[str, ...]:
    """Recover every image and table of a well that no running process owns.

    Returns:
        What was found and what was done or could not be done, one message each; empty if all was
        well, or if the folder is no well.
    """
    if kind_of(well) != "well":
        return ()
    forget_ended(well)
    messages: list[str] = []
    for name in sorted({*find_leftovers(well), *find_earlier(well)}):
        try:
            with own_output(well, name, timeout=0):
                messages += (*_rejected(well, name), *recover_output(well, name))
        except LockHeldError:
            continue
        except (InvalidInputError, OSError) as error:
            # One image must not stop the others; a run on this image raises the same.
            messages.append(f"{well / name}: an earlier run's leftovers remain: {error}")
    return (*messages, *recover_tables(well))


def recover_tables(well: Path) -> tuple[str, ...]:
    """Recover every table of a well that was being replaced, unless a run is at it now.

    Returns:
        What was found and what was done or could not be done; empty if all was well.
    """
    leftovers = find_table_leftovers(well)
    if not leftovers:
        return ()
    messages: list[str] = []
    try:
        with own_well(well, timeout=0):
            for image, names in leftovers.items():
                for name in names:
                    messages += recover_table(image, name)
    except LockHeldError:
        return ()
    except OSError as error:
        messages.append(f"{well}: what an earlier run left of a table remains: {error}")
    return tuple(messages)


def require_image(image: Path) -> None:
    """Check that an image is there, or that a run has moved it aside: its owner puts it back.

    Between two renames, and after a crash there, a well's image has no name. Who owns the image
    and has recovered it can look again.

    Raises:
        InvalidInputError: If something else is there, or nothing, saying what to give instead.
    """
    # In this order: a swap that ends meanwhile has then put the image in its place.
    if (
        kind_of(image) in {"missing", "other"}
        and kind_of(image.parent) == "well"
        and find_leftovers(image.parent).get(image.name, frozenset()) & {"replaced", "verified"}
    ):
        return
    require_kind(image, "image")


def half_swapped(well: Path) -> tuple[str, ...]:
    """Return the images of a well that lost their name to a swap which was interrupted.

    The next run that works on the well gives it back.

    Raises:
        InvalidInputError: If the path is no well, or its list cannot be understood.
        OSError: If it cannot be read.
    """
    names = [image.name for image in read_images(well)]
    leftovers, earlier = find_leftovers(well), find_earlier(well)
    return tuple(
        name
        for name in names
        if kind_of(well / name) in {"missing", "other"}
        and (
            leftovers.get(name, frozenset()) & {"replaced", "verified"}
            or f".{name}.replaced" in earlier.get(name, ())
        )
    )


def find_leftovers(well: Path) -> dict[str, frozenset[HiddenKind]]:
    """Return the hidden folders of each image of a well, without changing anything."""
    found: dict[str, frozenset[HiddenKind]] = {}
    with os.scandir(well) as entries:
        parsed = [parse_hidden(entry.name) for entry in entries]
    for name, kind in filter(None, parsed):
        found[name] = found.get(name, frozenset()) | {kind}
    return found


def recover_output(well: Path, name: str) -> tuple[str, ...]:
    """Bring one name of a well to a complete state, as `recover_image` does; the caller owns it.

    Returns:
        What was found and what was done. A rejected result stays, and is not told of.

    Raises:
        InvalidInputError: If something that is not an image is in its place.
        OSError: If a step failed; calling it again continues.
    """
    kinds = find_leftovers(well).get(name, frozenset()) - {"rejected"}
    hidden, image = hidden_folders(well, name), well / name
    messages = [*put_back_earlier(well, name)]
    if kinds & {"verified", "replaced"}:
        remove_phantom(image)
    if not os.path.lexists(image) and kinds - {"discarded"} == {"verified"}:
        require_first_result(hidden.verified, image)
    if not os.path.lexists(image) and "replaced" in kinds:
        if "verified" in kinds:
            put_in_place(hidden, image)
            kinds -= {"verified"}
            messages.append(f"{image}: an earlier run stopped while swapping; finished the swap")
        else:
            hidden.replaced.rename(image)
            flush_folder(well)
            kinds -= {"replaced"}
            messages.append(f"{image}: an earlier run stopped while swapping; put the old one back")
    for folder in _discarded(well, name):
        messages += remove_discarded(folder) or (_removed(image, folder.name, "discarded"),)
    for kind in sorted(kinds - {"discarded"}):
        folder = getattr(hidden, kind)
        try:
            left = discard(folder, hidden.discarded)
        except PermissionError as error:
            # Another person's, in a folder where each removes their own: whether it is in the way
            # is for a run to say that needs its name.
            left = (f"{folder} could not be removed ({error}); {describe_access(folder)}",)
        messages += left or (_removed(image, folder.name, kind),)
    return tuple(messages)


def _removed(image: Path, name: str, kind: HiddenKind) -> str:
    return f"{image}: an earlier run left {_MEANING[kind]} in {name}; removed it"


def _discarded(well: Path, name: str) -> list[Path]:
    return [path for path in well.iterdir() if parse_hidden(path.name) == (name, "discarded")]


def require_first_result(verified: Path, image: Path) -> None:
    """Check that a result without a place was made beside its origin, which is still there.

    Raises:
        InvalidInputError: If not: it may then be the only copy.
    """
    record = read_provenance(verified)
    origin = None if record is None else record.get("origin")
    if (
        origin == image.name
        or not isinstance(origin, str)
        or kind_of(image.parent / origin) != "image"
    ):
        raise InvalidInputError(
            f"{image} is missing and {verified} may be the only copy of it, which no run of ours "
            f"leaves behind; look at it, and rename it to {image.name} if it is complete"
        )


def _rejected(well: Path, name: str) -> tuple[str, ...]:
    rejected = hidden_folders(well, name).rejected
    if not rejected.is_dir():
        return ()
    return (
        f"{well / name}: a result that failed its verification is kept in {rejected}; "
        "reason.txt in it says why. The next run that succeeds removes it",
    )


def _list_result(well: Path, image_name: str) -> list[str]:
    result = well / output_names(image_name)[1]
    record = read_provenance(result)
    if record is None or record.get("origin") != image_name or kind_of(well) != "well":
        return []
    listed = {image.name: image.acquisition for image in read_images(well)}
    acquisition = listed.get(image_name)
    if result.name in listed or acquisition is None:
        return []
    list_image(well, result.name, acquisition)
    return [f"{result}: an earlier run published it but did not list it in its well; listed it"]
