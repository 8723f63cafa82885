"""What is submitted to Slurm: the jobs that dask-jobqueue would hand to `sbatch`."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from dask import config
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.distributing.dask_cluster import slurm_cluster
from tasks.plan.errors import InvalidInputError

SERVER = "http://192.0.2.7:4200/api"
SITE = {"cores": 8, "memory": "32GiB", "queue": "imaging", "account": "lab", "walltime": "08:00:00"}


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Slurm that keeps what it is given, and starts nothing; return where."""
    for name, text in {
        "sbatch": 'cp "$1" "$0-$$.sh"; echo "Submitted batch job $$"',
        "scancel": 'echo "$@" >> "$0.log"',
    }.items():
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        program.chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path


def test_as_many_jobs_as_asked_for_are_submitted_each_with_one_worker_of_one_thread(
    slurm: Path,
) -> None:
    at_site = {f"jobqueue.slurm.{name}": value for name, value in SITE.items()}
    with config.set(at_site), temporary_settings({PREFECT_API_URL: SERVER}):
        made = slurm_cluster(3)
        with made["cluster_class"](**made["cluster_kwargs"]) as cluster:
            cluster.sync(cluster._correct_state)
            scripts = [path.read_text(encoding="utf-8") for path in slurm.glob("sbatch-*.sh")]
            assert len(scripts) == 3
            for script in scripts:
                lines = script.splitlines()
                wanted = {
                    "#SBATCH -p imaging",
                    "#SBATCH -A lab",
                    "#SBATCH -n 1",
                    "#SBATCH --cpus-per-task=8",
                    "#SBATCH --mem=32G",
                    "#SBATCH -t 08:00:00",
                }
                assert wanted <= {*lines}
                worker = lines[-1].split()
                assert worker[1:3] == ["-m", "distributed.cli.dask_worker"]
                assert worker[3] == cluster.scheduler_address
                # The last word counts: one share at a time has all eight cores.
                threads = [worker[n + 1] for n, word in enumerate(worker) if word == "--nthreads"]
                assert threads[-1] == "1"
    # With the run they end.
    ended = (slurm / "scancel.log").read_text(encoding="utf-8").split()
    assert len(ended) == 3


def test_what_is_missing_for_slurm_is_told(slurm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidInputError, match="cannot reach Prefect's server at"):
        slurm_cluster(3)
    with (
        temporary_settings({PREFECT_API_URL: SERVER}),
        config.set({"jobqueue.slurm.cores": 8, "jobqueue.slurm.memory": None}),
        pytest.raises(
            InvalidInputError, match=r"jobqueue.slurm.memory is not set; .*jobqueue.yaml"
        ),
    ):
        slurm_cluster(3)
    (slurm / "sbatch").unlink()
    monkeypatch.setenv("PATH", str(slurm))
    with pytest.raises(InvalidInputError, match="no `sbatch` here"):
        slurm_cluster(3)
