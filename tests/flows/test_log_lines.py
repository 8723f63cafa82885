"""Errors that say all there is to know stand in the log without a traceback; others keep it."""

from __future__ import annotations

import logging

import pytest

from flows.results.log_lines import leave_out_tracebacks
from tasks.plan.errors import InvalidInputError, UncertainShiftError, VerificationError


@pytest.mark.parametrize("logger", ["prefect.flow_runs", "prefect.task_runs"])
@pytest.mark.parametrize(
    ("error", "is_kept"),
    [
        (InvalidInputError("a wrong name"), False),
        (UncertainShiftError("too little in it"), False),
        # It says that a new image is not what its plan says: ours to look into.
        (VerificationError("a level differs"), True),
        (ZeroDivisionError("a defect"), True),
    ],
)
def test_only_what_we_must_look_into_keeps_its_traceback(
    logger: str, error: Exception, is_kept: bool
) -> None:
    leave_out_tracebacks()
    leave_out_tracebacks()
    record = logging.makeLogRecord(
        {"msg": "ended with %r", "args": (error,), "exc_info": (type(error), error, None)}
    )
    assert logging.getLogger(logger).filter(record)
    assert str(error) in record.getMessage()
    assert (record.exc_info is not None) is is_kept
