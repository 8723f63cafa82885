"""Where wells lie, by their names."""

from __future__ import annotations

import pytest

from tasks.movement.layout import column_number, pitch_of, row_number, well_place
from tasks.plan.errors import InvalidInputError

FORMATS = [
    ("B", "3", 39.12, "6 wells"),
    ("H", "12", 9.0, "96 wells"),
    ("P", "24", 4.5, "384 wells"),
    ("AF", "48", 2.25, "1,536 wells"),
    ("A", "13", 4.5, "a column that 96 wells do not have"),
    ("A", "49", None, "no format has so many"),
    ("first", "1", 2.25, "a word is read as letters beyond all formats, unless it fits one"),
]


@pytest.mark.parametrize(
    ("row", "column", "pitch", "why"), FORMATS[:6], ids=[f[3] for f in FORMATS[:6]]
)
def test_the_format_is_the_smallest_that_has_the_wells(
    row: str, column: str, pitch: float | None, why: str
) -> None:
    assert pitch_of(["A", row], ["01", column]) == pitch, why


def test_names_that_are_no_places_have_no_format() -> None:
    assert pitch_of(["left"], ["1"]) is None
    assert pitch_of(["A"], ["one"]) is None
    assert pitch_of(["3"], ["1"]) is None


def test_wells_lie_a_pitch_apart() -> None:
    assert well_place("A/01", 9.0) == (0.0, 0.0)
    assert well_place("C/05", 4.5) == (9000.0, 18000.0)


def test_rows_go_on_behind_z() -> None:
    assert [row_number(name) for name in ("A", "z", "AA", "AF")] == [0, 25, 26, 31]
    assert [column_number(name) for name in ("1", "01", "48")] == [0, 0, 47]


@pytest.mark.parametrize("well", ["1/1", "A/A", "A/0", "Ä/1", "A/²", "A"])
def test_other_names_are_refused(well: str) -> None:
    with pytest.raises(InvalidInputError, match="its place is not known"):
        well_place(well, 9.0)
