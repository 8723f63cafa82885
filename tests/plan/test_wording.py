"""Numbers as people write them."""

from __future__ import annotations

import pytest

from tasks.plan.wording import counted, size_text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (1_234_567, "1.23 MB"),
        (5_000_000_000, "5 GB"),
        (7_200_000_000_000_000, "7.2e+03 TB"),
    ],
)
def test_sizes(size: int, text: str) -> None:
    assert size_text(size) == text


def test_numbers_with_nouns() -> None:
    assert (counted(1, "region"), counted(0, "region")) == ("1 region", "0 regions")
