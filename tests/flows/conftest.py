"""One Prefect server for all tests of the flows, and plates for them to register."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.settings import (
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    PREFECT_RESULTS_LOCAL_STORAGE_PATH,
    temporary_settings,
)

from flows.server.settings import SETTINGS
from tests.plates import make_plate, write_regions
from tests.prefect_server import server_shared_in
from tests.shared_folder import shared_folder

TABLE = "registered"
MOVES = {0: (2.0, 3.0), 1: (6.0, 1.0), 2: (1.0, 9.0)}
"""Start of the one region along y and x in each acquisition, micrometers; a pixel is 0.5."""
LENGTHS = (20.0, 30.0)


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[None]:
    changed = {
        # Prefect joins its heartbeat thread for up to a second after every flow run.
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
        PREFECT_RESULTS_LOCAL_STORAGE_PATH: tmp_path_factory.mktemp("results"),
    }
    with pytest.MonkeyPatch.context() as environment:
        for name, value in SETTINGS.items():
            environment.setenv(name, value)
        # As the command's own server; half of what a server does is for these.
        for service in ("TRIGGERS", "EVENT_PERSISTER"):
            environment.setenv(f"PREFECT_SERVER_SERVICES_{service}_ENABLED", "false")
        folder = shared_folder(tmp_path_factory, worker_id)
        with server_shared_in(folder), temporary_settings(changed):
            yield


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    """A plate of two wells and three acquisitions, with the table that the flows need."""
    return registrable_plate(tmp_path / "plate.zarr", wells=("A/01", "B/02"))


@pytest.fixture
def well(tmp_path: Path) -> Path:
    """The only well of a plate of three acquisitions, with the table that the flows need."""
    return registrable_plate(tmp_path / "plate.zarr", wells=("A/01",)) / "A" / "01"


def registrable_plate(path: Path, wells: tuple[str, ...]) -> Path:
    make_plate(path, wells=wells, acquisitions=tuple(MOVES))
    for name in wells:
        for acquisition, (y, x) in MOVES.items():
            box = {"y": (y, LENGTHS[0]), "x": (x, LENGTHS[1])}
            write_regions(path / name / str(acquisition), TABLE, {"FOV_1": box})
    return path
