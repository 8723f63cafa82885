"""Which images of two acquisitions show one field, where each field is an image of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence

_PARTS = re.compile(r"\d+|[^\W\d_]+")

_Parts = tuple[int | str, ...]


def places_of(names: Sequence[str]) -> dict[str, str]:
    """Return of each image its name without what was done to it: `0` for `0_illum_corr`.

    That is what follows the name of another image, or the last number, behind a `_`. Fields are
    told apart by numbers, as in `A1_field2`, or by what their names begin with.

    Args:
        names: All images of one acquisition of a well.
    """
    return {
        name: _without_words(min((n for n in names if f"{name}_".startswith(f"{n}_")), key=len))
        for name in names
    }


def _without_words(name: str) -> str:
    first, *rest = name.split("_")
    while rest and not any(character.isdigit() for character in rest[-1]):
        rest.pop()
    return "_".join([first, *rest])


def same_field(place: str, own: Sequence[str], theirs: Sequence[str]) -> str | None:
    """Return the place of the other acquisition that shows the same field; None if it is not plain.

    It is plain where both have a single field; where what tells the fields of an acquisition apart
    is the same in both (`0_1` and `1_1`, `left_0` and `left_1`); and where both have as many
    fields, told apart by numbers alone that rise alike (0, 1 and 2, 3): then the k-th is the k-th.

    Args:
        place: Of the image, one of its own acquisition.
        own: All places of its acquisition, in the order of the well's list.
        theirs: All places of the other acquisition, in that order.
    """
    if len(own) == len(theirs) == 1:
        return theirs[0]
    parts = {each: _parts(each) for each in (*own, *theirs)}
    counts = {len(each) for each in parts.values()}
    if len(counts) != 1:
        return None
    varying = [
        n
        for n in range(counts.pop())
        if any(len({parts[each][n] for each in places}) > 1 for places in (own, theirs))
    ]
    marks = {each: tuple(parts[each][n] for n in varying) for each in parts}
    if {marks[each] for each in own} & {marks[each] for each in theirs}:
        found = [each for each in theirs if marks[each] == marks[place]]
        return found[0] if len(found) == 1 else None
    here, there = ([marks[each] for each in places] for places in (own, theirs))
    if not _rise_alike(here, there) or not all(_is_in_order(each) for each in (own, theirs)):
        return None
    return sorted(theirs, key=_parts)[sorted(here).index(marks[place])]


def _parts(place: str) -> _Parts:
    """Return the numbers and words of a name: `A`, 1, `field` and 2 for `A1_field2`."""
    return tuple(int(each) if each.isdigit() else each for each in _PARTS.findall(place))


def _rise_alike(here: Sequence[_Parts], there: Sequence[_Parts]) -> bool:
    """Return whether two lists of as many numbers have the same steps between them.

    Other steps say that a field is missing in one of them, and not which.
    """
    steps = []
    for marks in (here, there):
        if not all(isinstance(part, int) for mark in marks for part in mark):
            return False
        first, *rest = sorted(marks)
        steps.append([[int(b) - int(a) for a, b in zip(first, n, strict=True)] for n in rest])
    return steps[0] == steps[1]


def _is_in_order(places: Sequence[str]) -> bool:
    """Return whether a list says nothing else than its numbers, sorted as such or as text."""
    return list(places) in (sorted(places), sorted(places, key=_parts))
