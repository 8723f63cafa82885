"""A well to kill runs on: before, after an undisturbed run, and what differs from both."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Protocol

from tasks.doctor.plate import examine_plate
from tasks.storage.hidden import LOCK_FOLDER, HiddenKind, hidden_folders
from tasks.storage.well_entries import read_images
from tests.forks import forks
from tests.plate_tables import add_feature_table, write_regions
from tests.plates import NgffVersion, add_extras, make_plate
from tests.runs import TABLE, Run, Swap, run_there
from tests.trees import digest_tree

ACQUISITIONS = (0, 1, 2)


class Process(Protocol):
    """A run that was started."""

    def kill(self) -> None:
        """Kill it and all that it started."""

    def is_alive(self) -> bool:
        """Return whether it still runs."""

    def wait_for_work(self) -> None:
        """Wait until it begins to write, where it takes long to start."""

    def wait_for_swap(self, number: int) -> None:
        """Wait until it begins its N-th swap."""

    def wait(self) -> int:
        """Wait for its end and return its exit code."""


class Worker:
    """A run without Prefect, in a process of its own."""

    def __init__(self, run: Run) -> None:
        self._swaps, told = forks.Pipe(duplex=False)
        self._process = forks.Process(target=run_there, args=(run, told))
        self._process.start()
        told.close()

    def kill(self) -> None:
        self._process.kill()

    def is_alive(self) -> bool:
        return self._process.is_alive()

    def wait_for_work(self) -> None:
        pass

    def wait_for_swap(self, number: int) -> None:
        try:
            for _ in range(number):
                self._swaps.recv()
        except EOFError:
            # It has ended before.
            pass

    def wait(self) -> int:
        self._process.join()
        return self._process.exitcode or 0


class Command:
    """The real command with its flow, in a session of its own: Prefect's server dies with it."""

    def __init__(self, run: Run) -> None:
        place = [] if run.overwrite_input else ["--no-overwrite-input"]
        self._well = run.path
        self._staged, self._verified = self._hidden("staging"), self._hidden("verified")
        text = "from flows.command.line import main; main()"
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-c", text, "well", run.path, "--registered-roi-table", TABLE, *place],
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def kill(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def wait_for_work(self) -> None:
        while self.is_alive() and self._hidden("staging") <= self._staged:
            time.sleep(0.01)

    def wait_for_swap(self, number: int) -> None:
        """Look for verified images that were not there before: each is about to be swapped."""
        seen = set(self._verified)
        while self.is_alive() and len(seen) < len(self._verified) + number:
            seen |= self._hidden("verified")
            time.sleep(0.0005)

    def _hidden(self, kind: HiddenKind) -> set[int]:
        found = set()
        for folder in self._well.glob(f".*.{kind}"):
            # It may just have gone.
            with suppress(FileNotFoundError):
                found.add(folder.stat().st_ino)
        return found

    def wait(self) -> int:
        return self._process.wait()


class Kind(NamedTuple):
    """One of the ways in which a well is registered."""

    version: NgffVersion
    overwrite_input: bool
    swap: Swap


class Scene:
    """A plate of one kind, before and after an undisturbed run on its well, or on one image."""

    def __init__(
        self,
        folder: Path,
        kind: Kind,
        start: Callable[[Run], Process],
        *,
        make: Callable[[Path, NgffVersion], None] | None = None,
        image: str = "",
    ) -> None:
        self.kind, self._start = kind, start
        self._pristine = folder / f"pristine-{kind.version}.zarr"
        if not self._pristine.is_dir():
            (make or make_well)(self._pristine, kind.version)
        self.plate = folder / "plate.zarr"
        self.well = self.plate / "A" / "01"
        self.run = Run(self.well / image, kind.overwrite_input, kind.swap)
        self.fresh()
        self.old = images_of(self.well)
        process = self.start()
        process.wait_for_work()
        began = time.monotonic()
        if process.wait():
            raise RuntimeError(f"the undisturbed run of {kind} failed")
        self.seconds = time.monotonic() - began
        self.new = images_of(self.well)
        self._end = files_of(self.well)
        self._findings = examine_plate(self.plate)

    @property
    def changed(self) -> list[str]:
        """The images that a run makes or replaces."""
        return [name for name in self.new if self.new[name] != self.old[name]]

    def fresh(self) -> None:
        """Put the plate back as it was before any run."""
        shutil.rmtree(self.plate, ignore_errors=True)
        shutil.copytree(self._pristine, self.plate)

    def start(self) -> Process:
        """Start a run."""
        return self._start(self.run)

    def torn(self) -> list[str]:
        """Return the images that are neither old nor new; between two renames one has no name."""
        read_images(self.well)
        return [
            f"{self.kind}: image '{name}' is neither old nor new"
            for name, files in images_of(self.well).items()
            if files not in (self.old[name], self.new[name])
            and not (
                not files
                and self.kind.swap == "two renames"
                and hidden_folders(self.well, name).replaced.is_dir()
            )
        ]

    def differences(self) -> list[str]:
        """Return how the well differs from what an undisturbed run leaves, byte by byte."""
        now = files_of(self.well)
        paths = sorted(path for path in {*now, *self._end} if now.get(path) != self._end.get(path))
        found = [f"{path} is not as without a kill" for path in paths]
        findings = set(examine_plate(self.plate)) - set(self._findings)
        return [f"{self.kind}: {text}" for text in (*found, *sorted(map(str, findings)))]


def images_of(well: Path) -> dict[str, dict[str, str]]:
    """Return the digest of every file of every image of the well, none where it is missing."""
    names = [f"{n}{suffix}" for n in ACQUISITIONS for suffix in ("", "_registered")]
    return {name: digest_tree(well / name) for name in names}


def files_of(well: Path) -> dict[str, str]:
    """Return the digest of every file of a well, hidden ones too, but for the files of locks."""
    return {
        path: digest
        for path, digest in digest_tree(well).items()
        if Path(path).parts[0] != LOCK_FOLDER
    }


def make_well(path: Path, version: NgffVersion) -> None:
    """Write a plate of one well with three images, each in another place, with all that moves."""
    make_plate(
        path,
        acquisitions=ACQUISITIONS,
        shape=(2, 1, 48, 64),
        chunks=(1, 1, 16, 16),
        levels=2,
        pixel_size=1.0,
        ngff_version=version,
    )
    for n in ACQUISITIONS:
        image = path / "A" / "01" / str(n)
        regions = {
            "FOV_1": {"y": (2.0 * n, 20.0), "x": (3.0 * n, 50.0)},
            "FOV_2": {"y": (24.0, 20.0), "x": (5.0 - n, 50.0)},
        }
        write_regions(image, TABLE, regions)
        add_feature_table(image, "features", "nuclei")
        add_extras(image)
