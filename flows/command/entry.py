"""Where the command begins: a default of the site that cannot be used is told in one line."""

from __future__ import annotations

import sys

from tasks.plan.errors import InvalidInputError


def main() -> None:
    """Load the command line, which reads the site's defaults, and run it."""
    try:
        from flows.command.line import main as run  # noqa: PLC0415 - defaults are read on import
    except InvalidInputError as error:
        sys.stderr.write(f"plate-registration: {' '.join(str(error).split())}\n")
        sys.exit(2)
    run()
