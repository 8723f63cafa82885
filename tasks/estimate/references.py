"""Regions of a reference are prepared once, for all acquisitions that are compared with them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock

from tasks.estimate.prepare import Prepared

KEPT_BYTES = 2**26
"""Memory of what is kept at most for a well; what has not been used for longest goes."""

BYTES_PER_KEPT_PIXEL = 9
"""Twice four bytes, and one that says whether the pixel counts."""

Keep = Callable[[int, Callable[[], Prepared]], Prepared]
"""Gives a region of the reference averaged by this factor, made by a function unless it is kept."""


def keep_nothing(_factor: int, make: Callable[[], Prepared]) -> Prepared:
    """Return a region that is made anew."""
    return make()


class References:
    """Prepared regions of the reference of a well; shared by threads."""

    def __init__(self, most: int = KEPT_BYTES) -> None:
        """Keep nothing yet.

        Args:
            most: Bytes that are kept.
        """
        self._most = most
        self._kept: OrderedDict[Hashable, Future[Prepared]] = OrderedDict()
        self._lock = Lock()

    def get(self, name: Hashable, make: Callable[[], Prepared]) -> Prepared:
        """Return a region; who asks for one that is being made waits for it.

        Args:
            name: Which region, and how it is prepared.
            make: Makes it, and takes nothing from here.
        """
        with self._lock:
            found = self._kept.get(name)
            if found is not None:
                self._kept.move_to_end(name)
                asked = found
            else:
                asked = self._kept[name] = Future()
        if found is not None:
            return found.result()
        try:
            made = make()
        except BaseException as failed:
            # First out of what is kept: whoever counts that must not meet a failure of others.
            with self._lock:
                self._kept.pop(name, None)
            asked.set_exception(failed)
            raise
        asked.set_result(made)
        self._forget()
        return made

    def _forget(self) -> None:
        with self._lock:
            done = {name: _size(each.result()) for name, each in self._kept.items() if each.done()}
            total = sum(done.values())
            for name, size in done.items():
                if total <= self._most:
                    break
                del self._kept[name]
                total -= size


def _size(region: Prepared) -> int:
    valid = 0 if region.valid is None else region.valid.nbytes
    return region.values.nbytes + region.sharp.nbytes + valid
