"""What a site has set stays when it deploys again, and what it would lose is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flows.deploying.deploy import Watch, watching
from flows.deploying.described import read_described
from flows.deploying.merge import differences, merged
from tasks.plan.errors import InvalidInputError

PROJECT = Path(__file__).parent.parent.parent
NIGHTLY = {"cron": "0 2 * * *", "timezone": "UTC", "slug": "nightly", "active": False}
SHIPPED: dict[str, Any] = {
    "name": "plate",
    "description": "new words",
    "parameters": {"table": "registered", "workers": 4},
    "concurrency_limit": {"limit": 1, "collision_strategy": "ENQUEUE"},
    "schedules": [NIGHTLY],
    "work_pool": {"name": "pool", "job_variables": {"env": {"ARENAS": "1"}}},
}
AS_SHIPPED: dict[str, Any] = {
    "parameters": {"table": "registered", "workers": 4},
    "concurrency_limit": {"limit": 1, "collision_strategy": "ENQUEUE"},
    # As the server says it.
    "schedules": [{**NIGHTLY, "day_or": True, "parameters": {}}],
    "job_variables": {"env": {"ARENAS": "1"}},
    "paused": False,
}
KNOWN = {"table", "workers", "level"}


def test_a_site_that_has_set_nothing_loses_nothing() -> None:
    assert list(differences(SHIPPED, AS_SHIPPED)) == []
    result = merged(SHIPPED, AS_SHIPPED, known=KNOWN)
    assert {**result, "schedules": SHIPPED["schedules"], "paused": False} == {
        **SHIPPED,
        "paused": False,
    }


@pytest.mark.parametrize(
    ("there", "expected", "said"),
    [
        (
            {"parameters": {"table": "mine", "level": 2}},
            {"parameters": {"table": "mine", "workers": 4, "level": 2}},
            ["parameter table is 'mine', not 'registered'", "parameter level is 2"],
        ),
        (
            {"concurrency_limit": {"limit": 3, "collision_strategy": "CANCEL_NEW"}},
            {"concurrency_limit": {"limit": 3, "collision_strategy": "CANCEL_NEW"}},
            ["runs at once are 3, not 1", "a run beyond the limit is cancelled"],
        ),
        (
            {"concurrency_limit": None},
            {"concurrency_limit": None},
            ["runs at once have no limit, not 1"],
        ),
        ({"paused": True}, {"paused": True}, ["it is paused"]),
        (
            {"job_variables": {"env": {"RETRIES": "5"}, "working_dir": "/srv"}},
            {
                "work_pool": {
                    "name": "pool",
                    "job_variables": {
                        "env": {"ARENAS": "1", "RETRIES": "5"},
                        "working_dir": "/srv",
                    },
                }
            },
            ["the environment variable RETRIES is '5'"],
        ),
        (
            {"schedules": [{**NIGHTLY, "active": True}, {"interval": 60.0}]},
            {"schedules": [{**NIGHTLY, "active": True}, {"interval": 60.0}]},
            ["the schedule nightly has active True", "there is a schedule without a name"],
        ),
        # Taken away by the site: it comes back as it is shipped, which is off.
        ({"schedules": []}, {"schedules": [NIGHTLY]}, []),
    ],
)
def test_what_a_site_has_set_is_kept_and_told(
    there: dict[str, Any], expected: dict[str, Any], said: list[str]
) -> None:
    settings = {**AS_SHIPPED, **there}
    result = merged(SHIPPED, settings, known=KNOWN)
    assert {name: result[name] for name in expected} == expected
    assert result["description"] == "new words"
    assert list(differences(SHIPPED, settings)) == said


def test_a_parameter_that_the_flow_has_no_more_is_left_out() -> None:
    there = {**AS_SHIPPED, "parameters": {"table": "mine", "gone": 1}}
    assert merged(SHIPPED, there, known=KNOWN)["parameters"] == {"table": "mine", "workers": 4}


def test_schedules_that_prefect_leaves_alone_are_no_loss() -> None:
    shipped = {name: value for name, value in SHIPPED.items() if name != "schedules"}
    assert list(differences(shipped, {**AS_SHIPPED, "schedules": [{"interval": 60.0}]})) == []


def test_one_command_sets_what_is_watched_and_switches_it_on() -> None:
    described = {each["name"]: each for each in read_described(PROJECT / "prefect.yaml")}
    told = Watch(folders=("/data/incoming",), wavelength_id="A01_C01")
    by_time = watching(described["new-plates"], told)
    assert by_time["parameters"]["folders"] == ["/data/incoming"]
    assert by_time["parameters"]["wavelength_id"] == "A01_C01"
    assert [each["active"] for each in by_time["schedules"]] == [True]
    by_event = watching(described["acquired-plate"], told)
    # The event says which plate.
    assert "folders" not in by_event["parameters"]
    assert by_event["parameters"]["wavelength_id"] == "A01_C01"
    with pytest.raises(InvalidInputError, match="--wavelength-id"):
        watching(described["new-plates"], Watch(folders=("/data/incoming",)))
