"""What a server knows of our deployments."""

from __future__ import annotations

from typing import Any

from tests.deployments.conftest import Site

FLOWS = {
    **{name: f"apply-registration-to-{name}" for name in ("image", "well", "plate")},
    "plate-nightly": "apply-registration-to-plate",
    "register": "register-plate",
    "wells": "register-wells-of-plate",
    "new-plates": "register-new-plates",
    "acquired-plate": "register-new-plates",
}


def known(site: Site) -> dict[str, dict[str, Any]]:
    """Return what the server says of each deployment, by its name."""
    return {
        name: site.answer("GET", f"/deployments/name/{flow}/{name}") for name, flow in FLOWS.items()
    }


def told(setting: Any) -> Any:
    """Return a setting without what the server makes of it by itself."""
    of_the_server = {"id", "created", "updated", "deployment_id"}
    if isinstance(setting, list):
        return [told(each) for each in setting]
    if isinstance(setting, dict):
        return {name: value for name, value in setting.items() if name not in of_the_server}
    return setting


def log_of(site: Site, run: str) -> str:
    """Return what a run has logged."""
    logs = {"logs": {"flow_run_id": {"any_": [run]}}}
    return "\n".join(each["message"] for each in site.answer("POST", "/logs/filter", logs))


def signs_of_life(site: Site, run: str) -> int:
    """Return how many signs of life of a run the server has."""
    wanted = {
        "event": {"name": ["prefect.flow-run.heartbeat"]},
        "any_resource": {"id": [f"prefect.flow-run.{run}"]},
    }
    return len(site.answer("POST", "/events/filter", {"filter": wanted})["events"])


def skips(deployment: dict[str, Any]) -> bool:
    """Return whether a run beyond the limit is skipped."""
    strategy: str = deployment["concurrency_options"]["collision_strategy"]
    return strategy == "CANCEL_NEW"


def on_event(site: Site, *, switch: bool | None = None) -> bool:
    """Return whether the automation of `plate.acquired`, of which there is one, is on.

    Args:
        site: Where the server is.
        switch: What to set before; None for nothing.
    """
    automations = site.answer("POST", "/automations/filter", {})
    (ours,) = [each for each in automations if "plate.acquired" in each["name"]]
    if switch is None:
        enabled: bool = ours["enabled"]
        return enabled
    changed = {"enabled": switch}
    site.request("PATCH", f"/automations/{ours['id']}", changed).raise_for_status()
    return switch
