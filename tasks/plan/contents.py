"""What an image holds, by names, sizes and times: enough to see that something has changed."""

from __future__ import annotations

from tasks.plan.window import Frozen


class Contents(Frozen):
    """What an image held at one moment; small, whatever the image's size."""

    parts: dict[str, str]
    """Label, table, or other file or folder of the image: a digest of all its files but chunks."""
    chunks: dict[str, str]
    """Array of an image or label: a digest of its chunks' names, sizes and times."""

    def changes_to(self, later: Contents) -> tuple[str, ...]:
        """Return what is new, gone or changed later, such as `tables/nuclei (new)`."""
        return (*_changes(self.parts, later.parts), *_changes(self.chunks, later.chunks))


def _changes(before: dict[str, str], after: dict[str, str]) -> list[str]:
    found = []
    for name in sorted(before.keys() | after.keys()):
        if name not in before:
            found.append(f"{name} (new)")
        elif name not in after:
            found.append(f"{name} (gone)")
        elif before[name] != after[name]:
            found.append(f"{name} (changed)")
    return found
