"""Run jobs on threads: in order, none far ahead of the others, and what they lead to first."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

AHEAD = 2
"""Jobs under way per worker: no job starts before all but this many per worker are done, so that
one slow job cannot let the unfinished results of later ones pile up."""

Job = Callable[[], Sequence["Job"]]
"""Does a piece of work and returns the jobs that it has made possible."""


def run_jobs(
    jobs: Sequence[Job],
    *,
    workers: int,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Run jobs and all that they lead to.

    A job that another one led to runs before any further one of the sequence: what waits for it
    holds memory. After an error or an interrupt of the calling thread the jobs under way end, and
    no further one starts.

    Args:
        jobs: Started in this order.
        workers: Threads.
        progress: Called in the calling thread, with how many of `jobs` are done, and their number.
    """
    queue = _Queue(jobs, AHEAD * workers)
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="blocks") as pool:
        try:
            running = [pool.submit(_work, queue) for _ in range(workers)]
            told = 0
            while told < (done := queue.wait_for_more_than(told)):
                while told < done:
                    told += 1
                    if progress is not None:
                        progress(told, len(jobs))
        finally:
            queue.stop()
    for future in running:
        future.result()


def _work(queue: _Queue) -> None:
    try:
        while (taken := queue.take()) is not None:
            number, job = taken
            queue.finish(number, job())
    except BaseException:
        queue.stop()
        raise


class _Queue:
    """What is to be done next; any number of threads may ask."""

    def __init__(self, jobs: Sequence[Job], ahead: int) -> None:
        self._jobs = jobs
        self._ahead = ahead
        self._started = 0
        self._done = 0
        """How many of the sequence are done, counted from its start without a gap."""
        self._done_early: set[int] = set()
        self._led_to: deque[Job] = deque()
        self._under_way = 0
        self._stopped = False
        self._changed = threading.Condition()

    def take(self) -> tuple[int | None, Job] | None:
        """Return the next job, and its place in the sequence if it has one; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_over or self._has_next)
            if self._is_over:
                return None
            self._under_way += 1
            if self._led_to:
                return None, self._led_to.popleft()
            self._started += 1
            return self._started - 1, self._jobs[self._started - 1]

    def finish(self, number: int | None, led_to: Sequence[Job]) -> None:
        """Take note of a job's end."""
        with self._changed:
            self._under_way -= 1
            self._led_to.extend(led_to)
            if number is not None:
                self._done_early.add(number)
                while self._done in self._done_early:
                    self._done_early.remove(self._done)
                    self._done += 1
            self._changed.notify_all()

    def stop(self) -> None:
        """Let no further job start."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def wait_for_more_than(self, done: int) -> int:
        """Return how many of the sequence are done once these are more, or all is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_over or self._done > done)
            return self._done

    @property
    def _has_next(self) -> bool:
        if self._led_to:
            return True
        return self._started < min(self._done + self._ahead, len(self._jobs))

    @property
    def _is_over(self) -> bool:
        if self._stopped:
            return True
        return not self._under_way and not self._led_to and self._started == len(self._jobs)
