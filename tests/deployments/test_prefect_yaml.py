"""prefect.yaml describes what is there, and the other ways to deploy agree with it."""

from __future__ import annotations

import importlib.util
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from prefect import Flow
from prefect.client.schemas.schedules import CronSchedule
from prefect.utilities.callables import parameter_schema

PROJECT = Path(__file__).parent.parent.parent
DESCRIBED = yaml.safe_load((PROJECT / "prefect.yaml").read_text(encoding="utf-8"))
DEPLOYMENTS = {each["name"]: each for each in DESCRIBED["deployments"]}


def load(entrypoint: str) -> Flow[..., Any]:
    module, _, name = entrypoint.rpartition(".")
    return getattr(import_module(module), name)


@pytest.fixture(scope="module")
def serving() -> ModuleType:
    path = PROJECT / "deployments" / "serve.py"
    spec = importlib.util.spec_from_file_location("deployments_serve", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_there_is_a_deployment_for_each_flow() -> None:
    assert set(DEPLOYMENTS) == {
        *("image", "well", "plate", "plate-nightly", "register", "wells"),
        *("new-plates", "acquired-plate"),
    }


@pytest.mark.parametrize("deployment", DEPLOYMENTS.values(), ids=DEPLOYMENTS)
def test_every_entrypoint_imports_and_takes_the_default_parameters(
    deployment: dict[str, Any],
) -> None:
    flow = load(deployment["entrypoint"])
    assert isinstance(flow, Flow)
    assert set(deployment["parameters"]) <= set(parameter_schema(flow).properties)


@pytest.mark.parametrize("deployment", DEPLOYMENTS.values(), ids=DEPLOYMENTS)
def test_every_deployment_says_what_it_is_and_has_a_limit(deployment: dict[str, Any]) -> None:
    assert deployment["description"]
    assert "plate-registration" in deployment["tags"]
    assert deployment["concurrency_limit"]["limit"] >= 1
    # One heap; and a sign of life a minute.
    environment = {"MALLOC_ARENA_MAX": "1", "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "60"}
    assert deployment["work_pool"] == {
        "name": "plate-registration",
        "job_variables": {"env": environment},
    }


def test_the_nightly_schedule_is_off_and_complete() -> None:
    (schedule,) = DEPLOYMENTS["plate-nightly"]["schedules"]
    assert schedule["active"] is False
    CronSchedule(cron=schedule["cron"], timezone=schedule["timezone"])
    given = {**DEPLOYMENTS["plate-nightly"]["parameters"], **schedule["parameters"]}
    required = parameter_schema(load(DEPLOYMENTS["plate-nightly"]["entrypoint"])).required
    assert set(required) <= set(given)


def test_serving_from_one_process_offers_the_same(
    serving: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "settings_on_server", lambda _described: None)
    served = {each.name: each for each in serving.read_deployments()}
    assert set(served) == set(DEPLOYMENTS)
    for name, deployment in DEPLOYMENTS.items():
        assert served[name].description == deployment["description"]
        assert served[name].tags == deployment["tags"]
        assert served[name].parameters == deployment["parameters"]
        assert served[name].concurrency_limit == deployment["concurrency_limit"]["limit"]
        assert len(served[name].schedules or []) == len(deployment.get("schedules", []))
    assert [schedule.active for schedule in served["plate-nightly"].schedules] == [False]


def test_compose_starts_a_worker_for_the_pool_and_a_server_for_it() -> None:
    path = PROJECT / "deployments" / "compose.yaml"
    services = yaml.safe_load(path.read_text(encoding="utf-8"))["services"]
    assert set(services) == {"database", "server", "worker"}
    command = services["worker"]["command"]
    assert command[command.index("--pool") + 1] == "plate-registration"
    # What reaches the server can run any deployment on any path: this machine only.
    assert services["server"]["ports"] == ["127.0.0.1:4200:4200"]
    assert all(
        port.startswith("127.0.0.1:") for s in services.values() for port in s.get("ports", [])
    )
