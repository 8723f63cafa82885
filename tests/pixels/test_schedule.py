"""Jobs start in order, none far ahead; what they lead to comes first; an error stops them all."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import partial

import pytest

from tasks.pixels.schedule import AHEAD, Job, run_jobs

WAIT = 30


def test_all_jobs_and_all_that_they_lead_to() -> None:
    seen: list[int] = []

    def job(number: int, depth: int) -> Sequence[Job]:
        seen.append(number)
        return [partial(job, 10 * number + n, depth - 1) for n in (1, 2)] if depth else []

    run_jobs([partial(job, n, 2) for n in (1, 2, 3)], workers=3)
    assert sorted(seen) == sorted(
        [*(1, 2, 3)]
        + [10 * a + b for a in (1, 2, 3) for b in (1, 2)]
        + [100 * a + 10 * b + c for a in (1, 2, 3) for b in (1, 2) for c in (1, 2)]
    )


def test_what_a_job_leads_to_comes_before_the_next_one() -> None:
    seen: list[str] = []

    def note(name: str, led_to: Sequence[Job] = ()) -> Sequence[Job]:
        seen.append(name)
        return led_to

    after = partial(note, "after a", [partial(note, "after that")])
    run_jobs([partial(note, "a", [after]), partial(note, "b")], workers=1)
    assert seen == ["a", "after a", "after that", "b"]


def test_no_job_starts_far_ahead_of_a_slow_one() -> None:
    workers = 2
    started: list[int] = []
    others = threading.Event()

    def slow() -> Sequence[Job]:
        assert others.wait(WAIT)
        # Time for one more to start, if it were let.
        assert len(started) == AHEAD * workers - 1
        return []

    def fast(number: int) -> Sequence[Job]:
        started.append(number)
        if number == AHEAD * workers - 1:
            others.set()
        return []

    run_jobs([slow, *(partial(fast, n) for n in range(1, 20))], workers=workers)
    assert started == list(range(1, 20))


def test_a_slow_job_does_not_hold_up_what_others_lead_to() -> None:
    done = threading.Event()

    def slow() -> Sequence[Job]:
        assert done.wait(WAIT)
        return []

    def finish() -> Sequence[Job]:
        done.set()
        return []

    run_jobs([slow, lambda: [finish]], workers=2)


def test_progress_is_told_in_the_calling_thread_once_per_job() -> None:
    told: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> None:
        assert threading.current_thread() is threading.main_thread()
        told.append((done, total))

    run_jobs([lambda: [list] for _ in range(7)], workers=3, progress=progress)
    assert told == [(n, 7) for n in range(1, 8)]


@pytest.mark.parametrize("workers", [1, 3])
def test_an_error_stops_what_has_not_begun(workers: int) -> None:
    seen: list[int] = []

    def job(number: int) -> Sequence[Job]:
        seen.append(number)
        if number == 4:
            raise OSError("disk")
        return []

    with pytest.raises(OSError, match="disk"):
        run_jobs([partial(job, n) for n in range(1000)], workers=workers)
    assert len(seen) < 1000
    assert not any("blocks" in thread.name for thread in threading.enumerate())


def test_an_interrupt_of_the_caller_stops_what_has_not_begun() -> None:
    seen: list[int] = []
    told = threading.Event()

    def job(number: int) -> Sequence[Job]:
        seen.append(number)
        if number:
            assert told.wait(WAIT)
        return []

    def interrupt(_done: int, _total: int) -> None:
        told.set()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_jobs([partial(job, n) for n in range(100_000)], workers=2, progress=interrupt)
    assert len(seen) < 100_000


def test_nothing_to_do() -> None:
    run_jobs([], workers=2)
