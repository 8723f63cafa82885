"""Files whose every write, and whose end, can be made to fail or to be left half done."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Protocol


class Reach(Protocol):
    """Told of a call before it is made; kills, raises or returns."""

    def __call__(
        self, name: str, paths: list[Any], *, torn: Callable[[], object] | None = None
    ) -> None: ...


def opening_breakable(call: Callable[..., IO[Any]], reach: Reach) -> Callable[..., IO[Any]]:
    """Return Python's `open`, which announces what is then done with a file that it opens to write.

    Python itself announces only that a file is opened.
    """

    class Breakable(io.FileIO):
        def write(self, content: Any) -> int:
            def tear() -> None:
                super(Breakable, self).write(content[: len(content) // 2])

            reach("write", [self.name], torn=tear)
            return super().write(content)

        def close(self) -> None:
            if self.closed:
                return
            try:
                # A server may say only now that its disk is full.
                reach("close", [self.name])
            finally:
                super().close()

    def opened(file: Any, mode: str = "r", buffering: int = -1, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(file, str | Path) or not set(mode) & set("wax+") or buffering == 0:
            return call(file, mode, buffering, *args, **kwargs)
        raw = Breakable(file, mode.replace("b", "").replace("t", ""))
        binary = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        return binary if "b" in mode else io.TextIOWrapper(binary, *args, **kwargs)

    return opened
