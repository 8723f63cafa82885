"""Who may do what with a file or folder: owner, group, mode and extended attributes."""

from __future__ import annotations

import errno
import grp
import os
import pwd
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

_REFUSED = frozenset(
    {
        errno.EPERM,
        errno.EACCES,
        # File systems that have no such thing, or do not know this person.
        errno.EINVAL,
        errno.ENODATA,
        errno.ENOSYS,
        errno.ENOTSUP,
        errno.EOPNOTSUPP,
    }
)
_ACL = "system.posix_acl"
_SYSTEMS_OWN = "security."
"""Such attributes say what the system lets a place do, and come with the place."""


class Access(NamedTuple):
    """Who may do what with a file or folder."""

    owner: int
    group: int
    mode: int
    attributes: Mapping[str, bytes] | None
    """Extended ones, access control lists among them; None: those that the place gives."""
    is_own: bool = True
    """Whether it is that of the very file; else that of a new one, which has no owner to keep."""


def read_access(path: Path) -> Access:
    """Return who may do what with a file or folder, or with what a link leads to.

    Raises:
        OSError: If it cannot be asked for.
    """
    state = path.stat()
    return Access(state.st_uid, state.st_gid, stat.S_IMODE(state.st_mode), _attributes(path))


def access_in(folder: Path) -> Access:
    """Return what a new file in a folder should have: what the folder has, as far as files go.

    Raises:
        OSError: If it cannot be asked for.
    """
    return for_file(read_access(folder))


def give_access(target: Path | int, wanted: Access) -> frozenset[str]:
    """Give a file or folder an owner, a group, a mode and extended attributes.

    Where the group cannot be kept, no other group gets what was meant for it.

    Args:
        target: A path that is no link, or an open descriptor.
        wanted: What it shall have.

    Returns:
        What it could not be given, in words; empty if all is as it should be.

    Raises:
        OSError: If the file system fails in another way than by refusing it.
    """
    lost = set()
    state, mode = _state_of(target), wanted.mode
    if state.st_uid != wanted.owner and not _done(os.chown, target, wanted.owner, -1):
        mode &= ~stat.S_ISUID
        if wanted.is_own:
            lost.add(f"owner {user_name(wanted.owner)}")
    if state.st_gid != wanted.group and not _done(os.chown, target, -1, wanted.group):
        mode &= ~stat.S_ISGID & ~(stat.S_IRWXG & ~((mode & stat.S_IRWXO) << 3))
        lost.add(f"group {group_name(wanted.group)}")
    # To be given to somebody else takes the set-id bits away: asked for only now.
    if stat.S_IMODE(_state_of(target).st_mode) != mode and not _done(os.chmod, target, mode):
        lost.add(f"mode {mode:o}")
    if wanted.attributes is not None:
        lost |= _give_attributes(target, wanted.attributes)
    return frozenset(lost)


def describe_access(path: Path) -> str:
    """Return whose a file or folder is and who may do what, such as `lea:imaging drwxr-xr-x`."""
    try:
        state = path.lstat()
    except OSError:
        return "which cannot even be looked at"
    owner, group = user_name(state.st_uid), group_name(state.st_gid)
    return f"{owner}:{group} {stat.filemode(state.st_mode)}"


def for_file(folder: Access) -> Access:
    """Return what a new file should have in a folder that has this."""
    mode = folder.mode & (stat.S_IRWXU | stat.S_IRWXG | stat.S_IRWXO) & ~0o111
    return Access(folder.owner, folder.group, mode, None, is_own=False)


def _state_of(target: Path | int) -> os.stat_result:
    return os.fstat(target) if isinstance(target, int) else target.stat()


def _attributes(target: Path | int) -> dict[str, bytes]:
    try:
        names = os.listxattr(target)
        return {n: os.getxattr(target, n) for n in names if not n.startswith(_SYSTEMS_OWN)}
    except OSError as error:
        if error.errno not in _REFUSED:
            raise
        return {}


def _give_attributes(target: Path | int, wanted: Mapping[str, bytes]) -> set[str]:
    found = _attributes(target)
    for name in found.keys() - wanted.keys():
        # A list that the place gave it may let in whom the original does not.
        if name.startswith(_ACL):
            _done(os.removexattr, target, name)
    return {
        f"attribute {name}"
        for name, value in wanted.items()
        if found.get(name) != value and not _done(os.setxattr, target, name, value)
    }


def _done(call: Callable[..., None], *args: object) -> bool:
    try:
        call(*args)
    except OSError as error:
        if error.errno not in _REFUSED:
            raise
        return False
    return True


def user_name(number: int) -> str:
    """Return a person's name, or the number where this machine knows none."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def group_name(number: int) -> str:
    """Return a group's name, or the number where this machine knows none."""
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
