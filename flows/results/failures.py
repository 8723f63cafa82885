"""How a well or a plate fails: after all that could be done was done, with each reason by name."""

from __future__ import annotations

from typing import Self

from flows.results.result import ImageReport
from tasks.plan.errors import RegistrationError
from tasks.storage.permission import permission_told


class ImagesFailedError(RegistrationError):
    """Some images could not be registered; the reports tell of every image, failed or not."""

    def __init__(self, message: str, reports: tuple[ImageReport, ...]) -> None:
        super().__init__(message)
        self.reports = reports

    def __reduce__(self) -> tuple[type[Self], tuple[str, tuple[ImageReport, ...]]]:
        # It travels between processes and through Prefect's storage, with its reports.
        return type(self), (str(self), self.reports)


def reason_of(error: object) -> str:
    """Return one line that says why a run failed."""
    if isinstance(error, PermissionError):
        return permission_told(error)
    text = " ".join(str(error).split())
    if isinstance(error, RegistrationError):
        return text
    return f"{type(error).__name__}: {text}"
