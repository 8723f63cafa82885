"""A default of the site that cannot be used is told in one line, whatever the command."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

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
