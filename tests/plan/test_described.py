"""Groups of parameters: frozen, checked, put together, and taken apart by what they share."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, field
from typing import Annotated, Any

import pytest
from pydantic import Field, ValidationError

from tasks.plan.described import described, description_of, parameters_of, part_of, values_of


@described
class Place:
    url: Annotated[str, Field(min_length=1, title="Place", description="Where.")] = field(
        kw_only=False
    )


@described
class Speed:
    workers: Annotated[int | None, Field(ge=1, title="Threads", description="How many.")] = None


@described
class Asked(Speed, Place):
    name: Annotated[str, Field(title="Name", description="Whose.")] = field(kw_only=False)


@described
class Smaller(Speed):
    name: Annotated[str, Field(title="Name", description="Whose.")] = field(kw_only=False)


def test_the_fields_of_the_last_base_come_first_and_before_all_what_must_be_given() -> None:
    assert [(name, default) for name, _, default in parameters_of(Asked)] == [
        ("url", ...),
        ("name", ...),
        ("workers", None),
    ]
    assert Asked("here", "mine", workers=2) == Asked(url="here", name="mine", workers=2)


def test_a_parameter_carries_its_words() -> None:
    (words,) = [description_of(kind) for name, kind, _ in parameters_of(Asked) if name == "url"]
    assert (words.title, words.description) == ("Place", "Where.")


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"url": "u"}, id="one is missing"),
        pytest.param({"url": "u", "name": "n", "workers": 0}, id="out of bounds"),
        pytest.param({"url": "", "name": "n"}, id="empty"),
        pytest.param({"url": "u", "name": "n", "worker": 1}, id="misspelt"),
        pytest.param({"url": "u", "name": 3}, id="of another type"),
    ],
)
def test_wrong_values_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Asked(**given)


def test_a_group_cannot_be_changed_and_can_be_sent() -> None:
    asked = Asked("here", "mine", workers=2)
    with pytest.raises(FrozenInstanceError):
        asked.name = "yours"  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(asked)) == asked  # noqa: S301 - our own bytes
    assert values_of(asked) == {"url": "here", "name": "mine", "workers": 2}


def test_a_part_is_what_both_share_and_what_is_said_beside() -> None:
    asked = Asked("here", "mine", workers=2)
    assert part_of(Smaller, asked) == Smaller("mine", workers=2)
    assert part_of(Smaller, asked, name="yours") == Smaller("yours", workers=2)
    with pytest.raises(ValidationError, match="url"):
        part_of(Asked, Smaller("mine"))
