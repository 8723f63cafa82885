"""What a command does before its flow: refuse a wrong path at once, set up embedded Prefect."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Literal

from flows.embedded_server import set_up_embedded_server
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


def check_can_estimate() -> None:
    """Refuse to estimate without the libraries for it, which applying does not need.

    Raises:
        InvalidInputError: One is not installed.
    """
    missing = [name for name in ("scipy", "skimage") if find_spec(name) is None]
    if missing:
        raise InvalidInputError(
            f"estimating shifts needs what is not installed here: {', '.join(missing)}. "
            "Install plate-registration with the extra 'estimate'"
        )


def prepare_prefect(*, verbose: bool) -> None:
    """Set what Prefect reads when it is imported, unless the user has set it.

    Its log goes to the server in full; on the terminal the summary and one line for an error are
    enough.
    """
    set_up_embedded_server()
    if not verbose:
        os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
