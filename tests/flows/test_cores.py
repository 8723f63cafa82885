"""The cores that a container's quota leaves, and how runs at once share them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.running.cores import available_cores, cpu_quota, shared_out


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize(
    ("files", "own", "expected"),
    [
        pytest.param({}, "0::/\n", None, id="no quota file at all"),
        pytest.param({"cpu.max": "max 100000"}, "0::/\n", None, id="no limit"),
        pytest.param({"cpu.max": "150000 100000"}, "0::/\n", 1.5, id="one and a half cores"),
        pytest.param({"a/b/cpu.max": "50000 100000"}, "0::/a/b\n", 0.5, id="in a group"),
        pytest.param(
            {"a/cpu.max": "200000 100000", "a/b/cpu.max": "max 100000"},
            "0::/a/b\n",
            2.0,
            id="the group above limits",
        ),
        pytest.param(
            {"cpu.max": "300000 100000"}, "0::/outside/of/the/container\n", 3.0, id="container"
        ),
        pytest.param(
            {"cpu/x/cpu.cfs_quota_us": "250000", "cpu/x/cpu.cfs_period_us": "100000"},
            "4:cpu,cpuacct:/x\n7:memory:/x\n",
            2.5,
            id="version 1",
        ),
        pytest.param(
            {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"},
            "4:cpu:/\n",
            None,
            id="version 1 without limit",
        ),
    ],
)
def test_quota(tmp_path: Path, files: dict[str, str], own: str, expected: float | None) -> None:
    for name, text in files.items():
        write(tmp_path / "cgroup" / name, text)
    write(tmp_path / "own", own)
    assert cpu_quota(tmp_path / "cgroup", tmp_path / "own") == expected


def test_a_system_without_control_groups_has_no_quota(tmp_path: Path) -> None:
    assert cpu_quota(tmp_path, tmp_path / "absent") is None


def test_a_process_bound_to_one_core_gets_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _pid: {3})
    assert available_cores() == 1


@given(workers=st.integers(1, 200), at_most=st.integers(1, 64), units=st.integers(0, 400))
def test_never_more_threads_than_workers(workers: int, at_most: int, units: int) -> None:
    at_once, each = shared_out(workers, at_most, units)
    assert 1 <= at_once <= max(1, min(at_most, units))
    assert each >= 1
    assert at_once * each <= workers
    # No more than a share of one unit lies idle.
    assert workers - at_once * each < at_once


def test_by_default_the_cores_are_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.running.cores.available_cores", lambda: 8)
    assert shared_out(None, 2, 5) == (2, 4)
