"""The form of a deployment in Prefect's UI, filled in as people do, by the titles of its fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.deployments.browser import Page
from tests.deployments.conftest import PASSWORD, Site
from tests.deployments.waiting import until

WRONG = {"Machine: wells at once": "0", "Estimate: largest shift": "-1"}
"""The first is refused by the browser, the second by the server."""


def ask_in_form(
    page: Page, site: Site, deployment: Mapping[str, Any], values: Mapping[str, str]
) -> str:
    """Fill in a form; see that wrong values are refused; correct them, and return the run.

    Args:
        page: A browser that has not been there.
        site: Where the server is.
        deployment: As the server knows it.
        values: What to write, by title.
    """
    address = f"{_ui_of(site)}/deployments/deployment/{deployment['id']}/run"
    page.open(address)
    page.type("document.querySelector('input[type=password]')", ":".join(PASSWORD))
    page.press(button("Login"))
    page.until("location.pathname && !location.pathname.includes('login')")
    page.open(address)
    for title, text in {**values, **WRONG}.items():
        page.type(field(title), text)
    page.press(button("Submit"))
    page.until("document.querySelector('input:invalid')?.validationMessage.includes('1')")
    page.type(field("Machine: wells at once"), "1")
    page.press(button("Submit"))
    refused = f"{TEXT}.includes('-1 is less than or equal to the minimum of 0')"
    page.until(refused)
    assert not _runs(site, deployment)
    page.type(field("Estimate: largest shift"), "50")
    # While it is there, the button does nothing.
    page.until(f"!{refused}")
    page.press(button("Submit"))
    (run,) = until(lambda: _runs(site, deployment), seconds=60, what="the form makes a run")
    # What is left empty is not sent.
    assert "workers" not in run["parameters"]
    identity: str = run["id"]
    return identity


def report_shown_by(page: Page, site: Site, run: str) -> str:
    """Return what the last artifact of a run says, found by clicking from the run's page."""
    page.open(f"{_ui_of(site)}/runs/flow-run/{run}")
    page.press(
        "[...document.querySelectorAll('[role=tab]')].find(e => e.textContent == 'Artifacts')"
    )
    page.press("[...document.querySelectorAll('a')].find(e => e.textContent.includes('quality-'))")
    told: str = page.until(f"{TEXT}.includes('Report, on the machine') && {TEXT}")
    return told


TEXT = "document.body.innerText"


def field(title: str) -> str:
    """Return the expression for the field whose title begins like this."""
    labels = "[...document.querySelectorAll('label')]"
    label = f"{labels}.find(e => e.textContent.startsWith('{title}'))"
    return f"document.getElementById({label}?.htmlFor)"


def button(text: str) -> str:
    """Return the expression for the button with a text."""
    return f"[...document.querySelectorAll('button')].find(e => e.textContent.trim() == '{text}')"


def _ui_of(site: Site) -> str:
    return site.api.removesuffix("/api") + "/v2"


def _runs(site: Site, deployment: Mapping[str, Any]) -> list[dict[str, Any]]:
    of_deployment = {"deployments": {"id": {"any_": [deployment["id"]]}}}
    runs: list[dict[str, Any]] = site.answer("POST", "/flow_runs/filter", of_deployment)
    return runs
