"""Whole runs on an image or a well without Prefect, in the very order in which the flows work."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Literal, NamedTuple

from tasks.pixels.write import write_pyramid
from tasks.plan.request import RegistrationRequest
from tasks.storage import exchange
from tasks.storage.kinds import kind_of, require_kind
from tasks.storage.locks import own_image, own_well
from tasks.storage.provenance import is_up_to_date, write_provenance
from tasks.storage.recover import recover_image, recover_well, require_image
from tasks.storage.space import check_free_space, check_writable, room_given_back
from tasks.storage.staging import stage_labels, start_staging
from tasks.storage.swap import clean_up, make_ready, publish
from tasks.storage.verify import verify_staged
from tasks.storage.well_entries import list_image
from tasks.survey.build import build_plan
from tasks.survey.selection import select_images
from tasks.survey.unchanged_frame import refuse_changed_frame
from tasks.tables.write import write_tables

TABLE = "registered"

Swap = Literal["exchange", "two renames", "slow renames"]
"""How folders are swapped. `two renames`: as on a file system that cannot exchange them. `slow
renames`: as on one that moreover answers late, so that an image has no name for a while."""


class Run(NamedTuple):
    """What a run is told; it can be sent to another process."""

    path: Path
    """An image or a well."""
    overwrite_input: bool = True
    swap: Swap = "exchange"
    lock_timeout: float = 60.0
    redo: bool = False
    workers: int = 2
    table: str = TABLE
    allow_missing: bool = False


def run_there(run: Run, swaps: Connection | None = None) -> None:
    """Run in a process made for it, whose way to swap is changed for good; announce each swap."""
    if run.swap != "exchange":
        exchange._renameat2 = lambda *_: errno.EINVAL
    if run.swap == "slow renames":
        os.rename = _rename_slowly

    def announce() -> None:
        if swaps is not None:
            swaps.send("swap")

    if kind_of(run.path) == "well":
        run_well(run, before_swap=announce)
    else:
        run_image(run, before_swap=announce)


def _rename_slowly(source: Path, target: Path) -> None:
    Path(source).replace(target)
    if Path(target).name.endswith(".replaced"):
        time.sleep(1.0)


def do_nothing() -> None:
    """Do nothing."""


def run_well(run: Run, *, before_swap: Callable[[], None] = do_nothing) -> None:
    """Register the images of a well as `apply_registration_to_well` does, the reference last."""
    require_kind(run.path, "well")
    recover_well(run.path)
    with own_well(run.path, timeout=run.lock_timeout):
        selection = select_images(run.path, registered_roi_table=run.table, reference_acquisition=0)
    for name in (*selection.others, *selection.reference):
        run_image(run._replace(path=run.path / name), before_swap=before_swap)


def run_image(run: Run, *, before_swap: Callable[[], None] = do_nothing) -> tuple[str, ...]:
    """Register one image as `apply_registration_to_image` does; return what recovery told."""
    image, well = run.path, run.path.parent
    messages = recover_well(well)
    require_image(image)
    with own_image(well, image.name, timeout=run.lock_timeout):
        messages += tuple(m for m in recover_image(well, image.name) if m not in messages)
        with own_well(well, timeout=run.lock_timeout):
            plan = build_plan(
                image,
                RegistrationRequest(
                    run.table,
                    overwrite_input=run.overwrite_input,
                    allow_missing_regions=run.allow_missing,
                ),
            )
        if not run.redo and is_up_to_date(plan):
            return messages
        check_writable(plan)
        check_free_space(plan)
        with room_given_back(plan):
            staged, link = start_staging(plan), plan.overwrites_input
            write_pyramid(plan.image, plan.image_path, staged, workers=run.workers, link=link)
            stage_labels(plan)
            for label in plan.labels:
                if label.shifts:
                    write_pyramid(label, plan.image_path, staged, workers=run.workers, link=link)
            with own_well(well, timeout=run.lock_timeout):
                write_tables(plan, staged)
            write_provenance(plan)
            verify_staged(plan)
            messages += make_ready(plan)
            with own_well(well, timeout=run.lock_timeout):
                before_swap()
                refuse_changed_frame(plan)
                publish(plan)
                list_image(well, plan.output_name, plan.acquisition)
            messages += clean_up(plan)
    return messages
