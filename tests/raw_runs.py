"""Whole runs from raw to registered images without Prefect, in the order of `register_well`."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import NamedTuple

from tasks.estimate.columns import write_columns
from tasks.estimate.fingerprint import fingerprint_estimate, require_unchanged
from tasks.estimate.image import estimate_image
from tasks.estimate.images import group_images
from tasks.estimate.options import EstimateOptions, registered_name
from tasks.estimate.put_consensus import put_consensus
from tasks.plan.errors import RegistrationError
from tasks.storage.locks import own_registration, own_well
from tasks.survey.moved_in_place import read_frame
from tasks.survey.table_record import ESTIMATED, was_made_from
from tests.estimate.wells import STAIN, TABLE
from tests.runs import Run, run_well

REFUSED = 3
"""Exit code of a run that ended with an error of ours."""


class RawRun(NamedTuple):
    """What a run is told; it can be sent to another process."""

    well: Path
    level: str = "0"
    min_overlap: float = 0.5
    allow_missing: bool = False
    waits: bool = True
    """Whether it waits for another run on the well, as `register` does."""


def run_raw(run: RawRun) -> None:
    """Estimate, find the consensus and apply it in place."""
    options = EstimateOptions(
        wavelength_id=STAIN, level_path=run.level, allow_missing_regions=run.allow_missing
    )
    with own_registration(run.well, timeout=120) if run.waits else nullcontext():
        groups, _ = group_images(run.well, input_roi_table=TABLE, reference_acquisition=0)
        for group in groups:
            for image in group.others:
                _estimate(image, group.reference, options)
            with own_well(run.well, timeout=120):
                put_consensus(
                    group,
                    input_roi_table=TABLE,
                    registered_roi_table=registered_name(TABLE),
                    min_overlap=run.min_overlap,
                    redo=False,
                    allow_missing=run.allow_missing,
                )
        run_well(
            Run(
                run.well,
                lock_timeout=120,
                table=registered_name(TABLE),
                allow_missing=run.allow_missing,
            )
        )


def run_raw_there(run: RawRun) -> None:
    """Run in a process made for it."""
    try:
        run_raw(run)
    except RegistrationError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(REFUSED)


def _estimate(image: Path, reference: Path, options: EstimateOptions) -> None:
    if read_frame(image) is not None:
        return
    made_from = fingerprint_estimate(image, reference, options)
    if was_made_from(image, TABLE, ESTIMATED, made_from):
        return
    estimate = estimate_image(image, options)
    with own_well(image.parent, timeout=120):
        require_unchanged(image, reference, options, made_from)
        write_columns(estimate, made_from)
