"""Let transactions in Prefect's SQLite database wait for each other, instead of failing."""

from __future__ import annotations

from sqlalchemy import Engine, event


def take_turns() -> None:
    """Let a transaction wait for the one that writes now, as SQLite does where it knows in time.

    Prefect begins its own as readers. One that finds, when it wants to write, that another has
    written since fails, and the run that asked waits for two seconds before it asks again.
    """
    event.listen(Engine, "before_cursor_execute", _begin_as_writer, retval=True)


def _begin_as_writer(
    _connection: object, _cursor: object, statement: str, parameters: object, *_: object
) -> tuple[str, object]:
    return "BEGIN IMMEDIATE" if statement == "BEGIN DEFERRED" else statement, parameters
