"""Carry what a share came to from its run to the plate's, by the server that both reach.

What a flow returns stays on the disk of the machine where it ran. It is put beside the run's
tables, under no name that people look at, and is gone once it has been taken.
"""

from __future__ import annotations

from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import ArtifactCreate
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    ArtifactFilterType,
)

from flows.distributing.shares import as_text, from_text
from flows.running.wells_of_plate import WellOutcomes

_TYPE = "share-of-plate"


def put(run: UUID, outcomes: WellOutcomes) -> None:
    """Leave what a run came to on the server."""
    with get_client(sync_client=True) as client:
        client.create_artifact(ArtifactCreate(type=_TYPE, data=as_text(outcomes), flow_run_id=run))


def take(client: SyncPrefectClient, run: UUID) -> WellOutcomes | None:
    """Return what a run has left on the server, and remove it; None where there is nothing."""
    found = client.read_artifacts(
        artifact_filter=ArtifactFilter(
            flow_run_id=ArtifactFilterFlowRunId(any_=[run]),
            type=ArtifactFilterType(any_=[_TYPE]),
        )
    )
    outcomes = None
    for artifact in found:
        outcomes = from_text(str(artifact.data))
        client.delete_artifact(artifact.id)
    return outcomes
