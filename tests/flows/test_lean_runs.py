"""What a plate asks of Prefect: so much for each image and well, and nothing that piles up."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect import flow
from prefect.client.orchestration import (
    PrefectHttpxAsyncClient,
    PrefectHttpxSyncClient,
    get_client,
)
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterParentFlowRunId,
)
from prefect.client.schemas.objects import State, TaskRun
from prefect.events.worker import EventsWorker
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from flows.image import apply_registration_to_image
from flows.plate import apply_registration_to_plate
from flows.register import register_plate
from flows.well import apply_registration_to_well, register_image
from tests.estimate.wells import STAIN, make_well
from tests.flows.conftest import MOVES, TABLE, registrable_plate

pytestmark = pytest.mark.usefixtures("prefect_server")

IMAGES = len(MOVES)


def wells(number: int) -> tuple[str, ...]:
    return tuple(f"A/{n:02d}" for n in range(1, number + 1))


def id_of(state: State[Any]) -> UUID:
    identity = state.state_details.flow_run_id
    assert identity is not None
    return identity


def inside(run: UUID) -> tuple[int, list[TaskRun]]:
    """Return how many flow runs a run has started, and its task runs once all are known."""
    of_run = FlowRunFilter(id=FlowRunFilterId(any_=[run]))
    children = FlowRunFilter(parent_flow_run_id=FlowRunFilterParentFlowRunId(any_=[run]))
    with get_client(sync_client=True) as client:
        flows = len(client.read_flow_runs(flow_run_filter=children))
        return flows, client.read_task_runs(flow_run_filter=of_run)


def settled(run: UUID, expected: int) -> tuple[int, list[TaskRun]]:
    """Return the same when task runs have arrived, which travel by themselves."""
    arrived = threading.Event()
    for _ in range(120):
        flows, tasks = inside(run)
        if len(tasks) >= expected and all(task.state_name for task in tasks):
            break
        arrived.wait(0.5)
    return flows, tasks


def shown(run: UUID) -> Counter[str]:
    """Return the kinds of artifacts of a run; results that are kept for a retry have none."""
    wanted = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run]))
    with get_client(sync_client=True) as client:
        found = client.read_artifacts(artifact_filter=wanted)
    return Counter(each.type for each in found if each.type is not None)


def test_a_plate_is_one_flow_run_with_a_task_for_each_well_and_image(plate: Path) -> None:
    run = id_of(apply_registration_to_plate(str(plate), TABLE, return_state=True))
    expected = 2 * (1 + IMAGES)
    flows, tasks = settled(run, expected)
    assert (flows, len(tasks)) == (0, expected)
    assert {task.name for task in tasks if "image" in task.name} == {
        f"image {well}/{image}" for well in ("A/01", "B/02") for image in MOVES
    }
    # Prefect keeps a thread and a connection for every set of tags: none names a well or image.
    assert {frozenset(task.tags) for task in tasks} == {frozenset(), frozenset({"image-io"})}
    with get_client(sync_client=True) as client:
        assert "plate.zarr" in client.read_flow_run(run).tags
    # A table for each well and for the plate, what its report says, and one bar.
    assert shown(run) == {"table": 2 + 1, "markdown": 1, "progress": 1}


def test_a_plate_that_a_flow_of_the_users_registers_is_found_by_its_tag(plate: Path) -> None:
    @flow
    def mine() -> UUID:
        inner = apply_registration_to_plate(str(plate), TABLE, dry_run=True, return_state=True)
        return id_of(inner)

    with get_client(sync_client=True) as client:
        assert client.read_flow_run(mine()).tags == ["plate.zarr"]


def test_a_raw_plate_is_one_flow_run_too(tmp_path: Path) -> None:
    shifts = {0: [(0.0, 0.0)], 1: [(9.0, -7.0)], 2: [(-4.0, 3.0)]}
    make_well(tmp_path / "plate.zarr", shifts, wells=("A/01", "B/02"))
    state = register_plate(str(tmp_path / "plate.zarr"), STAIN, level_path="0", return_state=True)
    assert state.is_completed()
    # To propose, to decide on each image, to agree, to move each image, and the well around it.
    expected = 2 * (1 + 2 + 1 + 3 + 1)
    flows, tasks = settled(id_of(state), expected)
    assert (flows, len(tasks)) == (0, expected), sorted(task.name for task in tasks)
    # As above, and how the plate moved.
    assert shown(id_of(state)) == {"table": 2 + 2, "markdown": 1, "progress": 1}


def test_a_well_and_an_image_that_are_started_alone_keep_their_five_tasks(well: Path) -> None:
    run = id_of(apply_registration_to_image(str(well / "1"), TABLE, return_state=True))
    _, tasks = settled(run, 5)
    assert sorted(task.name.split()[0] for task in tasks) == [
        "copy-tables",
        "finalize",
        "resolve-reference",
        "write-image",
        "write-labels",
    ]
    assert shown(run) == {"progress": 1}
    run = id_of(apply_registration_to_well(str(well), TABLE, return_state=True))
    flows, _ = inside(run)
    assert flows == IMAGES
    assert shown(run) == {"table": 1, "progress": 1}
    with get_client(sync_client=True) as client:
        (child, *_) = client.read_flow_runs(
            flow_run_filter=FlowRunFilter(
                parent_flow_run_id=FlowRunFilterParentFlowRunId(any_=[run])
            )
        )
    assert shown(child.id) == {}
    assert child.tags == []


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count what is asked of the server, and the events that are sent to it.

    Not log lines, limits that tags may have, and how far a bar is: these go by the clock.
    """
    counted: Counter[str] = Counter()
    sync_send, async_send, emit = (
        PrefectHttpxSyncClient.send,
        PrefectHttpxAsyncClient.send,
        EventsWorker.send,
    )

    def note(method: str, path: str) -> None:
        what = path.removeprefix("/api/").split("/")[0]
        by_the_clock = ("logs", "v2", "concurrency_limits")
        if what not in by_the_clock and (method, what) != ("PATCH", "artifacts"):
            counted[f"{method} {what}"] += 1

    def send(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        note(request.method, request.url.path)
        return sync_send(self, request, *args, **kwargs)

    async def send_later(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        note(request.method, request.url.path)
        return await async_send(self, request, *args, **kwargs)

    def send_event(self: Any, *items: Any) -> None:
        for item in items:
            event = getattr(item, "event", "")
            counted["task events"] += event.startswith("prefect.task-run.")
        emit(self, *items)

    monkeypatch.setattr(PrefectHttpxSyncClient, "send", send)
    monkeypatch.setattr(PrefectHttpxAsyncClient, "send", send_later)
    monkeypatch.setattr(EventsWorker, "send", send_event)
    return counted


def test_a_further_well_asks_for_its_table_and_tells_three_states_of_each_task(
    tmp_path: Path, asked: Counter[str]
) -> None:
    counts = []
    for number in (1, 3):
        plate = registrable_plate(tmp_path / f"{number}.zarr", wells=wells(number))
        asked.clear()
        apply_registration_to_plate(str(plate), TABLE)
        counts.append(Counter(asked))
    assert counts[0]["POST flow_runs"] > 0
    tasks = 2 * (1 + IMAGES)
    further = counts[1] - counts[0]
    # A connection that Prefect keeps for limits on tags may be opened anew; none is for a well.
    assert further.pop("GET csrf-token", 0) <= 1
    assert further == {"POST artifacts": 2, "task events": 3 * tasks}


def test_threads_and_descriptors_do_not_grow_with_the_wells(tmp_path: Path) -> None:
    threads, descriptors = [], []
    for number in (2, 8):
        plate = registrable_plate(tmp_path / f"{number}.zarr", wells=wells(number))
        apply_registration_to_plate(str(plate), TABLE)
        threads.append(threading.active_count())
        descriptors.append(sum(1 for _ in Path("/proc/self/fd").iterdir()))
    # What Prefect keeps for itself may come and go; a thread for each well would be 6 more.
    assert threads[1] <= threads[0] + 2
    assert descriptors[1] <= descriptors[0] + 4


def test_only_the_run_that_was_started_gives_signs_of_life(
    well: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[int | None] = []
    original = register_image.fn

    def noted(image: str, well: Path, parameters: Any, workers: int) -> Any:
        found.append(PREFECT_FLOWS_HEARTBEAT_FREQUENCY.value())
        return original(image, well, parameters, workers)

    monkeypatch.setattr(register_image, "fn", noted)
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: 30}):
        apply_registration_to_well(str(well), TABLE)
    assert found == [None] * IMAGES
