"""What is in force where this is run: every default and setting, and where each comes from."""

from __future__ import annotations

import os
from collections.abc import Iterator

from flows.parameters.of_flows import (
    NewPlatesParameters,
    PlateParameters,
    RegisterPlateParameters,
)
from tasks.plan.described import parameters_of
from tasks.plan.site_defaults import PREFIX, names_in_file, site_file, site_value
from tasks.settings import SETTINGS, Settings

_NOT_A_DEFAULT = frozenset({"CONFIG", "TEST_DATA", "EVERY_FAULT", "REPETITIONS"})
"""Variables with our prefix that name something else."""


def lines_of_config() -> Iterator[str]:
    """Yield a line for each setting and each parameter that has a default, then what is unknown."""
    yield f"file: {site_file() or 'none'}"
    known = {name: getattr(SETTINGS, name) for name in Settings.model_fields}
    for group in (RegisterPlateParameters, PlateParameters, NewPlatesParameters):
        known |= {name: default for name, _, default in parameters_of(group) if default is not ...}
    for name, value in known.items():
        given = site_value(name)
        yield f"{name} = {value!r} ({'default' if given is None else given.source})"
    for name in unknown(known):
        yield f"unknown: {name}; nothing is called so, and it has no effect"


def unknown(known: dict[str, object]) -> Iterator[str]:
    """Yield what a site has set that is no setting, nor a parameter with a default."""
    for variable in sorted(os.environ):
        name = variable.removeprefix(PREFIX)
        if name != variable and name not in _NOT_A_DEFAULT and name.lower() not in known:
            yield variable
    for name in names_in_file():
        if name not in known:
            yield f"{name} in {site_file()}"
