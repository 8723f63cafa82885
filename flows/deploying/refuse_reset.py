"""A step of `prefect.yaml`: plain `prefect deploy` is refused where a site would lose settings.

Prefect sets parameters, limits and schedules back to what the file says. `plate-registration
deploy` does not.
"""

from __future__ import annotations

from flows.deploying.described import read_described
from flows.deploying.merge import differences
from flows.deploying.on_server import settings_on_server
from flows.deploying.triggers import triggers_there


def refuse_reset() -> None:
    """Refuse to deploy what is in `prefect.yaml` over what a site has set.

    Raises:
        SystemExit: Something is set otherwise on the server; says what, and how to go on. Any other
            error of a step is hidden below a traceback.
    """
    lost = [
        f"{described['name']}: {found}"
        for described in read_described()
        if (there := settings_on_server(described)) is not None
        for found in differences(described, there)
    ]
    lost += [
        f"{described['name']}: a second automation would be made beside '{name}'"
        for described in read_described()
        for name in triggers_there(described)
    ]
    if lost:
        raise SystemExit(
            "`prefect deploy` would set back what was set on the server: "
            + "; ".join(lost)
            + ". Deploy with `plate-registration deploy`, which keeps it"
        )
