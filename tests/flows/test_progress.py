"""Progress in Prefect's UI and on a terminal: shown, seldom enough, and never in the way."""

from __future__ import annotations

import io
import logging
from threading import Event
from typing import Any

import httpx
import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId
from rich.console import Console

from tasks import progress
from tasks.progress import artifact_key, shown_progress
from tasks.terminal_bars import TerminalBars


@pytest.mark.usefixtures("prefect_server")
def test_the_artifact_ends_where_the_work_ended() -> None:
    @flow
    def write() -> None:
        with shown_progress("image plate A/01/1") as note:
            note(3, 4)

    state = write(return_state=True)
    assert state.is_completed()
    run_id = state.state_details.flow_run_id
    assert run_id is not None
    with get_client(sync_client=True) as client:
        (artifact,) = client.read_artifacts(
            artifact_filter=ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run_id]))
        )
    assert (artifact.type, artifact.key) == ("progress", "image-plate-a-01-1")
    assert artifact.data == 75.0


def test_many_blocks_make_few_updates(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[float] = []
    ticked = Event()

    def update(_artifact: Any, progress: float) -> None:
        sent.append(progress)
        ticked.set()

    monkeypatch.setattr(progress, "create_progress_artifact", lambda **_options: "key")
    monkeypatch.setattr(progress, "update_progress_artifact", update)
    with shown_progress("image", interval=0.2) as note:
        for block in range(1000):
            note(block + 1, 1000)
        assert sent == []
        assert ticked.wait(timeout=30)
    # One when the time had passed, one at the end; not one for each block.
    assert sent == [100.0, 100.0]


def test_updates_are_two_seconds_apart() -> None:
    assert progress._SECONDS_BETWEEN_UPDATES == 2.0


def test_a_server_that_fails_costs_the_display_not_the_run(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    logger = logging.getLogger("progress")

    def refuse(**_options: Any) -> None:
        raise httpx.ConnectError("connection refused")

    monkeypatch.setattr(progress, "create_progress_artifact", refuse)
    monkeypatch.setattr(progress, "get_run_logger", lambda: logger)
    with shown_progress("image") as note:
        note(1, 2)
    assert "connection refused" in caplog.text


def test_an_error_of_the_work_passes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "create_progress_artifact", lambda **_options: "key")
    monkeypatch.setattr(progress, "update_progress_artifact", lambda *_a, **_o: None)
    with pytest.raises(OSError, match="full"), shown_progress("image"):
        raise OSError("full")


def test_keys_are_what_prefect_allows() -> None:
    assert artifact_key("image Größe 3 µm A/01/1_illum") == "image-gr-e-3-m-a-01-1-illum"


def test_bars_of_images_at_once_share_one_display() -> None:
    output = io.StringIO()
    bars = TerminalBars(Console(file=output, force_terminal=True, width=100))
    with bars.bar("image 1") as first, bars.bar("image 2") as second:
        first(1, 2)
        second(2, 2)
        assert bars._display is not None
        assert [row.percentage for row in bars._display.tasks] == [50, 100]
    with bars.bar("image 3") as third:
        third(1, 1)
    shown = output.getvalue()
    assert all(name in shown for name in ("image 1", "image 3"))
    assert bars._display is None


def test_nothing_is_shown_where_there_is_no_terminal() -> None:
    output = io.StringIO()
    with TerminalBars(Console(file=output)).bar("image 1") as note:
        note(1, 2)
    assert output.getvalue() == ""
