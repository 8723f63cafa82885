"""Settings come from the environment, and a wrong one stops the start."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from tasks.settings import Settings


def test_every_setting_is_described_and_has_a_default() -> None:
    assert Settings() == Settings(**{name: f.default for name, f in Settings.model_fields.items()})
    assert all(field.description for field in Settings.model_fields.values())


def test_the_environment_sets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLATE_REGISTRATION_RETRIES", "7")
    monkeypatch.setenv("PLATE_REGISTRATION_LOCK_TIMEOUT_SECONDS", "0")
    assert Settings().retries == 7
    assert Settings().lock_timeout_seconds == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RETRIES", "-1"),
        ("RETRIES", "1000"),
        ("RETRIES", "often"),
        ("RETRY_DELAY_SECONDS", "-1"),
        ("RETRY_JITTER", "2"),
        ("LOCK_TIMEOUT_SECONDS", "-1"),
    ],
)
def test_a_value_out_of_bounds_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"PLATE_REGISTRATION_{name}", value)
    with pytest.raises(ValidationError, match=name.lower()):
        Settings()
