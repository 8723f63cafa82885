"""A real server and worker: everything deploys, runs through the REST API register and cancel."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from tasks.doctor.plate import examine_plate, repair_plate
from tasks.storage.provenance import read_provenance
from tests.deployments.browser import browser
from tests.deployments.conftest import Site, running
from tests.deployments.documented import blocks_of
from tests.deployments.installed import PROJECT
from tests.deployments.known import known, log_of, signs_of_life, skips
from tests.deployments.lost_machine import has_process, listening, lose_machine, watch_closely
from tests.deployments.run_form import ask_in_form, report_shown_by
from tests.deployments.set_by_site import kept_when_deploying_again
from tests.deployments.slow_plate import slow_plate
from tests.deployments.waiting import until, until_end, until_state
from tests.estimate.wells import STAIN, make_well
from tests.flows.conftest import TABLE, registrable_plate
from tests.plates import read_levels
from tests.registration import register as register_plainly
from tests.soak_scene import files_of


@pytest.fixture(scope="module")
def deployed(site: Site) -> dict[str, dict[str, Any]]:
    """Return what the server knows once all was deployed, by name."""
    return known(site)


def test_every_deployment_arrives_as_described(deployed: dict[str, dict[str, Any]]) -> None:
    for name, deployment in deployed.items():
        assert deployment["description"]
        assert "plate-registration" in deployment["tags"]
        assert deployment["work_pool_name"] == "plate-registration"
        assert deployment["global_concurrency_limit"]["limit"] >= 1
        assert deployment["enforce_parameter_schema"]
        properties = deployment["parameter_openapi_schema"]["properties"]
        assert all(described["description"] for described in properties.values()), name
    (schedule,) = deployed["plate-nightly"]["schedules"]
    assert schedule["active"] is False
    skipping = {name for name, each in deployed.items() if skips(each)}
    assert skipping == {"plate-nightly", "new-plates"}


def test_who_has_no_password_is_refused(site: Site) -> None:
    paths = ["/deployments/filter", "/flow_runs/filter"]
    refused = {httpx.post(f"{site.api}{path}", json={}, timeout=30).status_code for path in paths}
    assert refused == {401}
    elsewhere = {"Origin": "https://somewhere.example"}
    answer = httpx.get(f"{site.api}/health", headers=elsewhere, timeout=30)
    assert "access-control-allow-origin" not in answer.headers
    assert site.request("POST", paths[0], {}).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"workers": 0}, "workers"),
        # All names there are, so that nobody has to look them up.
        ({"worker": 2}, "'worker' is not one of ['plate_url', "),
    ],
)
def test_a_wrong_value_and_a_wrong_name_are_refused_before_there_is_a_run(
    site: Site, deployed: dict[str, dict[str, Any]], wrong: dict[str, Any], told: str
) -> None:
    answer = site.request(
        "POST",
        f"/deployments/{deployed['plate']['id']}/create_flow_run",
        {"parameters": {"plate_url": "/data/plate.zarr", **wrong}},
    )
    assert answer.status_code == 409
    assert told in answer.text


def test_every_documented_command_does_what_it_says(site: Site) -> None:
    plate = site.data / "plate.zarr" / "A" / "01"
    # The README's last command.
    assert read_provenance(plate / "1") is not None
    (site.data / "incoming").mkdir()
    raw = {0: [(0.0, 0.0)] * 2, 1: [(9.0, -7.0)] * 2}
    acquired = [make_well(site.data / f"acquired{name}.zarr", raw) for name in ("", "-too")]
    url = "/deployments/name/register-new-plates/acquired-plate"
    printed = []
    for block in blocks_of(PROJECT / "deployments" / "README.md"):
        if "deployments/serve.py" in block.text:
            log = site.data / "serve.log"
            with running(site.shell, block.text, log):
                until(
                    lambda log=log: "are being served" in log.read_text(encoding="utf-8"),
                    seconds=180,
                    what="one process serves all",
                )
            continue
        if "plate.acquired" in block.text and not printed[-1].startswith("told"):
            # The test plates are too small for the third level.
            deployment = site.answer("GET", url)
            told = {"parameters": {**deployment["parameters"], "level_path": "0"}}
            site.request("PATCH", f"/deployments/{deployment['id']}", told).raise_for_status()
            printed.append("told")
        if block.text == "plate-registration deploy\n":
            with kept_when_deploying_again(site):
                said = site.shell.run(block)
            assert "kept: parameter registered_roi_table is 'mine'" in said
            # Prefect's own command would set all that back.
            with pytest.raises(AssertionError, match="`plate-registration deploy`, which keeps it"):
                site.run("prefect", "--no-prompt", "deploy", "--name", "image")
            printed.append(said)
            continue
        # No Docker here; its files are looked at in `test_prefect_yaml`.
        lines = [line for line in block.text.splitlines() if not line.startswith("docker ")]
        printed.append(site.shell.run(block._replace(text="\n".join(lines))))
    asked = [text for text in printed if "COMPLETED" in text]
    assert len(asked) == 2
    for text in asked:
        assert f"{plate}/0" in text
        assert f"{plate}/1" in text
    for well in acquired:
        until(
            lambda well=well: read_provenance(well / "1") is not None,
            seconds=300,
            what="the event starts a run that registers the plate",
        )


@contextmanager
def scheduled(site: Site, deployment: dict[str, Any], parameters: dict[str, Any]) -> Iterator[str]:
    """Let a run of a deployment be due in seconds, and yield its identity."""
    due = datetime.now(tz=UTC) + timedelta(seconds=5)
    every_hour = {"interval": 3600, "anchor_date": due.isoformat()}
    new = [{"schedule": every_hour, "active": True, "parameters": parameters}]
    url = f"/deployments/{deployment['id']}/schedules"
    (schedule,) = site.answer("POST", url, new)

    def planned() -> Any:
        wanted = {"deployments": {"id": {"any_": [deployment["id"]]}}}
        runs = site.answer("POST", "/flow_runs/filter", wanted)
        times = {each["expected_start_time"]: each["id"] for each in runs if each["auto_scheduled"]}
        return times and times[min(times)]

    try:
        # Under some versions of SQLAlchemy the scheduler fails in silence: no run ever appears.
        yield until(planned, seconds=180, what="the scheduler plans the run")
    finally:
        site.request("DELETE", f"{url}/{schedule['id']}")


def test_runs_by_schedule_and_by_form_register_plates(
    site: Site, deployed: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    spread = registrable_plate(tmp_path / "spread.zarr", wells=("A/01",))
    well = shutil.copytree(spread, tmp_path / "here.zarr") / "A" / "01"
    raw = make_well(tmp_path / "raw.zarr", {0: [(0.0, 0.0)] * 2, 1: [(9.0, -7.0)] * 2})
    values = {"Plate": str(raw.parent.parent), "Stain": STAIN, "Estimate: pyramid level": "0"}
    estimate = {"plate_url": values["Plate"], "wavelength_id": STAIN, "level_path": "0"}
    # Its well is a run of its own, which any worker takes up.
    asked = {"plate_url": str(spread), "registered_roi_table": TABLE, "distribute": "work-pool"}
    with (
        scheduled(site, deployed["plate"], asked) as plate,
        browser(tmp_path / "browser") as page,
    ):
        register = (
            site.start(deployed["register"], estimate)
            if page is None
            else ask_in_form(page, site, deployed["register"], values)
        )
        ended = {run: until_end(site, run) for run in (plate, register)}
        assert {state["type"] for state in ended.values()} == {"COMPLETED"}, ended
        if page is not None:
            told = report_shown_by(page, site, register)
            assert str(tmp_path / "raw.registration" / "report.html") in told
    assert ended[plate]["message"].startswith("spread.zarr: wells: 1 registered; images: 3 reg")
    for name in ("1", "2", "0"):
        register_plainly(well / name, registered_roi_table=TABLE)
        pairs = zip(read_levels(well / name), read_levels(spread / "A/01" / name), strict=True)
        for expected, found in pairs:
            np.testing.assert_array_equal(found, expected)
    children = {"flow_runs": {"parent_flow_run_id": {"any_": [plate]}}}
    (child,) = site.answer("POST", "/flow_runs/filter", children)
    assert child["name"] == "spread.zarr A/01: apply"
    left = {"artifacts": {"flow_run_id": {"any_": [plate, child["id"]]}}}
    shown = [each["key"] for each in site.answer("POST", "/artifacts/filter", left)]
    # As on one machine, and each once; what the child has told the plate's run is gone.
    keys = ("outcome", "plate-", "quality-", "registration-", "registration-")
    names = ("", "spread-zarr", "spread-zarr", "spread-zarr", "spread-zarr-a-01")
    assert sorted(shown) == sorted(map("".join, zip(keys, names, strict=True)))
    assert read_provenance(raw / "1") is not None
    # The report is made with the extra for it.
    assert (tmp_path / "raw.registration" / "report.html").is_file()


def test_a_cancelled_run_leaves_nothing_and_a_lost_machine_is_noticed(
    site: Site, deployed: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    # The last test: in the end the worker is gone.
    plate = slow_plate(tmp_path / "slow.zarr")
    well = plate / "A" / "01"
    before = files_of(well / "1")
    asked = {"plate_url": str(plate), "registered_roi_table": TABLE, "workers": 1}
    first = site.start(deployed["plate"], asked)
    until_state(site, first, "RUNNING", what="the worker starts it")
    second = site.start(deployed["plate"], asked)
    waits = "as many runs of the deployment plate"
    until(
        lambda: waits in log_of(site, second),
        seconds=300,
        what="the run that waits says for what",
    )
    until(
        lambda: list((well / ".1.plate-registration.staging" / "0").glob("*/*/*")),
        seconds=180,
        what="the first writes pixels",
    )
    with listening() as (address, heard):
        watch_closely(site, address)
        # What the button of Prefect's UI sends.
        cancelling = {"state": {"type": "CANCELLING"}}
        site.answer("POST", f"/flow_runs/{first}/set_state", cancelling)
        until_state(site, first, "CANCELLED", what="the run ends as cancelled")
        assert not has_process(site, first)
        assert files_of(well / "1") == before

        until_state(site, second, "RUNNING", what="its place is free for the next")
        # Without a first one, nobody waits for the next.
        until(
            lambda: signs_of_life(site, second),
            seconds=180,
            what="it gives a sign of life",
        )
        lose_machine(site)
        lost = until_state(site, second, "CRASHED", what="the server notices")
        assert lost["message"].startswith("No sign of life for 0.25 min")
        until(lambda: heard, seconds=300, what="word is sent")
        assert "slow.zarr: Crashed | No sign of life" in heard[0]
    deployment = site.answer("GET", f"/deployments/{deployed['plate']['id']}")
    assert deployment["global_concurrency_limit"]["active_slots"] == 0
    # It leaves nothing for a person.
    repair_plate(plate)
    assert not examine_plate(plate)
    assert not list(well.glob(".*staging*"))
