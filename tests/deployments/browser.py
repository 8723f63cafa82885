"""A browser without a window: Chromium, told what to do over its DevTools protocol."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

CHROMIUM = shutil.which("chromium")

_PATIENCE = 60
"""Seconds that a busy machine does not need for anything that is asked here."""


class Page:
    """What the browser shows."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._asked = 0

    def open(self, address: str) -> None:
        """Go to an address; what is awaited there says when it has come."""
        self._do("Page.navigate", url=address)

    def value(self, script: str) -> Any:
        """Return the value of an expression in the page, None if it cannot be had."""
        found = self._do("Runtime.evaluate", expression=script, returnByValue=True)
        return None if "exceptionDetails" in found else found["result"].get("value")

    def until(self, script: str, *, seconds: float = _PATIENCE) -> Any:
        """Wait until an expression is true, and return its value."""
        deadline = monotonic() + seconds
        while monotonic() < deadline:
            if found := self.value(script):
                return found
            sleep(0.1)
        shown = self.value("document.body.innerText")
        raise AssertionError(f"{script}: not within {seconds} s; the page says:\n{shown}")

    def press(self, element: str) -> None:
        """Wait for an element, given as an expression, and click on it."""
        self.until(f"!!({element})")
        # By the page itself: a message that comes or goes meanwhile moves all that is below it.
        down = "new MouseEvent('mousedown', {bubbles: true, button: 0})"
        self.value(f"(e => {{ e.focus(); e.dispatchEvent({down}); e.click(); }})({element})")

    def type(self, element: str, text: str) -> None:
        """Wait for a field, given as an expression, and write in it instead of what it holds."""
        self.until(f"!!({element})")
        self.value(f"(e => {{ e.focus(); e.select(); }})({element})")
        self._do("Input.insertText", text=text)

    def picture(self, path: Path) -> None:
        """Write what is in the window as PNG."""
        taken = self._do("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(taken["data"]))

    def _do(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._asked += 1
        told = {"id": self._asked, "method": method, "params": parameters}
        self._socket.send(json.dumps(told))
        deadline = monotonic() + _PATIENCE
        while monotonic() < deadline:
            answer = json.loads(self._socket.recv(timeout=_PATIENCE))
            if answer.get("id") == self._asked:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result
        raise AssertionError(f"the browser gave no answer to {method}")


@contextmanager
def browser(folder: Path, *, width: int = 1280, height: int = 900) -> Iterator[Page | None]:
    """Start a browser that has never been anywhere, and stop it at the end; None if there is none.

    Args:
        folder: Where it keeps its own files.
        width: Of its window, in pixels.
        height: The same.
    """
    if CHROMIUM is None:
        yield None
        return
    process = subprocess.Popen(  # noqa: S603 - the browser of the system
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--remote-debugging-port=0",
            f"--user-data-dir={folder}",
            f"--window-size={width},{height}",
            "about:blank",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        port = _port_told(folder)
        tabs = httpx.get(f"http://127.0.0.1:{port}/json", timeout=_PATIENCE).json()
        (address,) = [tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page"]
        with connect(address, max_size=None, open_timeout=_PATIENCE) as socket:
            yield Page(socket)
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=20)


def _port_told(folder: Path) -> str:
    told = folder / "DevToolsActivePort"
    deadline = monotonic() + _PATIENCE
    while monotonic() < deadline:
        if told.is_file() and (lines := told.read_text(encoding="ascii").splitlines()):
            return lines[0]
        sleep(0.1)
    raise AssertionError("the browser did not say where it listens")
