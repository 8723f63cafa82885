"""What the site has set and what the terminal can show: neither ends in a traceback."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys

import pytest

from flows.command import line
from flows.command.entry import main

COMMAND = [sys.executable, "-c", "from flows.command.entry import main; main()"]


@pytest.mark.parametrize("arguments", [["config"], ["--help"]])
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("PLATE_REGISTRATION_PARALLEL_WELLS", "parallel_wells is '0' in .*greater than or equal"),
        ("PLATE_REGISTRATION_CONFIG", "names 0, which is no file; correct it"),
    ],
)
def test_it_names_the_value_and_where_it_is(name: str, told: str, arguments: list[str]) -> None:
    done = subprocess.run(  # noqa: S603 - our own command
        [*COMMAND, *arguments],
        env={**os.environ, name: "0"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("plate-registration: ")
    assert re.search(told, line)


def test_a_terminal_without_the_letters_ends_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    # Micrometers, and a folder whose name is in another encoding.
    monkeypatch.setattr(line, "main", lambda: print("14 \u00b5m \udce9"))  # noqa: T201 - as ours do
    main()
    sys.stdout.flush()
    assert written.getvalue() == b"14 \\xb5m \\udce9\n"
