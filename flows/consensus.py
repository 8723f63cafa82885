"""Find what all acquisitions of one well show of every region."""

from __future__ import annotations

from prefect.logging import get_run_logger

from flows.parameters.form import flow_of
from flows.parameters.of_flows import ConsensusParameters
from flows.results.done import Done
from flows.results.run_names import well_run_name
from tasks.estimate.common_region import Consensus
from tasks.estimate.images import group_images
from tasks.estimate.options import registered_name
from tasks.find_consensus import find_consensus
from tasks.storage.kinds import require_kind
from tasks.storage.paths import local_path
from tasks.storage.recover import recover_well


@flow_of(ConsensusParameters, name="find-consensus-of-well", run_name=well_run_name)
def find_consensus_of_well(parameters: ConsensusParameters) -> tuple[Consensus, ...]:
    """Write a registered ROI table into every image of a well, from its estimated shifts.

    A registered region is what all acquisitions show of a region. The translations may also come
    from fractal-tasks-core. A region of which too little is left is refused by name.
    """
    return find_consensus_in(parameters).as_end()


def find_consensus_in(parameters: ConsensusParameters) -> Done[tuple[Consensus, ...]]:
    """Write a well's registered ROI tables, as a part of the run that asks."""
    logger = get_run_logger()
    well = local_path(parameters.well_url)
    require_kind(well, "well")
    for message in recover_well(well):
        logger.warning(message)
    groups, warnings = group_images(
        well,
        input_roi_table=parameters.input_roi_table,
        reference_acquisition=parameters.reference_acquisition,
    )
    for warning in warnings:
        logger.warning(warning)
    found = tuple(
        one
        for group in groups
        for one in find_consensus(
            group,
            input_roi_table=parameters.input_roi_table,
            registered_roi_table=registered_name(parameters.input_roi_table),
            min_overlap=parameters.min_overlap,
            allow_missing=parameters.allow_missing_regions,
            redo=parameters.redo,
        )
    )
    return Done(
        found,
        f"{well.parent.parent.name} {well.parent.name}/{well.name}: "
        + (f"consensus of {len(found)} regions written" if found else "consensus kept"),
        skipped=not found,
    )
