"""Numbers as people write them: `4 regions`, `9.7 MB`."""

from __future__ import annotations


def counted(number: int, what: str) -> str:
    """Return a number with its noun, such as `1 region` or `4 regions`."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def size_text(size: float) -> str:
    """Return a number of bytes in the unit that people would use: 1 kB is 1000 bytes."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:  # noqa: PLR2004 - the next unit begins here
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"
