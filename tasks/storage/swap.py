"""Put the verified image in place, so that its path always holds a complete image."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from tasks.plan.errors import InvalidInputError, VerificationError
from tasks.plan.registration_plan import RegistrationPlan
from tasks.storage.discard import discard
from tasks.storage.durable import flush_folder, flush_tree
from tasks.storage.exchange import exchange
from tasks.storage.hidden import HiddenFolders, hidden_folders
from tasks.storage.inventory import refuse_changes, refuse_new_output
from tasks.storage.keep_access import keep_access
from tasks.storage.kinds import kind_of
from tasks.storage.provenance import is_result
from tasks.storage.removal import remove_tree
from tasks.storage.staging import refuse_link
from tasks.storage.tree import read_tree

_OCCUPIED = frozenset({errno.ENOTEMPTY, errno.EEXIST})
_METADATA_NAMES = frozenset({".zgroup", ".zattrs", "zarr.json"})


def make_ready(plan: RegistrationPlan) -> tuple[str, ...]:
    """Bring the staged image to the disk, as accessible as the original; the caller owns the image.

    All that takes long is done here, before the well is owned, or in `clean_up`, after. Does
    nothing if an earlier attempt has come further.

    Returns:
        What a person should know: what could not be kept, or not be removed.

    Raises:
        ChangedMeanwhileError: If the image, or what is to be replaced, is not what it was.
        OSError: If a step failed. If the disk did not take the staged data, the staged image is
            gone, because asking the disk again may falsely succeed.
    """
    hidden = hidden_folders(plan.output_path.parent, plan.output_name)
    if not hidden.staging.is_dir():
        return ()
    messages = keep_access(plan.image_path, hidden.staging)
    _flush_or_discard(hidden.staging)
    for folder in (hidden.verified, hidden.replaced):
        messages += discard(folder, hidden.discarded)
    refuse_changes(plan, chunks=True)
    return messages


def publish(plan: RegistrationPlan) -> None:
    """Put the staged image in the place of the output; the caller owns the image and the well.

    `make_ready` has brought it to the disk. What may have changed since is looked at once more.
    Where the output exists, the two are exchanged in one step if the file system can (else the old
    one is first moved aside, and put back if the second step fails). Names change, and nothing
    else. Calling it again after an error continues.

    Raises:
        VerificationError: If there is nothing to publish and the output is not this registration.
        ChangedMeanwhileError: If the image, or what is to be replaced, is not what it was.
        InvalidInputError: If the output is a symbolic link, or something else is in its place.
        OSError: If a step failed; the output is complete in its old or its new form.
    """
    well, output = plan.output_path.parent, plan.output_path
    refuse_link(output)
    hidden = hidden_folders(well, plan.output_name)
    if hidden.staging.is_dir():
        _look_once_more(plan)
        hidden.staging.rename(hidden.verified)
        flush_folder(well)
        put_in_place(hidden, output)
    elif is_result(plan):
        # An earlier attempt came past the swap: what still stands beside it is the original.
        flush_folder(well)
    elif hidden.verified.is_dir():
        flush_folder(well)
        _look_once_more(plan)
        put_in_place(hidden, output)
    else:
        raise VerificationError(
            f"there is no staged image {hidden.staging} to put in place; run again"
        )


def clean_up(plan: RegistrationPlan) -> tuple[str, ...]:
    """Remove the original, and all else that stands beside a result; the caller owns the image.

    Returns:
        What could not be removed, for the log; the next run on the well tries again.
    """
    hidden = hidden_folders(plan.output_path.parent, plan.output_name)
    left: list[str] = []
    for folder in (hidden.staging, hidden.verified, hidden.replaced, hidden.rejected):
        try:
            left += discard(folder, hidden.discarded)
        except OSError as error:
            # The image is in place: what remains is only in the way, and recovery knows it.
            left.append(f"{folder} could not be removed ({error}); the next run removes it")
    return tuple(left)


def _look_once_more(plan: RegistrationPlan) -> None:
    remove_phantom(plan.output_path)
    refuse_new_output(plan)
    refuse_changes(plan, chunks=False)


def put_in_place(hidden: HiddenFolders, output: Path) -> None:
    """Give the verified image its own name and bring that to the disk.

    Raises:
        InvalidInputError: If something that is not an image is in its place.
        OSError: If a step failed; what was at the output's path is there again.
    """
    remove_phantom(output)
    if not os.path.lexists(output):
        hidden.verified.rename(output)
    elif not exchange(hidden.verified, output):
        _rename_twice(hidden, output)
    flush_folder(output.parent)


def remove_phantom(output: Path) -> None:
    """Remove what `is_phantom` tells of, if it is there.

    Raises:
        InvalidInputError: If something other than an image is there.
        OSError: If it cannot be removed.
    """
    if is_phantom(output):
        remove_tree(output)


def is_phantom(output: Path) -> bool:
    """Return whether a group without content is in the place of an image.

    Readers make one by looking for an image in the gap between two renames: ngio creates an empty
    group where it is asked for an image that is not there.

    Raises:
        InvalidInputError: If something other than an image is there.
    """
    if not os.path.lexists(output) or kind_of(output) == "image":
        return False
    tree = read_tree(output) if output.is_dir() and not output.is_symlink() else None
    if (
        tree is None
        or tree.folders
        or tree.links
        or not {file.path for file in tree.files} <= _METADATA_NAMES
    ):
        raise InvalidInputError(
            f"{output} is not an image and is in the place of one; move it elsewhere and run again"
        )
    return True


def _rename_twice(hidden: HiddenFolders, output: Path) -> None:
    try:
        output.rename(hidden.replaced)
        try:
            hidden.verified.rename(output)
        except OSError as error:
            if error.errno not in _OCCUPIED:
                raise
            remove_phantom(output)
            hidden.verified.rename(output)
    except BaseException:
        # A network file system may report an error for a rename that it has done.
        if not os.path.lexists(output):
            hidden.replaced.rename(output)
        raise


def _flush_or_discard(staged: Path) -> None:
    try:
        flush_tree(staged)
    except OSError:
        remove_tree(staged)
        raise
