"""Deploying by command: to the server that is configured, and to none of our own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from flows.command.reach import check_configured_server
from flows.deploying.deploy import Watch, deploy
from flows.server.at_hand import none_is_configured
from tasks.plan.errors import InvalidInputError


def deploy_all(
    prefect_file: Path,
    *,
    as_shipped: bool,
    watch: Sequence[str],
    wavelength_id: str | None,
    notify: str | None,
) -> Iterator[str]:
    """Deploy what a file describes, and yield in words what was done.

    Args:
        prefect_file: `prefect.yaml`.
        as_shipped: Whether to set back what a site has set.
        watch: Folders to watch from now on; empty for what was set before.
        wavelength_id: The stain to compare by there; None for what was set before.
        notify: Type and name of the block that word of failures is sent by; None for none.

    Raises:
        InvalidInputError: No server is configured, or it does not answer, or there is no such file,
            or folders are to be watched without a stain, or the server has no such block.
    """
    if none_is_configured():
        raise InvalidInputError(
            "deploying needs a server that runs: start one with `python -m flows.server`, then "
            "`export PREFECT_API_URL=http://127.0.0.1:4200/api`"
        )
    check_configured_server()
    told = Watch(folders=tuple(watch), wavelength_id=wavelength_id)
    yield from deploy(
        prefect_file, as_shipped=as_shipped, watch=None if told == Watch() else told, notify=notify
    )
