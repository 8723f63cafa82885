"""Where the command begins: whatever the terminal, and what the site has set, it can tell."""

from __future__ import annotations

import io
import sys

from tasks.plan.errors import InvalidInputError


def main() -> None:
    """Load the command line, which reads the site's defaults, and run it.

    A default of the site that cannot be used is told in one line. What the terminal has no letter
    for, such as that of micrometers, is written by its number, and ends no run.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        from flows.command.line import main as run  # noqa: PLC0415 - defaults are read on import
    except InvalidInputError as error:
        sys.stderr.write(f"plate-registration: {' '.join(str(error).split())}\n")
        sys.exit(2)
    run()
