"""The boundary to the libraries that read plates: what they raise becomes one sentence of ours."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from tasks.plan.errors import InvalidInputError, RegistrationError

_READERS = frozenset(
    {
        "anndata",
        "h5py",
        "ngio",
        "numcodecs",
        "ome_zarr_models",
        "pandas",
        "polars",
        "pyarrow",
        "zarr",
        "zarrs",
    }
)
"""Packages that read what other people's programs have written."""

_OURS = frozenset({"flows", "tasks"})

_LONGEST = 300
"""Characters of a reason: a library may print all the metadata it did not understand."""


@contextmanager
def told_of(path: Path) -> Iterator[None]:
    """Let what a library cannot read be told as a fault of the data, by path, cause and next step.

    Such an error is known by where it was raised: by a library that reads plates, or by what that
    has called. One that was raised by code of ours is a defect of ours, and passes with its
    traceback. So do errors of the file system, which may heal, and our own.

    Args:
        path: What is read: the image, well or plate.

    Raises:
        InvalidInputError: A library could not read it.
    """
    try:
        yield
    except (RegistrationError, OSError, MemoryError):
        raise
    except Exception as error:
        library = _raised_by(error)
        if library is None or _may_heal(error):
            raise
        raise InvalidInputError(
            f"{path}: {library} cannot read it: {reason_in_short(error)}. Correct its metadata or "
            "its files, restore it from a backup, or convert it again; `plate-registration doctor` "
            "looks through the whole plate"
        ) from error


def reason_in_short(error: BaseException) -> str:
    """Return what an error says in one line: of a model's errors, each field and what is wrong."""
    if isinstance(error, ValidationError):
        told = "; ".join(
            f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}"
            for each in error.errors(include_url=False, include_context=False)
        )
    else:
        # ngio's words hold pydantic's, which end each field with a page about pydantic.
        told = " ".join(re.sub(r"For further information visit \S+", "", str(error)).split())
    told = told or type(error).__name__
    return told if len(told) <= _LONGEST else f"{told[:_LONGEST]}…"


def _raised_by(error: BaseException) -> str | None:
    """Return the library that raised an error; None where it was code of ours."""
    packages = [
        str(frame.f_globals.get("__name__", "")).partition(".")[0]
        for frame, _ in traceback.walk_tb(error.__traceback__)
    ]
    for package in reversed(packages):
        if package in _OURS:
            return None
        if package in _READERS:
            return package
    return None


def _may_heal(error: BaseException) -> bool:
    cause = error.__cause__
    return cause is not None and (isinstance(cause, OSError) or _may_heal(cause))
