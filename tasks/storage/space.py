"""Check before the first write that there is room, and permission, for the result."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tasks.plan.errors import ChangedMeanwhileError, InvalidInputError
from tasks.plan.registration_plan import RegistrationPlan
from tasks.storage.access import describe_access
from tasks.storage.hidden import hidden_folders, staging_path
from tasks.storage.removal import remove_tree, require_removable
from tasks.storage.settle import settle_writes
from tasks.storage.staging import refuse_link
from tasks.storage.tree import read_tree

_MARGIN_SHARE = 0.1
_MARGIN_BYTES = 16 * 1024**2
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_READ_ONLY = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def needed_bytes(plan: RegistrationPlan) -> int:
    """Return the bytes that the staged image may take: the source's, and a margin.

    The margin is a tenth and 16 MiB: shifted pixels compress a little differently, and regions
    off the chunk grid touch more chunks.
    """
    size = read_tree(plan.image_path, sizes=True).size
    return size + int(size * _MARGIN_SHARE) + _MARGIN_BYTES


def check_free_space(plan: RegistrationPlan) -> None:
    """Check that the well's file system has room for the staged image.

    Raises:
        OSError: ENOSPC with the well's path, saying what is needed and what is free. Quotas are
            not seen here; they show as an error while writing.
    """
    well = plan.output_path.parent
    needed = needed_bytes(plan)
    state = os.statvfs(well)
    free = state.f_bavail * state.f_frsize
    if free < needed:
        raise OSError(
            errno.ENOSPC,
            f"no room for the new image: {needed / 1e9:.2f} GB needed, {free / 1e9:.2f} GB free; "
            "the original is untouched. Make room and run again",
            str(well),
        )


def check_writable(plan: RegistrationPlan) -> None:
    """Check that the result can be made in the well and take its place.

    A staging folder of this output, left by an earlier run, is removed.

    Raises:
        InvalidInputError: If the well's folder cannot be written to, the image to be replaced, or
            anything in it, cannot be removed by this person, or the output is a symbolic link.
        OSError: If the file system fails in another way.
    """
    refuse_link(plan.output_path)
    hidden = hidden_folders(plan.output_path.parent, plan.output_name)
    staged = hidden.staging
    for folder in (hidden.verified, hidden.replaced):
        if os.path.lexists(folder):
            raise _not_writable(folder, f"{describe_access(folder)} left it, and it is in the way")
    try:
        remove_tree(staged)
        staged.mkdir()
        staged.rmdir()
    except OSError as error:
        if error.errno not in _READ_ONLY:
            raise
        culprit = staged if staged.exists() else staged.parent
        raise _not_writable(culprit, f"{error.strerror}; {describe_access(culprit)}") from error
    require_removable(plan.output_path)


def refusals_to_come(plan: RegistrationPlan) -> tuple[str, ...]:
    """Return in words why the result could not be made, as far as that is seen without a touch.

    That is permission and room: what `check_writable` and `check_free_space` refuse.
    """
    found = []
    for check in (_check_permission, check_free_space):
        try:
            check(plan)
        except (InvalidInputError, OSError) as error:
            found.append(str(error))
    return tuple(found)


def _check_permission(plan: RegistrationPlan) -> None:
    well = plan.output_path.parent
    if not os.access(well, os.W_OK | os.X_OK, effective_ids=True):
        raise _not_writable(well, describe_access(well))
    require_removable(plan.output_path)


@contextmanager
def room_given_back(plan: RegistrationPlan) -> Iterator[None]:
    """Remove the staged image if the disk or a quota is full, or it can never be published.

    Else it would take the room that others need, until somebody runs again. The error is passed on;
    if a disk's does not say where it happened, the staged image's path is added. Whatever failed,
    nothing of the staged image is still being written afterwards.
    """
    staged = staging_path(plan)
    try:
        yield
    except OSError as error:
        settle_writes()
        if error.errno in _FULL:
            error.filename = error.filename or str(staged)
            _give_up(staged)
        raise
    except ChangedMeanwhileError:
        _give_up(staged)
        raise


def _give_up(staged: Path) -> None:
    # What cannot be removed now, the next run removes.
    with suppress(OSError):
        remove_tree(staged)


def _not_writable(folder: Path, cause: str) -> InvalidInputError:
    return InvalidInputError(
        f"cannot write in {folder} ({cause}); ask for write permission, or copy the plate to a "
        "folder of your own. Nothing was changed"
    )
