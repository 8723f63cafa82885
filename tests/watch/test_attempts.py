"""What was tried is kept beside the report, by one run at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tasks.plan.errors import InvalidInputError, LockHeldError
from tasks.watch.attempts import NAME, Attempt, alone_on, read_attempts, write_attempts

ATTEMPT = Attempt(images=("1", "0"), tries=2, last=datetime(2026, 1, 2, tzinfo=UTC), reason="dark")


def test_attempts_come_back_and_leave_no_file_once_there_are_none(tmp_path: Path) -> None:
    assert read_attempts(tmp_path) == {}
    write_attempts(tmp_path, {"A/01": ATTEMPT})
    assert read_attempts(tmp_path) == {"A/01": ATTEMPT}
    write_attempts(tmp_path, {})
    assert [*tmp_path.iterdir()] == []


def test_a_file_of_something_else_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("[]")
    with pytest.raises(InvalidInputError, match=r"attempts\.json is not what it was written as"):
        read_attempts(tmp_path)


def test_a_second_run_does_not_wait_and_nothing_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "plate.registration"
    with alone_on(folder):
        with pytest.raises(LockHeldError, match="another run has taken it up"), alone_on(folder):
            raise AssertionError("both have it")
        assert folder.is_dir()
    assert not folder.exists()
    with alone_on(folder):
        pass
