"""Put together what is shipped of a deployment and what a site has set: what the site set stays."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

Described = dict[str, Any]
"""A deployment as `prefect.yaml` describes it, or the part of it that a site may set."""

ENVIRONMENT = "env"

_BEYOND = {"ENQUEUE": "kept waiting", "CANCEL_NEW": "cancelled"}


def merged(shipped: Described, there: Described, *, known: Collection[str]) -> Described:
    """Return a deployment with the site's settings, and of what is shipped what the site lacks.

    Args:
        shipped: As described.
        there: The settings on the server: `parameters`, `concurrency_limit`, `schedules`,
            `job_variables` and `paused`.
        known: Names of the flow's parameters. Values of others are left out: no run could use them.
    """
    parameters = {**shipped["parameters"], **there["parameters"]}
    pool = shipped["work_pool"]
    variables = {**pool["job_variables"], **there["job_variables"]}
    variables[ENVIRONMENT] = {
        **pool["job_variables"].get(ENVIRONMENT, {}),
        **(there["job_variables"].get(ENVIRONMENT) or {}),
    }
    slugs = {each.get("slug") for each in there["schedules"]}
    return {
        **shipped,
        "parameters": {name: value for name, value in parameters.items() if name in known},
        "concurrency_limit": there["concurrency_limit"],
        "schedules": [
            *there["schedules"],
            *(each for each in shipped.get("schedules", []) if each["slug"] not in slugs),
        ],
        "work_pool": {**pool, "job_variables": variables},
        "paused": there["paused"],
    }


def differences(shipped: Described, there: Described) -> Iterator[str]:
    """Yield in words what a site has set otherwise than it is shipped, and would lose."""
    given = shipped["parameters"]
    for name, value in there["parameters"].items():
        if name not in given:
            yield f"parameter {name} is {value!r}"
        elif given[name] != value:
            yield f"parameter {name} is {value!r}, not {given[name]!r}"
    yield from _other_limit(shipped["concurrency_limit"], there["concurrency_limit"])
    environment = shipped["work_pool"]["job_variables"].get(ENVIRONMENT, {})
    for name, value in (there["job_variables"].get(ENVIRONMENT) or {}).items():
        if environment.get(name) != value:
            yield f"the environment variable {name} is {value!r}"
    if there["paused"]:
        yield "it is paused"
    # Without any, Prefect leaves those that are there.
    if "schedules" in shipped:
        yield from _other_schedules(shipped["schedules"], there["schedules"])


def _other_limit(shipped: Described, there: Described | None) -> Iterator[str]:
    if there is None:
        yield f"runs at once have no limit, not {shipped['limit']}"
        return
    if there["limit"] != shipped["limit"]:
        yield f"runs at once are {there['limit']}, not {shipped['limit']}"
    if there["collision_strategy"] != shipped["collision_strategy"]:
        yield f"a run beyond the limit is {_BEYOND[there['collision_strategy']]}"


def _other_schedules(shipped: list[Described], there: list[Described]) -> Iterator[str]:
    by_slug = {each["slug"]: each for each in shipped}
    for schedule in there:
        like = by_slug.get(schedule.get("slug"))
        name = schedule.get("slug") or "without a name"
        if like is None:
            yield f"there is a schedule {name}"
        elif changed := [key for key, value in like.items() if schedule.get(key) != value]:
            said = ", ".join(f"{key} {schedule.get(key)!r}" for key in changed)
            yield f"the schedule {name} has {said}"
