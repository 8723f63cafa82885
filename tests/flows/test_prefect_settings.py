"""A setting of Prefect's that is wrong is named by its variable, or by the file it is in."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, Field

from flows.command.prefect_settings import wrong_settings_told
from tasks.plan.errors import InvalidInputError


class Logging(BaseModel):
    """As Prefect's: a default of its own follows from a value that may be wrong."""

    level: Literal["DEBUG", "INFO"]
    handler: str = Field(default_factory=lambda data: data["level"])


def test_a_wrong_value_is_told_with_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_LOGGING_LEVEL", "LOUD")
    with pytest.raises(InvalidInputError) as caught, wrong_settings_told():
        Logging.model_validate({"level": "LOUD"})
    told = str(caught.value)
    assert "the environment variable PREFECT_LOGGING_LEVEL = 'LOUD': Input should be" in told
    assert "handler" not in told


def test_a_wrong_value_of_a_profile_is_told_with_its_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    with (
        pytest.raises(InvalidInputError, match=rf"'level' = 'LOUD' in a profile of {tmp_path}/pro"),
        wrong_settings_told(),
    ):
        Logging.model_validate({"level": "LOUD"})


def test_profiles_that_cannot_be_read_are_told_by_their_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PREFECT_PROFILES_PATH", str(tmp_path / "mine.toml"))
    with (
        pytest.raises(InvalidInputError, match=r"mine\.toml is no valid TOML .*move it away"),
        wrong_settings_told(),
    ):
        tomllib.loads('active = "x')
