"""The command `python -m flows.server`: `prefect server start`, set up for plates on SQLite.

It takes the options of `prefect server start`. With Postgres behind it, which lets many write at
once, there is nothing to set up.
"""

from __future__ import annotations

import sys

from flows.server.settings import set_up_server
from flows.server.turns import take_turns


def main() -> None:
    """Start the server; it runs until it is stopped."""
    set_up_server()
    take_turns()
    from prefect.cli import app  # noqa: PLC0415 - Prefect reads the environment on import

    sys.argv[:1] = ["prefect", "server", "start"]
    app()


if __name__ == "__main__":
    main()
