"""How many cores this process may use, and how runs at the same time share them."""

from __future__ import annotations

import math
import os
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
_OWN_CGROUP = Path("/proc/self/cgroup")


def available_cores() -> int:
    """Return the cores that the scheduler and a container's quota leave to this process."""
    allowed = len(os.sched_getaffinity(0))
    quota = cpu_quota(_CGROUPS, _OWN_CGROUP)
    return allowed if quota is None else max(1, min(allowed, math.ceil(quota)))


def cpu_quota(cgroups: Path, own: Path) -> float | None:
    """Return the smallest CPU quota, in cores, on the way up from this process's control group.

    Version 2 keeps `<microseconds> <period>` or `max` in `cpu.max`; version 1 has two files, and
    -1 for no limit (kernel documentation, admin-guide/cgroup-v2 and scheduler/sched-bwc). None
    where nothing limits.
    """
    if not own.is_file():
        return None
    quotas = []
    for line in own.read_text().splitlines():
        _, controllers, group = line.split(":", 2)
        if not controllers:
            root, read = cgroups, _quota_version_2
        elif "cpu" in controllers.split(","):
            root, read = cgroups / "cpu", _quota_version_1
        else:
            continue
        folder = root / group.lstrip("/")
        # Inside a container the group's outer path does not exist; the mount itself is ours.
        steps = [folder, *folder.parents] if folder.is_relative_to(root) else [root]
        quotas += [read(step) for step in steps if step.is_relative_to(root)]
    return min((quota for quota in quotas if quota is not None), default=None)


def _quota_version_2(folder: Path) -> float | None:
    limit = folder / "cpu.max"
    if not limit.is_file():
        return None
    quota, period = limit.read_text().split()
    return None if quota == "max" else int(quota) / int(period)


def _quota_version_1(folder: Path) -> float | None:
    quota, period = folder / "cpu.cfs_quota_us", folder / "cpu.cfs_period_us"
    if not (quota.is_file() and period.is_file()) or int(quota.read_text()) <= 0:
        return None
    return int(quota.read_text()) / int(period.read_text())


def shared_out(workers: int | None, at_most: int, units: int) -> tuple[int, int]:
    """Return how many units run at once, and how many workers each of them gets.

    Args:
        workers: Workers in all; None for the cores this process may use.
        at_most: Units that may run at once.
        units: Units there are.
    """
    total = workers or available_cores()
    at_once = max(1, min(at_most, units, total))
    return at_once, max(1, total // at_once)
