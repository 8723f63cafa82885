"""What Prefect does not understand of its settings, when it is loaded, is told in one line."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from tasks.plan.errors import InvalidInputError

_FOLLOWS = "default_factory_not_called"
"""Of a setting that was not even looked at, as another is wrong."""


@contextmanager
def wrong_settings_told() -> Iterator[None]:
    """Let a setting of Prefect's that is wrong be named where Prefect is loaded for the first time.

    Raises:
        InvalidInputError: A setting has a value that Prefect does not take, or the file with its
            profiles cannot be read.
    """
    try:
        yield
    except ValidationError as error:
        wrong = [each for each in error.errors() if each["type"] != _FOLLOWS]
        told = "; ".join(f"{_named(each['loc'], each['input'])}: {each['msg']}" for each in wrong)
        raise InvalidInputError(
            f"Prefect does not take its settings: {told}. Correct or unset it"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise InvalidInputError(
            f"Prefect's profiles cannot be read: {_profiles()} is no valid TOML ({error}). Correct "
            "the file, or move it away: Prefect then begins with a new one"
        ) from error


def _named(where: tuple[int | str, ...], value: object) -> str:
    """Return which variables set a value: an error knows the last word of their name alone."""
    names = [
        name
        for name, text in os.environ.items()
        if name.startswith("PREFECT_") and text == str(value)
    ]
    setting = ".".join(map(str, where))
    if names:
        return f"the environment variable {' or '.join(names)} = '{value}'"
    return f"'{setting}' = '{value}' in a profile of {_profiles()}"


def _profiles() -> Path:
    home = Path(os.environ.get("PREFECT_HOME") or "~/.prefect")
    return Path(os.environ.get("PREFECT_PROFILES_PATH") or home / "profiles.toml").expanduser()
