"""The command that says what is in force, and what was misspelt."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.command.config import lines_of_config


def test_it_says_where_each_value_is_from_and_what_has_no_effect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "site.toml"
    file.write_text("settle_minutes = 30\nparallel_wels = 3\n")
    monkeypatch.setenv("PLATE_REGISTRATION_CONFIG", str(file))
    monkeypatch.setenv("PLATE_REGISTRATION_LEVELPATH", "1")
    lines = [*lines_of_config()]
    assert lines[0] == f"file: {file}"
    # These were read before the test began.
    assert "retries = 3 (default)" in lines
    assert "level_path = '2' (default)" in lines
    assert any(line.startswith("settle_minutes = ") and str(file) in line for line in lines)
    assert [line.partition(";")[0] for line in lines if line.startswith("unknown")] == [
        "unknown: PLATE_REGISTRATION_LEVELPATH",
        f"unknown: parallel_wels in {file}",
    ]
