"""Event Grid trigger: a resource of a subscribed scope was written or deleted.

The Functions host answers both handshakes of Event Grid (validation event; CloudEvents abuse protection) and
hands over events in both schemas, one at a time.
"""

from __future__ import annotations

import logging
from typing import Any

import azure.functions as func

from shared.container import ContainerGetter
from shared.domain.resource_changes import change_of

log = logging.getLogger(__name__)


def blueprint(container: ContainerGetter) -> func.Blueprint:
    """The Event Grid function."""
    events = func.Blueprint()  # type: ignore[no-untyped-call]

    @events.function_name("resource_changed")
    @events.event_grid_trigger(arg_name="event")
    async def resource_changed(event: func.EventGridEvent) -> None:
        kind, data = _parts(event)
        try:
            change = change_of(kind, data)
        except ValueError as error:
            # Delivered again it would be no better.
            log.warning("an event of kind %s cannot be used: %s", kind, error)
            return
        if change is not None:
            await (await container()).events.changes.note(change)

    return events


def _parts(event: Any) -> tuple[str, object]:
    """Kind and data, of the Event Grid schema or of a CloudEvent: the worker hands over either."""
    kind = getattr(event, "event_type", None) or getattr(event, "type", None)
    return str(kind or ""), event.get_json()
