"""A server that stops answering is one sentence; a defect of ours is not told as the server's."""

from __future__ import annotations

import httpx
import pytest
from prefect import flow
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.server.told import server_told_of
from tasks.plan.errors import InvalidInputError, ServerError


def refused() -> httpx.ConnectError:
    return httpx.ConnectError("All connection attempts failed")


def raise_as_prefect_does() -> None:
    # What Prefect's client does where a flow begins and no server answers.
    try:
        raise refused()
    except httpx.ConnectError as error:
        raise RuntimeError("Failed to reach API at …") from error


def raise_ours() -> None:
    try:
        raise refused()
    except httpx.ConnectError as error:
        raise InvalidInputError("a table") from error


def test_what_the_client_raises_names_the_server_without_its_password() -> None:
    address = "http://me:secret@prefect.example:4200/api"
    with (
        temporary_settings({PREFECT_API_URL: address}),
        pytest.raises(ServerError, match="All connection attempts failed") as told,
        server_told_of(),
    ):
        raise_as_prefect_does()
    assert "http://prefect.example:4200/api" in str(told.value)
    assert "secret" not in str(told.value)
    assert "run again" in str(told.value)


def test_defects_and_our_own_errors_pass_as_they_are() -> None:
    with pytest.raises(ZeroDivisionError), server_told_of():
        raise ZeroDivisionError
    with pytest.raises(InvalidInputError, match="a table"), server_told_of():
        raise_ours()


@pytest.mark.usefixtures("prefect_server")
def test_inside_a_run_it_passes_as_it_is_so_that_it_can_be_tried_again() -> None:
    @flow
    def outer() -> None:
        with server_told_of():
            raise refused()

    with pytest.raises(httpx.ConnectError):
        outer()
