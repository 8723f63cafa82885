"""What a run does to an image, with pixels and tables that are made beforehand.

It imports nothing heavy, so that a process to be killed starts within milliseconds.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tasks.plan.registration_plan import RegistrationPlan
from tasks.storage import exchange
from tasks.storage.hidden import parse_hidden
from tasks.storage.locks import own_image, own_well
from tasks.storage.provenance import write_provenance
from tasks.storage.recover import recover_image, recover_well
from tasks.storage.space import check_free_space, check_writable
from tasks.storage.staging import is_written_anew, stage_labels, start_staging
from tasks.storage.swap import clean_up, make_ready, publish
from tasks.storage.well_entries import list_image
from tests.storage.faults import Fault, broken_at, unbroken


def run(plan: RegistrationPlan, finished: Path) -> tuple[str, ...]:
    """Replace an image as the flow does, without verifying it; return the messages."""
    well = plan.image_path.parent
    messages = recover_well(well)
    with own_image(well, plan.image_name, timeout=5):
        messages += recover_image(well, plan.image_name)
        check_writable(plan)
        check_free_space(plan)
        stage(plan, finished)
        messages += finish(plan)
        if not plan.overwrites_input:
            list_image(well, plan.output_name, plan.acquisition)
    return messages


def finish(plan: RegistrationPlan) -> tuple[str, ...]:
    """Put the staged image in place as the flow does; return the messages."""
    messages = make_ready(plan)
    with own_well(plan.output_path.parent, timeout=5):
        publish(plan)
    return (*messages, *clean_up(plan))


def stage(plan: RegistrationPlan, finished: Path) -> Path:
    """Make a complete staged image."""
    staged = start_staging(plan)
    stage_labels(plan)
    with unbroken():
        _add_chunks_and_tables(plan, finished, staged)
    write_provenance(plan)
    return staged


def run_broken(swap: str, finished: Path, plan: RegistrationPlan, fault: Fault) -> None:
    """Run with a fault below the folder that holds the plate."""
    with swapping_by(swap), broken_at(fault):
        run(plan, finished)


def die(swap: str, finished: Path, plan: RegistrationPlan, number: int) -> None:
    """Run until the N-th call that changes something, and be killed there."""
    run_broken(swap, finished, plan, Fault(plan.image_path.parents[3], number, "kill"))


@contextmanager
def swapping_by(swap: str) -> Iterator[None]:
    """Let the file system know how to exchange folders, or not; flush nothing."""
    with pytest.MonkeyPatch.context() as patch:
        if swap == "two renames":
            patch.setattr(exchange, "_renameat2", lambda *_: errno.EINVAL)
        patch.setattr(os, "fsync", lambda _: None)
        yield


def leftovers(well: Path) -> list[str]:
    return sorted(path.name for path in well.iterdir() if parse_hidden(path.name))


def _add_chunks_and_tables(plan: RegistrationPlan, finished: Path, staged: Path) -> None:
    pyramids = [plan.image, *(label for label in plan.labels if label.shifts)]
    shutil.copytree(finished / "tables", staged / "tables")
    for path in finished.rglob("*"):
        inside = path.relative_to(finished)
        if path.is_file() and any(
            is_written_anew(parent, pyramid)
            for pyramid in pyramids
            for parent in [inside, *inside.parents]
        ):
            (staged / inside).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, staged / inside)
