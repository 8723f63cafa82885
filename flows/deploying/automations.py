"""What the server does by itself for a site: end lost runs, say what a run waits for, send word.

Each is an automation of Prefect's, which a site may change or switch off in the UI: one that is
there is left as it is.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from prefect.blocks.webhook import Webhook
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import StateType
from prefect.events.actions import CallWebhook, ChangeFlowRunState, SendNotification
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification
from prefect.exceptions import ObjectNotFound
from prefect.settings import get_current_settings

from flows.results.for_programs import EVENT
from tasks.plan.errors import InvalidInputError

SILENCE = timedelta(minutes=5)
"""How long a run may give no sign of life; it gives one a minute (`prefect.yaml`)."""

LOST = "Plate registration: end runs whose machine is lost"
WAITING = "Plate registration: say what a run waits for"
FAILED = "Plate registration: send word of a failed run"
BAD_QUALITY = "Plate registration: send word of failed quality"

_WEBHOOK = "plate-registration-log"
_OURS: dict[str, Any] = {
    "prefect.resource.id": "prefect.tag.plate-registration",
    "prefect.resource.role": "tag",
}
_ENDS = ("Completed", "Failed", "Crashed", "Cancelled", "Cancelling", "Paused", "Suspended")


def install_automations(
    *, notify: str | None = None, silence: timedelta = SILENCE
) -> Iterator[str]:
    """Make the automations that are not there yet, and yield in words what was done.

    Args:
        notify: Type and name of the block that word is sent by, such as `slack-webhook/operators`;
            None for none.
        silence: How long a run may give no sign of life.

    Raises:
        InvalidInputError: There is no such block.
    """
    with get_client(sync_client=True) as client:
        wanted = [_lost(silence), _waiting(client), *_word(client, notify)]
        for automation in wanted:
            if client.read_automations_by_name(automation.name):
                continue
            client.create_automation(automation)
            yield f"automation made: {automation.name}"


def _lost(silence: timedelta) -> AutomationCore:
    return AutomationCore(
        name=LOST,
        description="A run whose process and worker are both gone stays Running for ever.",
        trigger=EventTrigger(
            after={"prefect.flow-run.heartbeat"},
            expect={"prefect.flow-run.heartbeat", *(f"prefect.flow-run.{end}" for end in _ENDS)},
            match_related=ResourceSpecification(_OURS),
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=silence,
        ),
        actions=[
            ChangeFlowRunState(
                state=StateType.CRASHED,
                message=(
                    f"No sign of life for {silence.total_seconds() / 60:g} min: its machine or its "
                    "process is gone. Retry goes on where it stopped"
                ),
            )
        ],
    )


def _waiting(client: SyncPrefectClient) -> AutomationCore:
    said = (
        "This run waits: as many runs of the deployment {{ deployment.name }} are at work as its "
        "limit allows. It begins once one of them has ended; the deployment's page shows which"
    )
    log = {
        "name": "plate-registration",
        "level": 30,
        "message": said,
        "timestamp": "{{ event.occurred.isoformat() }}",
        "flow_run_id": "{{ flow_run.id }}",
    }
    return AutomationCore(
        name=WAITING,
        description="Writes a line into the log of a run that waits for its deployment's limit.",
        trigger=_reactive(
            {"prefect.flow-run.AwaitingConcurrencySlot"},
            # It asks again every half minute, and need not say so each time.
            within=timedelta(hours=1),
        ),
        actions=[CallWebhook(block_document_id=_log_of_server(client), payload=json.dumps([log]))],
    )


def _word(client: SyncPrefectClient, notify: str | None) -> Iterator[AutomationCore]:
    if notify is None:
        return
    kind, _, name = notify.partition("/")
    try:
        block = client.read_block_document_by_name(name, kind).id
    except ObjectNotFound as error:
        raise InvalidInputError(
            f"the server has no block '{notify}' to send word by; make one under Blocks in its UI, "
            "and give its type and name, such as slack-webhook/operators"
        ) from error
    yield AutomationCore(
        name=FAILED,
        trigger=_reactive({"prefect.flow-run.Failed", "prefect.flow-run.Crashed"}),
        actions=[
            SendNotification(
                block_document_id=block,
                subject="{{ flow_run.name }}: {{ flow_run.state.name }}",
                body="{{ flow_run.state.message }}\n{{ flow_run|ui_url }}",
            )
        ],
    )
    yield AutomationCore(
        name=BAD_QUALITY,
        trigger=EventTrigger(
            expect={f"{EVENT}.fail"},
            for_each={"prefect.resource.id"},
            posture=Posture.Reactive,
            threshold=1,
        ),
        actions=[
            SendNotification(
                block_document_id=block,
                subject="{{ event.resource.name }}: quality {{ event.payload.verdict }}",
                body="{{ event.payload.quality }}\nReport: {{ event.payload.report }}",
            )
        ],
    )


def _reactive(events: set[str], within: timedelta = timedelta()) -> EventTrigger:
    return EventTrigger(
        expect=events,
        match_related=ResourceSpecification(_OURS),
        for_each={"prefect.resource.id"},
        posture=Posture.Reactive,
        threshold=1,
        within=within,
    )


def _log_of_server(client: SyncPrefectClient) -> Any:
    """Return the block by which the server writes into a run's log; it is made unless it is there.

    An automation can call an address and nothing else of that kind; it is the server's own.
    """
    try:
        return client.read_block_document_by_name(_WEBHOOK, "webhook").id
    except ObjectNotFound:
        settings = get_current_settings().api
        headers = {"Content-Type": "application/json", **_login(settings.auth_string)}
        block: Any = Webhook(method="POST", url=f"{settings.url}/logs/", headers=headers)
        return block.save(_WEBHOOK)


def _login(secret: Any) -> Mapping[str, str]:
    if secret is None:
        return {}
    return {"Authorization": f"Basic {b64encode(secret.get_secret_value().encode()).decode()}"}
