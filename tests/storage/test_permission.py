"""A permission that lacks is told with what decides, whose that is, and what to do."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from tasks.storage.access import describe_access
from tasks.storage.permission import permission_told

REFUSED = errno.EACCES, "Permission denied"


@pytest.mark.parametrize(
    ("names", "culprit"),
    [
        pytest.param(("file",), "file", id="a file"),
        pytest.param(("new/in/folders",), "", id="what is not there yet"),
        pytest.param(("other", None, "file"), "", id="a file that is replaced"),
    ],
)
def test_what_decides_is_named(names: tuple[str | None, ...], culprit: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    paths = [name and str(tmp_path / name) for name in names]
    told = permission_told(PermissionError(*REFUSED, *paths))
    assert told.startswith(f"{paths[-1]}: Permission denied. ")
    decides = tmp_path / culprit
    assert f" {decides} is {describe_access(decides)}; ask its owner" in told


def test_where_nothing_is_named_the_words_of_the_system_stay() -> None:
    assert permission_told(PermissionError(*REFUSED)) == "[Errno 13] Permission denied"
