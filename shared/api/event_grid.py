"""What Event Grid posts to a webhook, in either schema, and the answers to its handshakes.

Event Grid schema with its validation event: https://learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema
CloudEvents 1.0 with abuse protection: https://learn.microsoft.com/azure/event-grid/end-point-validation-cloud-events-schema
and section 4 of https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import Field

from shared.api.json_body import BODY, parse_json
from shared.api.query import NoQuery
from shared.api.wire import ResponseBody
from shared.domain.errors import InvalidRequestError, Reason

VALIDATION: Final = "Microsoft.EventGrid.SubscriptionValidationEvent"
MEDIA_TYPES: Final = (
    "application/json",
    "application/cloudevents+json",
    "application/cloudevents-batch+json",
)
MAX_EVENTS: Final = 5000
"""Largest batch that Event Grid delivers (https://learn.microsoft.com/azure/event-grid/delivery-and-retry)."""
_MAX_CODE: Final = 512


class EventGridQuery(NoQuery):
    """Query of `/v1/eventgrid`."""

    key: str | None = Field(
        default=None,
        min_length=1,
        max_length=256,
        description="One of SECURITY_COPILOT_EVENTGRID_KEYS; or in the header X-Event-Grid-Key",
    )


class EventGridAnswer(ResponseBody):
    """Either the answer to a validation event, or what became of the events."""

    validation_response: str | None = Field(
        default=None, alias="validationResponse", description="The code of a validation event"
    )
    noted: int | None = Field(default=None, description="Changes that a scan follows")
    ignored: int | None = Field(default=None, description="Events that no scan follows")


@dataclass(frozen=True, slots=True)
class GridEvent:
    """The two members that both schemas have. `data` is not checked."""

    kind: str
    data: Any

    @property
    def validation_code(self) -> str | None:
        """The code that a validation event wants back; None for every other event."""
        code = self.data.get("validationCode") if isinstance(self.data, Mapping) else None
        if self.kind != VALIDATION or not isinstance(code, str) or not 0 < len(code) <= _MAX_CODE:
            return None
        return code


def parse_events(content: bytes) -> list[GridEvent]:
    """The events of a body: one object, or a list of them.

    Raises:
        InvalidRequestError: no JSON within the limits of a request, too many events, or one without a kind.
    """
    value = parse_json(content)
    entries = value if isinstance(value, list) else [value]
    if not entries:
        raise InvalidRequestError.of(BODY, Reason.INVALID_VALUE, "Request body holds no event")
    if len(entries) > MAX_EVENTS:
        raise InvalidRequestError.of(BODY, Reason.TOO_LONG, f"Request body has more than {MAX_EVENTS} events")
    return [_event(entry, f"[{index}]") for index, entry in enumerate(entries)]


def _event(entry: Any, name: str) -> GridEvent:
    if not isinstance(entry, dict):
        raise InvalidRequestError.of(name, Reason.INVALID_TYPE, "An event must be a JSON object")
    kind = entry.get("type") if "specversion" in entry else entry.get("eventType")
    if not isinstance(kind, str) or not kind:
        raise InvalidRequestError.of(name, Reason.MISSING, "An event must have an eventType, or type")
    return GridEvent(kind, entry.get("data"))
