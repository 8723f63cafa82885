"""The commands that a document gives, taken out of it and run as they stand there.

Only places differ: another port, another folder for `/data`.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

ENDLESS = ("python -m flows.server", "prefect worker start", "python deployments/serve.py")
"""How commands begin that run until they are stopped."""


class Block(NamedTuple):
    """Commands, or a program, that a document shows."""

    language: str
    text: str


def blocks_of(document: Path, section: str = "") -> list[Block]:
    """Return what a document, or one section of it, shows as bash, sh or python, in order."""
    text = document.read_text(encoding="utf-8")
    if section:
        text = text.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    found = re.findall(r"^```(bash|sh|python)\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)
    return [Block(language, code) for language, code in found]


def endless_in(block: Block) -> Iterator[tuple[str, bool]]:
    """Yield the commands of a block in order, each with whether it runs until it is stopped.

    What is between two endless ones comes as one.
    """
    so_far: list[str] = []
    for line in block.text.splitlines():
        if line.startswith(ENDLESS):
            if so_far:
                yield "\n".join(so_far), False
            so_far = []
            yield line.partition(" #")[0].strip(), True
        else:
            so_far.append(line)
    if so_far:
        yield "\n".join(so_far), False


@dataclass
class Shell:
    """A terminal: what is exported in it stays."""

    folder: Path
    environment: dict[str, str]
    places: dict[str, str]
    """What stands in a document, and what is meant here."""
    exported: list[str] = field(default_factory=list)

    def script(self, block: Block) -> str:
        """Return what bash is told for a block; it stops at the first command that fails."""
        text = block.text
        for here, there in self.places.items():
            text = text.replace(here, there)
        if block.language == "python":
            text = f"python - <<'END OF PROGRAM'\n{text}\nEND OF PROGRAM"
        exports = [line for line in text.splitlines() if line.startswith("export ")]
        script = "\n".join(["set -eu -o pipefail", *self.exported, text])
        self.exported += exports
        return script

    def run(self, block: Block) -> str:
        """Run a block and return what it printed; a command that fails fails the test."""
        done = subprocess.run(  # noqa: S603 - the documents are ours
            ["/bin/bash", "-c", self.script(block)],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, f"{block.text}\n{done.stdout}\n{done.stderr}"
        return done.stdout
