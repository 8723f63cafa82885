"""Keep tracebacks out of a run's log where the error says all there is to know."""

from __future__ import annotations

import logging

from tasks.plan.errors import RegistrationError, VerificationError

_LOGGERS = ("prefect.flow_runs", "prefect.task_runs")
"""Prefect's own, into which it writes what a run ended with, with a traceback."""


def leave_out_tracebacks() -> None:
    """Let Prefect tell an error that we raised on purpose without lines of our code.

    What is nobody's fault but ours keeps its traceback: a defect, or a result that is not what its
    plan says.
    """
    for name in _LOGGERS:
        # Added once however often it is called.
        logging.getLogger(name).addFilter(_without_traceback)


def _without_traceback(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, RegistrationError) and not isinstance(error, VerificationError):
        record.exc_info = None
        record.exc_text = None
    return True
