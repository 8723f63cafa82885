"""Shares are kept at work up to a bound; a lost one is begun again, one that fails is not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID, uuid4

import pytest

from flows.distributing.shares import Share, joined
from flows.distributing.watch import MOST_BEGUN, Seen, work_through
from flows.results.result import WellResult
from flows.running.wells_of_plate import WellOutcomes

DONE, LOST = Seen("done"), Seen("lost", "its machine is gone")
SHARES: Sequence[Share] = (("A/01", "A/02"), ("A/03",), ("A/04",))


class Scripted:
    """Runs that end as a script says, the first that was begun first, one at each look."""

    hint = "Start one"

    def __init__(self, ends: Mapping[str, Sequence[Seen]], *, silent: bool = False) -> None:
        self.ends = {first: [*seen] for first, seen in ends.items()}
        self.silent = silent
        self.begun: list[tuple[str, int]] = []
        self.under_way: dict[UUID, Share] = {}
        self.shares: dict[UUID, Share] = {}
        self.most = 0
        self.stopped: set[UUID] = set()
        self.looks = 0

    def begin(self, share: Share, time: int) -> UUID:
        run = uuid4()
        self.begun.append((share[0], time))
        self.under_way[run] = self.shares[run] = share
        self.most = max(self.most, len(self.under_way))
        return run

    def pause(self) -> None:
        self.looks += 1
        if self.looks > 500:
            raise KeyboardInterrupt

    def look(self, runs: Iterable[UUID]) -> Mapping[UUID, Seen]:
        asked = [*runs]
        assert asked == [*self.under_way]
        seen = dict.fromkeys(asked, Seen("waits"))
        if not self.silent:
            first = asked[0]
            share = self.under_way.pop(first)
            ends = self.ends.get(share[0], [])
            seen[first] = ends.pop(0) if ends else DONE
        return seen

    def take(self, run: UUID) -> WellOutcomes | None:
        result = WellResult(image_list_updates=[])
        share = self.shares[run]
        return WellOutcomes(dict.fromkeys(share, result), {}, dict.fromkeys(share, ()))

    def stop(self, runs: Iterable[UUID]) -> None:
        self.stopped |= {*runs}


def work(runs: Scripted, at_once: int = 2) -> tuple[WellOutcomes, list[str], list[Share]]:
    said: list[str] = []
    ended: list[Share] = []
    outcomes = work_through(SHARES, runs, at_once=at_once, ended=ended.append, say=said.append)
    return joined(["A/01", "A/02", "A/03", "A/04"], outcomes), said, ended


def test_all_are_done_and_never_more_at_once_than_allowed() -> None:
    runs = Scripted({})
    outcomes, said, ended = work(runs)
    assert [*outcomes.results] == ["A/01", "A/02", "A/03", "A/04"]
    assert (runs.most, said, ended) == (2, [], [*SHARES])
    assert runs.stopped == set()


def test_a_lost_share_is_begun_again_and_nothing_of_it_is_missing() -> None:
    runs = Scripted({"A/01": [LOST, LOST]})
    outcomes, said, ended = work(runs)
    assert [*outcomes.results] == ["A/01", "A/02", "A/03", "A/04"]
    assert [time for first, time in runs.begun if first == "A/01"] == [1, 2, 3]
    assert said == ["Begun again: A/01 to A/02: its machine is gone"] * 2
    assert sorted(ended) == [*SHARES]


def test_a_share_that_takes_every_machine_down_is_given_up() -> None:
    runs = Scripted({"A/01": [LOST] * 99})
    outcomes, _, ended = work(runs)
    assert len([first for first, _ in runs.begun if first == "A/01"]) == MOST_BEGUN
    assert outcomes.failed == dict.fromkeys(
        ("A/01", "A/02"), f"its run was lost {MOST_BEGUN} times, the last: its machine is gone"
    )
    assert [*outcomes.results] == ["A/03", "A/04"]
    assert sorted(ended) == [*SHARES]


def test_a_share_that_fails_fails_its_wells_and_stops_no_other() -> None:
    runs = Scripted({"A/03": [Seen("failed", "cancelled by somebody")]})
    outcomes, _, _ = work(runs)
    assert outcomes.failed == {"A/03": "cancelled by somebody"}
    assert [*outcomes.results] == ["A/01", "A/02", "A/04"]
    assert len(runs.begun) == 3


def test_one_that_is_done_and_left_no_word_is_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = Scripted({})
    take = runs.take
    first = []

    def nothing_at_first(run: UUID) -> WellOutcomes | None:
        first.append(run)
        return None if len(first) == 1 else take(run)

    monkeypatch.setattr(runs, "take", nothing_at_first)
    outcomes, said, _ = work(runs)
    assert len(outcomes.results) == 4
    assert said == ["Begun again: A/01 to A/02: no word of it"]


def test_what_is_under_way_is_stopped_where_the_plates_run_is() -> None:
    runs = Scripted({}, silent=True)
    said: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        work_through(SHARES, runs, at_once=2, ended=lambda _: None, say=said.append)
    assert runs.stopped == {*runs.under_way}
    assert len(runs.stopped) == 2
    # That nobody begins is said once, not at each look.
    assert said == ["No worker has taken up any well yet. Start one"]
