"""Where regions lie on a plate: the well's place in the layout and the region's in its well."""

from __future__ import annotations

from collections.abc import Sequence

from tasks.plan.errors import InvalidInputError

PITCHES = {
    (2, 3): 39.12,
    (3, 4): 26.0,
    (4, 6): 19.3,
    (6, 8): 13.5,
    (8, 12): 9.0,
    (16, 24): 4.5,
    (32, 48): 2.25,
}
"""Rows and columns of a format, and millimeters from well to well (96, 384 and 1,536 wells: ANSI
SLAS 4-2004; larger wells: what their makers publish, to within a millimeter)."""

_MICROMETERS = 1000.0


def pitch_of(rows: Sequence[str], columns: Sequence[str]) -> float | None:
    """Return the distance from well to well, millimeters; None if no format has so many.

    A plate may list only the wells that were imaged. Their format is then the smallest that has
    them all.

    Args:
        rows: Names of the rows, such as `B`.
        columns: Names of the columns, such as `03`.
    """
    try:
        last_row = max(row_number(name) for name in rows)
        last_column = max(column_number(name) for name in columns)
    except InvalidInputError:
        return None
    for (height, width), pitch in PITCHES.items():
        if last_row < height and last_column < width:
            return pitch
    return None


def well_place(well: str, pitch: float) -> tuple[float, float]:
    """Return where a well's origin lies, micrometers along y and x from well A1's.

    Args:
        well: Row and column, such as `B/03`.
        pitch: Millimeters from well to well.

    Raises:
        InvalidInputError: The row is no letter or the column no number.
    """
    row, _, column = well.partition("/")
    return (
        row_number(row) * pitch * _MICROMETERS,
        column_number(column) * pitch * _MICROMETERS,
    )


def row_number(name: str) -> int:
    """Return 0 for `A`, 25 for `Z`, 26 for `AA`.

    Raises:
        InvalidInputError: The name is not made of the letters A to Z.
    """
    if not (name.isascii() and name.isalpha()):
        raise InvalidInputError(f"the row '{name}' is no letter, so its place is not known")
    number = 0
    for letter in name.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def column_number(name: str) -> int:
    """Return 0 for `1` and for `01`.

    Raises:
        InvalidInputError: The name is not a number from 1 on.
    """
    if not (name.isascii() and name.isdigit() and int(name) > 0):
        raise InvalidInputError(f"the column '{name}' is no number, so its place is not known")
    return int(name) - 1
