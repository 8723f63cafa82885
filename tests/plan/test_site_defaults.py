"""What a site has set is the default; what a run is told counts before it."""

from __future__ import annotations

from dataclasses import field
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import Field

from tasks.plan.described import described, parameters_of
from tasks.plan.errors import InvalidInputError
from tasks.plan.site_defaults import site_value
from tasks.settings import read_settings


def make_group() -> type[Any]:
    @described
    class Group:
        """Made anew, as when Python starts."""

        plate: Annotated[str, Field(title="Plate", description="Where.")] = field(kw_only=False)
        workers: Annotated[int, Field(ge=1, title="Threads", description="How many.")] = 2
        wells: Annotated[list[str] | None, Field(title="Wells", description="Which.")] = None

    return Group


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "site.toml"
    path.write_text('workers = 5\nretries = 6\nwells = ["A/01"]\nplate = "/nowhere"\n')
    monkeypatch.setenv("PLATE_REGISTRATION_CONFIG", str(path))
    return path


def test_without_a_site_defaults_are_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (make_group()("p").workers, site_value("workers")) == (2, None)
    # A user without a home, and a place at which the system lets nobody look.
    nowhere = Path("~nobody is called so/f.toml"), Path("/") / ("x" * 300)
    monkeypatch.setattr("tasks.plan.site_defaults.USUAL_FILES", nowhere)
    assert site_value("workers") is None


def test_a_file_sets_defaults_and_settings_and_a_run_overrides_them(file: Path) -> None:
    group = make_group()
    assert (group("p").workers, group("p").wells) == (5, ["A/01"])
    assert group("p", workers=1).workers == 1
    # In forms and commands too.
    assert {name: default for name, _, default in parameters_of(group)} == {
        "plate": ...,
        "workers": 5,
        "wells": ["A/01"],
    }
    assert read_settings().retries == 6
    assert site_value("workers") == (5, str(file))


@pytest.mark.usefixtures("file")
def test_the_environment_counts_before_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLATE_REGISTRATION_WORKERS", "7")
    monkeypatch.setenv("PLATE_REGISTRATION_WELLS", '["B/03", "B/04"]')
    monkeypatch.setenv("PLATE_REGISTRATION_RETRIES", "0")
    group = make_group()
    assert (group("p").workers, group("p").wells) == (7, ["B/03", "B/04"])
    assert read_settings().retries == 0
    assert site_value("workers") == ("7", "PLATE_REGISTRATION_WORKERS")


def test_a_value_that_is_none_is_refused_where_it_stands(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("workers = 0\n")
    with pytest.raises(InvalidInputError, match=r"workers is 0 in .*site\.toml: .*greater than"):
        make_group()
    monkeypatch.setenv("PLATE_REGISTRATION_WORKERS", "many")
    with pytest.raises(InvalidInputError, match="'many' in PLATE_REGISTRATION_WORKERS"):
        make_group()
    monkeypatch.setenv("PLATE_REGISTRATION_WELLS", "[B/03]")
    monkeypatch.delenv("PLATE_REGISTRATION_WORKERS")
    file.write_text("retries = 99\n")
    with pytest.raises(InvalidInputError, match=r"_WELLS is '\[B/03\]', which is no list"):
        make_group()
    with pytest.raises(InvalidInputError, match=r"retries is 99 in .*site\.toml: .*remove it"):
        read_settings()
    monkeypatch.setenv("PLATE_REGISTRATION_RETRIES", "many")
    with pytest.raises(InvalidInputError, match=r"'many' in PLATE_REGISTRATION_RETRIES: .*integer"):
        read_settings()
    # An empty variable sets nothing.
    monkeypatch.setenv("PLATE_REGISTRATION_RETRIES", "")
    file.write_text("")
    assert read_settings().retries == 3


def test_a_file_that_is_not_there_or_is_no_toml_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "other.toml"
    monkeypatch.setenv("PLATE_REGISTRATION_CONFIG", str(path))
    with pytest.raises(InvalidInputError, match=r"names .*other\.toml, which is no file"):
        make_group()
    path.write_text("workers: 3")
    with pytest.raises(InvalidInputError, match=r"other\.toml .* cannot be read as TOML"):
        make_group()
