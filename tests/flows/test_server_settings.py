"""A proxy that a site sets is for what is outside, never for our own server."""

from __future__ import annotations

import os
from urllib.request import proxy_bypass

import pytest
from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_SERVER_ALLOW_EPHEMERAL_MODE,
    temporary_settings,
)

from flows.command.reach import _about_address, check_configured_server
from flows.server.settings import ask_no_proxy_for_this_machine
from tasks.plan.errors import InvalidInputError

OUTSIDE = "data.example.org"


@pytest.fixture(autouse=True)
def proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy yet, and none is left."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        # Set first, so that what the test sets is taken away again.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("known", "passed_by"),
    [
        pytest.param({}, set(), id="nothing"),
        pytest.param({"NO_PROXY": " lab.local, 10.0.0.1"}, {"lab.local", "10.0.0.1"}, id="capital"),
        pytest.param({"no_proxy": "lab.local", "NO_PROXY": "x"}, {"lab.local"}, id="small wins"),
        pytest.param({"NO_PROXY": "*"}, {OUTSIDE}, id="no host at all"),
    ],
)
def test_this_machine_is_asked_directly_and_what_was_set_still_holds(
    monkeypatch: pytest.MonkeyPatch, known: dict[str, str], passed_by: set[str]
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy:3128")
    for name, value in known.items():
        monkeypatch.setenv(name, value)
    for _ in range(2):
        ask_no_proxy_for_this_machine()
        assert all(proxy_bypass(host) for host in {"127.0.0.1", "localhost", *passed_by})
        assert bool(proxy_bypass(OUTSIDE)) == (OUTSIDE in passed_by)
    assert os.environ.get("NO_PROXY", "").count("127.0.0.1") <= 1


@pytest.mark.parametrize(
    ("set_by_site", "told"),
    [
        ({}, ""),
        ({"HTTP_PROXY": "http://proxy:3128"}, "add prefect.lab to NO_PROXY"),
        ({"ALL_PROXY": "http://proxy:3128"}, "add prefect.lab to NO_PROXY"),
        ({"HTTP_PROXY": "http://proxy:3128", "NO_PROXY": ".lab"}, ""),
    ],
)
def test_a_proxy_before_the_configured_server_is_told(
    monkeypatch: pytest.MonkeyPatch, set_by_site: dict[str, str], told: str
) -> None:
    for name, value in set_by_site.items():
        monkeypatch.setenv(name, value)
    said = _about_address("http://prefect.lab:4200/api/")
    assert said.endswith(told)
    assert bool(said) == bool(told)


@pytest.mark.parametrize(
    "address", ["http://prefect.lab:4200", "http://prefect.lab:4200/", "lab:4200"]
)
def test_an_address_without_its_end_is_told(address: str) -> None:
    assert _about_address(address) == " (a server's ends with /api)"


def test_no_server_where_none_may_be_started_is_told() -> None:
    with (
        temporary_settings({PREFECT_API_URL: None, PREFECT_SERVER_ALLOW_EPHEMERAL_MODE: False}),
        pytest.raises(InvalidInputError, match=r"told of no server, and to start none.*=true"),
    ):
        check_configured_server()
