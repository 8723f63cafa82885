"""Say of a permission that lacks where it lacks, whose that is, and who can give it."""

from __future__ import annotations

import os
from pathlib import Path

from tasks.storage.access import describe_access


def permission_told(error: PermissionError) -> str:
    """Return one line that names what was refused, whose it is, and what to do.

    What a file may become, where it is made or replaced, its folder decides.

    Args:
        error: As the system raised it.
    """
    if error.filename is None:
        return str(error)
    is_moved = error.filename2 is not None
    path = Path(os.fsdecode(error.filename2 if is_moved else error.filename))
    culprit = path.parent if is_moved else path
    while not os.path.lexists(culprit) and culprit != culprit.parent:
        culprit = culprit.parent
    return (
        f"{path}: {error.strerror}. {culprit} is {describe_access(culprit)}; ask its owner or an "
        "administrator for permission, and run again"
    )
