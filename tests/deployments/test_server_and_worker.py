"""A real server and worker: everything deploys, a run through the REST API registers a plate."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from tests.deployments.conftest import Site
from tests.flows.conftest import TABLE, registrable_plate
from tests.plates import read_levels

FLOWS = {name: f"apply-registration-to-{name}" for name in ("image", "well", "plate")}


@pytest.fixture(scope="module")
def deployed(site: Site) -> dict[str, dict[str, Any]]:
    """Deploy prefect.yaml to the fresh server and return what it then knows, by name."""
    site.prefect("--no-prompt", "deploy", "--all")
    return {
        name: site.answer("GET", f"/deployments/name/{flow}/{name}") for name, flow in FLOWS.items()
    }


def until(ask: Callable[[], Any], *, seconds: float, what: str) -> Any:
    """Ask again and again until the answer is true, and return it."""
    deadline = monotonic() + seconds
    while monotonic() < deadline:
        if answer := ask():
            return answer
        sleep(0.5)
    raise AssertionError(f"{what}: not within {seconds} s")


def test_every_deployment_arrives_as_described(deployed: dict[str, dict[str, Any]]) -> None:
    for name, deployment in deployed.items():
        assert deployment["description"]
        assert "plate-registration" in deployment["tags"]
        assert deployment["work_pool_name"] == "plate-registration"
        assert deployment["global_concurrency_limit"]["limit"] >= 1
        assert deployment["enforce_parameter_schema"]
        properties = deployment["parameter_openapi_schema"]["properties"]
        assert all(described["description"] for described in properties.values()), name
    (schedule,) = deployed["plate"]["schedules"]
    assert schedule["active"] is False


def test_a_wrong_value_in_the_form_is_refused(
    site: Site, deployed: dict[str, dict[str, Any]]
) -> None:
    answer = site.request(
        "POST",
        f"/deployments/{deployed['plate']['id']}/create_flow_run",
        {"parameters": {"plate_url": "/data/plate.zarr", "workers": 0}},
    )
    assert answer.status_code == 409
    assert "workers" in answer.text


def test_a_run_by_deployment_name_registers_a_plate(
    site: Site, deployed: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    plate = registrable_plate(tmp_path / "plate.zarr", wells=("A/01",))
    before = read_levels(plate / "A" / "01" / "1")[0]
    run = site.answer(
        "POST",
        f"/deployments/{deployed['plate']['id']}/create_flow_run",
        {
            "parameters": {"plate_url": str(plate), "registered_roi_table": TABLE},
            "idempotency_key": "this-plate",
        },
    )

    def ended() -> Any:
        state = site.answer("GET", f"/flow_runs/{run['id']}")["state"]
        return state if state["type"] in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"} else None

    state = until(ended, seconds=180, what="the worker runs the plate to its end")
    assert state["type"] == "COMPLETED", state["message"]
    assert state["message"] == "plate.zarr: wells: 1 registered; images: 3 registered"
    assert (read_levels(plate / "A" / "01" / "1")[0] != before).any()


def test_a_schedule_fires(site: Site, deployed: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    # Under some versions of SQLAlchemy the scheduler fails in silence: no run ever appears.
    identity = deployed["plate"]["id"]
    due = datetime.now(tz=UTC) + timedelta(seconds=5)
    (schedule,) = site.answer(
        "POST",
        f"/deployments/{identity}/schedules",
        [
            {
                "schedule": {"interval": 3600, "anchor_date": due.isoformat()},
                "active": True,
                "parameters": {"plate_url": str(tmp_path / "no-such-plate.zarr")},
            }
        ],
    )
    try:

        def ended() -> Any:
            failed = {
                "deployments": {"id": {"any_": [identity]}},
                "flow_runs": {"state": {"type": {"any_": ["FAILED"]}}},
            }
            runs = site.answer("POST", "/flow_runs/filter", failed)
            return [each for each in runs if each["auto_scheduled"]]

        (run,) = until(ended, seconds=180, what="the scheduled run is started and ends")
        assert "no-such-plate.zarr does not exist" in run["state"]["message"]
    finally:
        site.request("DELETE", f"/deployments/{identity}/schedules/{schedule['id']}")
