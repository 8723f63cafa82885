"""The files for clusters fit the work pool, and each other."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.utilities.schema_tools import validate

from tests.deployments.documented import blocks_of

PROJECT = Path(__file__).parent.parent.parent
RECIPES = PROJECT / "deployments"
POOL = "plate-registration"
DEPLOYMENTS = yaml.safe_load((PROJECT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]


def slurm_job(folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run what Slurm would, in a folder where `prefect` only tells what it is asked."""
    activate = folder / ".venv" / "bin" / "activate"
    activate.parent.mkdir(parents=True, exist_ok=True)
    told = 'echo "$@ with $PLATE_REGISTRATION_WORKERS threads at $PREFECT_API_URL"'
    (activate.parent / "prefect").write_text(f"#!/bin/bash\n{told}\n", encoding="utf-8")
    (activate.parent / "prefect").chmod(0o755)
    activate.write_text('PATH="$PWD/.venv/bin:$PATH"\n', encoding="utf-8")
    return subprocess.run(  # noqa: S603 - our own script
        ["/bin/bash", RECIPES / "worker.sbatch"],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_slurm_job_is_a_worker_of_the_pool_with_the_cores_that_slurm_gave(tmp_path: Path) -> None:
    slurm = {"SLURM_JOB_ID": "17", "SLURM_CPUS_PER_TASK": "8"}
    server = {"PREFECT_API_URL": "http://login:4200/api"}
    done = slurm_job(tmp_path, {**slurm, **server})
    assert done.returncode == 0, done.stderr
    expected = f"worker start --pool {POOL} --type process --limit 1 --name slurm-17"
    assert done.stdout == f"{expected} with 8 threads at http://login:4200/api\n"
    assert "name the server" in slurm_job(tmp_path, slurm).stderr
    assert "start this with sbatch" in slurm_job(tmp_path, server).stderr


def test_what_a_kubernetes_job_is_made_of_has_a_value_or_may_be_left_out() -> None:
    template = json.loads((RECIPES / "kubernetes-job.json").read_text(encoding="utf-8"))
    variables = template["variables"]
    used = set(re.findall(r"\{\{ (\w+) \}\}", json.dumps(template["job_configuration"])))
    assert used == set(variables["properties"])
    for described in DEPLOYMENTS:
        validate(described["work_pool"]["job_variables"], variables, raise_on_error=True)
    pod = template["job_configuration"]["job_manifest"]["spec"]["template"]["spec"]
    (mount,) = pod["containers"][0]["volumeMounts"]
    (volume,) = pod["volumes"]
    assert mount == {"name": volume["name"], "mountPath": "/data"}
    for name in ("image", "plates_claim", "owner", "group"):
        assert variables["properties"][name]["default"], name


@pytest.mark.parametrize("document", ["slurm.md", "kubernetes.md"])
def test_what_the_documents_give_to_a_shell_can_be_read_by_it_and_names_files_there_are(
    document: str,
) -> None:
    blocks = blocks_of(RECIPES / document)
    assert blocks
    for block in blocks:
        subprocess.run(["/bin/bash", "-n"], input=block.text, text=True, check=True, timeout=60)
        for named in re.findall(r"deployments/[\w.-]+", block.text):
            assert (PROJECT / named).is_file(), named


@pytest.fixture
def worker() -> dict[str, dict[str, Any]]:
    """Return the parts of the worker in the cluster, by kind."""
    text = (RECIPES / "kubernetes-worker.yaml").read_text(encoding="utf-8")
    return {each["kind"]: each for each in yaml.safe_load_all(text)}


def test_the_worker_in_kubernetes_serves_the_pool_where_its_jobs_are(
    worker: dict[str, dict[str, Any]],
) -> None:
    template = json.loads((RECIPES / "kubernetes-job.json").read_text(encoding="utf-8"))
    namespace = template["variables"]["properties"]["namespace"]["default"]
    assert {each["metadata"]["namespace"] for each in worker.values()} == {namespace}
    pod = worker["Deployment"]["spec"]["template"]
    labels = worker["Deployment"]["spec"]["selector"]["matchLabels"]
    assert labels == pod["metadata"]["labels"]
    (container,) = pod["spec"]["containers"]
    assert container["args"][container["args"].index("--pool") + 1] == POOL
    # The version that prefect.yaml was written for.
    described = yaml.safe_load((PROJECT / "prefect.yaml").read_text(encoding="utf-8"))
    assert f":{described['prefect-version']}-" in container["image"]
    account = worker["ServiceAccount"]["metadata"]["name"]
    assert pod["spec"]["serviceAccountName"] == account
    assert [each["name"] for each in worker["RoleBinding"]["subjects"]] == [account]
    documented = (RECIPES / "kubernetes.md").read_text(encoding="utf-8")
    for each in container["env"]:
        secret = each.get("valueFrom", {}).get("secretKeyRef")
        if secret is not None:
            assert f"create secret generic {secret['name']} " in documented
            assert f"--from-literal={secret['key']}=" in documented
