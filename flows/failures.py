"""How a well or a plate fails: after all that could be done was done, with each reason by name."""

from __future__ import annotations

from flows.results import ImageReport
from tasks.plan.errors import RegistrationError


class ImagesFailedError(RegistrationError):
    """Some images could not be registered; the reports tell of every image, failed or not."""

    def __init__(self, message: str, reports: tuple[ImageReport, ...]) -> None:
        # Both are arguments of the exception, so that it survives the way between processes.
        super().__init__(message, reports)
        self.message = message
        self.reports = reports

    def __str__(self) -> str:
        return self.message


def reason_of(error: object) -> str:
    """Return one line that says why a run failed."""
    text = " ".join(str(error).split())
    if isinstance(error, RegistrationError):
        return text
    return f"{type(error).__name__}: {text}"
