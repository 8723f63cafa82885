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


def percent(share: float) -> str:
    """Return a share of 1 in percent, with the digits that tell something: `97 %`, `0.0041 %`."""
    digits = 3 if share >= 0.9995 or 0 < 1 - share < 0.1 else 2  # noqa: PLR2004 - 99.6 is not 100
    return f"{100 * share:.{digits}g} %"
