"""What a site has set for all its runs: from the environment, else from a file of the site's.

A parameter or setting `name` is `PLATE_REGISTRATION_NAME` in the environment, and `name` in the
file. What a run is told itself counts before both.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pydantic_core import ErrorDetails

from tasks.plan.errors import InvalidInputError

PREFIX = "PLATE_REGISTRATION_"
FILE_VARIABLE = f"{PREFIX}CONFIG"
"""Names the file."""
USUAL_FILES = (
    Path("~/.config/plate-registration.toml"),
    Path("/etc/plate-registration.toml"),
)
"""Where it is looked for if that is not set; the first that is there counts."""


class SiteValue(NamedTuple):
    """A value that a site has set, and where."""

    value: Any
    source: str


def site_value(name: str) -> SiteValue | None:
    """Return what a site has set for a parameter or setting; None where it has set nothing.

    Raises:
        InvalidInputError: The file cannot be read, or is no TOML; or a list in the environment
            cannot be read as JSON.
    """
    variable = variable_of(name)
    text = os.environ.get(variable, "")
    if text:
        return SiteValue(_read(text, variable), variable)
    file = site_file()
    if file is None:
        return None
    values = _values_in(file)
    return SiteValue(values[name], str(file)) if name in values else None


def variable_of(name: str) -> str:
    """Return the environment variable that sets a parameter or setting."""
    return f"{PREFIX}{name.upper()}"


def no_value(name: str, given: SiteValue, errors: list[ErrorDetails]) -> InvalidInputError:
    """Return what to tell of something set by a site that is no value of `name`."""
    reasons = "; ".join(each["msg"] for each in errors)
    return InvalidInputError(
        f"{name} is {given.value!r} in {given.source}: {reasons}; correct or remove it there"
    )


def site_file() -> Path | None:
    """Return the file in which a site's defaults are; None where there is none.

    Raises:
        InvalidInputError: The one that the environment names is not there.
    """
    if named := os.environ.get(FILE_VARIABLE):
        file = Path(named).expanduser()
        if not file.is_file():
            raise InvalidInputError(f"{FILE_VARIABLE} names {file}, which is no file; correct it")
        return file
    # Where nobody may look, as in the home of another, there is none of this site.
    there = (path for path in map(_at_home, USUAL_FILES) if os.path.isfile(path))  # noqa: PTH113
    return next(there, None)


def _at_home(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:
        # A container's user may have no home: then there is no file of his either.
        return path


def names_in_file() -> Iterator[str]:
    """Yield the names that the file sets.

    Raises:
        InvalidInputError: It cannot be read, or is no TOML.
    """
    file = site_file()
    yield from () if file is None else _values_in(file)


def _values_in(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidInputError(
            f"{file} holds this site's defaults, and cannot be read as TOML ({error}); correct it"
        ) from error


def _read(text: str, variable: str) -> Any:
    # A list, such as ["A/01", "B/03"]; all else is read as the parameter's type.
    if not text.startswith("["):
        return text
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidInputError(
            f"{variable} is {text!r}, which is no list ({error}); write it as "
            '["A/01", "B/03"], or unset it'
        ) from error
