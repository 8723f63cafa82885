"""What a site sets on its server, and what is left of it once all was deployed again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.deployments.conftest import Site
from tests.deployments.known import known, on_event, told

SET_BY_A_SITE = {
    "parameters": {"registered_roi_table": "mine", "workers": 3},
    "concurrency_limit": 2,
    "concurrency_options": {"collision_strategy": "CANCEL_NEW"},
    "job_variables": {"env": {"PLATE_REGISTRATION_RETRIES": "5"}},
}


@contextmanager
def kept_when_deploying_again(site: Site) -> Iterator[None]:
    """Set what a site may set, let it deploy again, and look that nothing is lost.

    It is set for `plate-nightly`, which nothing else uses.
    """
    deployed = known(site)
    url = f"/deployments/{deployed['plate-nightly']['id']}"
    (schedule,) = deployed["plate-nightly"]["schedules"]
    due = {"schedule": {"cron": "30 3 * * 6", "timezone": "Europe/Zurich"}, "slug": "nightly"}
    where = {"parameters": {"plate_url": "/srv/saturday.zarr"}, "active": True}
    site.request("PATCH", url, SET_BY_A_SITE).raise_for_status()
    site.request("POST", f"{url}/pause_deployment").raise_for_status()
    changed = f"{url}/schedules/{schedule['id']}"
    site.request("PATCH", changed, {**due, **where}).raise_for_status()
    on_event(site, switch=False)
    before = known(site)
    yield
    after = known(site)
    assert not on_event(site)
    on_event(site, switch=True)
    assert after["plate-nightly"]["paused"]
    assert after["plate-nightly"]["schedules"][0]["active"]
    assert after["plate-nightly"]["job_variables"]["env"] == {
        "MALLOC_ARENA_MAX": "1",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "60",
        "PLATE_REGISTRATION_RETRIES": "5",
    }
    for name, deployment in before.items():
        for setting in ("parameters", "schedules", "concurrency_options", "paused"):
            assert told(after[name][setting]) == told(deployment[setting]), (name, setting)
        limits = [each["global_concurrency_limit"]["limit"] for each in (deployment, after[name])]
        assert limits[0] == limits[1], name
