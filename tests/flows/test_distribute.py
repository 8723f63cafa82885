"""Wells that run elsewhere give what they give here, and what is missing for it is told before."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from distributed import LocalCluster

from flows.distributing import dask_cluster
from flows.distributing.dask_runs import DaskRuns
from flows.plate import apply_registration_to_plate
from tasks.plan.errors import InvalidInputError
from tasks.stopping import Stopping
from tests.flows.conftest import TABLE
from tests.machines import in_a_well, until
from tests.trees import digest_tree

pytestmark = pytest.mark.usefixtures("prefect_server")


def test_a_cluster_gives_what_one_machine_gives_also_after_it_was_stopped(
    plate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = shutil.copytree(plate, tmp_path / "copy.zarr")
    here = apply_registration_to_plate(str(plate), TABLE)

    asked_to_stop = []
    ask = Stopping.ask

    def ask_and_tell(stopping: Stopping) -> None:
        asked_to_stop.append(stopping)
        ask(stopping)

    def stop(_: DaskRuns) -> None:
        until(lambda: in_a_well(copy), 60, "a share is at work in a well")
        raise KeyboardInterrupt

    # Its workers are threads here, which is quickly there; `tests.lost_workers` has processes.
    threads: dict[str, Any] = {"processes": False, "protocol": "tcp", "host": "127.0.0.1"}
    with LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", **threads
    ) as cluster:
        asked: dict[str, Any] = {"distribute": "dask", "dask_address": cluster.scheduler_address}
        with monkeypatch.context() as stopped:
            stopped.setattr(DaskRuns, "pause", stop)
            stopped.setattr(Stopping, "ask", ask_and_tell)
            with pytest.raises(KeyboardInterrupt):
                apply_registration_to_plate(str(copy), TABLE, **asked)
        until(lambda: not in_a_well(copy), 60, "nothing is at work any more")
        assert asked_to_stop
        there = apply_registration_to_plate(str(copy), TABLE, **asked)
    assert digest_tree(copy) == digest_tree(plate)
    shown = [(report.well, report.image, report.quality) for report in there.reports]
    assert shown == [(report.well, report.image, report.quality) for report in here.reports]


def test_without_the_deployment_nothing_is_begun_and_the_error_says_what_to_do(
    plate: Path,
) -> None:
    before = digest_tree(plate)
    with pytest.raises(InvalidInputError, match=r"'register-wells-of-plate/wells'.* deploy`, and"):
        apply_registration_to_plate(str(plate), TABLE, distribute="work-pool")
    assert digest_tree(plate) == before


MISSING = {
    "dask": ("not_installed", None, r"not_installed is not installed.*the extra 'dask'"),
    "a scheduler": ("json", "tcp://127.0.0.1:9", r"tcp://127.0.0.1:9 does not answer"),
    "an address": ("json", "nonsense:", r"nonsense: does not answer.*such as tcp://node:8786"),
    "a server": ("json", "tcp://192.0.2.7:8786", r"192.0.2.7:8786 cannot reach Prefect's server"),
}


@pytest.mark.parametrize("what", MISSING)
def test_what_is_missing_for_dask_is_told_before_anything_is_begun(
    plate: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    package, address, said = MISSING[what]
    monkeypatch.setattr(dask_cluster, "NEEDED", (package,))
    monkeypatch.setattr(dask_cluster, "SECONDS_TO_ANSWER", 1)
    before = digest_tree(plate)
    with pytest.raises(InvalidInputError, match=said):
        apply_registration_to_plate(str(plate), TABLE, distribute="dask", dask_address=address)
    assert digest_tree(plate) == before
