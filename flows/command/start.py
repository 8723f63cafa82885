"""What a command does before Prefect starts, which takes seconds: refuse what cannot be done."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Literal

from tasks.plan.errors import InvalidInputError
from tasks.storage.kinds import require_kind
from tasks.storage.paths import local_path
from tasks.storage.recover import require_image


def check_location(url: str, kind: Literal["image", "well", "plate"]) -> None:
    """Refuse a wrong path at once, without the seconds that Prefect takes to start.

    Raises:
        InvalidInputError: There is something else, or nothing, at the path.
    """
    path = local_path(url)
    if kind == "image":
        require_image(path)
    else:
        require_kind(path, kind)


def check_can_report() -> None:
    """Refuse to make a report without the libraries for it, which registering does not need.

    Raises:
        InvalidInputError: One is not installed.
    """
    _require(("jinja2", "matplotlib", "PIL"), "a report", "report")


def check_can_estimate() -> None:
    """Refuse to estimate without the libraries for it, which applying does not need.

    Raises:
        InvalidInputError: One is not installed.
    """
    _require(("scipy", "skimage"), "estimating shifts", "estimate")


def _require(modules: tuple[str, ...], what: str, extra: str) -> None:
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise InvalidInputError(
            f"{what} needs what is not installed here: {', '.join(missing)}. "
            f"Install plate-registration with the extra '{extra}'"
        )
