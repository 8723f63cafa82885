"""Let all wells of a plate propose their shifts, before any is decided on."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from prefect.futures import PrefectFuture, as_completed
from prefect.logging import get_run_logger

from flows.parameters.of_flows import RegisterPlateParameters
from flows.running.cores import shared_out
from flows.running.task_runners import running
from tasks.estimate.images import Group, group_images, still_to_move
from tasks.estimate.options import EstimateOptions
from tasks.plan.described import part_of
from tasks.plan.errors import RegistrationError
from tasks.progress import Note
from tasks.propose_shifts import propose_shifts
from tasks.storage.recover import recover_well


def propose_plate(
    plate: Path, wells: Sequence[str], parameters: RegisterPlateParameters, *, note: Note
) -> None:
    """Let every well propose, a bounded number at a time, and keep it in their images.

    A well that cannot is passed over: it is told of when it is decided on. Images that were moved
    in place have proposed before.

    Args:
        plate: Root folder of the plate.
        wells: Names of the wells.
        parameters: Of the run.
        note: Takes how many wells have proposed, and how many there are.
    """
    options = part_of(EstimateOptions, parameters)
    at_once, of_well = shared_out(parameters.workers, parameters.parallel_wells, len(wells))
    with running("threads", at_once) as runner:
        futures: list[PrefectFuture[Any]] = []
        for well in wells:
            groups = _groups(plate / well, options)
            if groups:
                images = sum(len(group.others) for group in groups)
                images_at_once, threads = shared_out(of_well, parameters.parallel_images, images)
                futures.append(
                    runner.submit(
                        propose_shifts,
                        {
                            "well": plate / well,
                            "groups": groups,
                            "options": options,
                            "redo": parameters.redo,
                            "at_once": images_at_once,
                            "workers": threads,
                        },
                    )
                )
        for done, _ in enumerate(as_completed(futures), start=1):
            note(done, len(futures))


def _groups(well: Path, options: EstimateOptions) -> tuple[Group, ...]:
    """Return what is to be estimated in a well; nothing where that fails or is over."""
    with suppress(RegistrationError, OSError):
        for message in recover_well(well):
            get_run_logger().warning(message)
        groups, _ = group_images(
            well,
            input_roi_table=options.input_roi_table,
            reference_acquisition=options.reference_acquisition,
        )
        return still_to_move(groups)
    return ()
