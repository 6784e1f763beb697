"""Wire models of webhooks and events: X-05 and X-06. No reply ever carries a secret."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field

from shared.api.query import CommaList, NoQuery, WholeNumber
from shared.api.v1 import NextLink
from shared.api.wire import Name, RequestBody, ResponseBody, WireTime, refused
from shared.domain.errors import Reason
from shared.domain.events import EventType, LoggedEvent
from shared.domain.webhooks import Delivery, DeliveryStatus, Outcome, Webhook
from shared.services.event_queries import MAX_WAIT
from shared.services.webhooks import WebhookChange

MIN_SECRET: Final = 16
MAX_SECRET: Final = 512
MAX_URL: Final = 2048
EARLIEST: Final = "earliest"
"""As `after`: from the oldest event that is kept."""
MAX_EVENTS: Final = 200

_TAKEN: Final = frozenset(
    {
        "authorization",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "cookie",
        "date",
        "expect",
        "forwarded",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        "via",
        "webhook-id",
        "webhook-signature",
        "webhook-timestamp",
        "x-security-copilot-event-id",
        "x-security-copilot-sequence",
        "x-security-copilot-signature",
    }
)


def _visible(value: str) -> str:
    if not all("!" <= character <= "~" for character in value):
        raise refused(Reason.INVALID_FORMAT, "must be visible ASCII characters")
    return value


def _free_header(value: str) -> str:
    if value.lower() in _TAKEN:
        raise refused(Reason.INVALID_VALUE, "must not be a header that is set already")
    return value


def _once(values: tuple[EventType, ...]) -> tuple[EventType, ...]:
    return tuple(dict.fromkeys(values))


Secret = Annotated[
    str, Field(min_length=MIN_SECRET, max_length=MAX_SECRET, repr=False), AfterValidator(_visible)
]
Url = Annotated[str, Field(min_length=1, max_length=MAX_URL)]
EventTypes = Annotated[
    tuple[EventType, ...], Field(min_length=1, max_length=len(EventType)), AfterValidator(_once)
]
HeaderName = Annotated[
    str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]*$", max_length=64), AfterValidator(_free_header)
]


class WebhookBody(RequestBody):
    """X-05: register a receiver."""

    url: Url
    events: EventTypes
    secret: Secret
    description: Name | None = None
    signature_header: HeaderName | None = Field(
        default=None, description="A further header for the signature, such as X-Hub-Signature-256"
    )


class WebhookPatch(RequestBody):
    """X-05: change members; those left out stay as they are."""

    url: Url | None = None
    events: EventTypes | None = None
    description: Name | None = None
    signature_header: HeaderName | None = None
    active: bool | None = None

    def change(self) -> WebhookChange:
        """The change in the terms of the use case."""
        return WebhookChange(self.url, self.events, self.description, self.signature_header, self.active)


class SecretBody(RequestBody):
    """X-05: the secret that signs from now on."""

    secret: Secret


class ReplayBody(RequestBody):
    """X-05: which kept events to deliver again."""

    since: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$", max_length=20)]
    after: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        default=None, description="`next_after` of an earlier replay that stopped at its limit"
    )


class WebhookView(ResponseBody):
    """X-05: a registration."""

    webhook_id: str
    url: str
    events: tuple[EventType, ...]
    created_at: WireTime
    active: bool
    description: str | None
    signature_header: str | None
    disabled_at: WireTime | None
    disabled_reason: str | None
    old_secret_until: WireTime | None = Field(description="Until when a replaced secret signs as well")


class WebhookPage(ResponseBody):
    """X-05: registrations, newest first."""

    webhooks: tuple[WebhookView, ...]
    total: int
    limit: int
    offset: int
    next_link: NextLink


class DeliveryView(ResponseBody):
    """X-05: one event on its way to a receiver."""

    delivery_id: str
    event_id: str
    event_type: EventType
    subject: str
    sequence: int
    status: DeliveryStatus
    attempts: int
    created_at: WireTime
    last_attempt_at: WireTime | None
    next_attempt_at: WireTime | None
    response_status: int | None
    error: str | None
    duration_ms: int | None


class DeliveryPage(ResponseBody):
    """X-05: the delivery log, newest event first."""

    deliveries: tuple[DeliveryView, ...]
    total: int
    limit: int
    offset: int
    next_link: NextLink


class WebhookTestResult(ResponseBody):
    """X-05: what came of a test event."""

    delivered: bool
    response_status: int | None
    error: str | None
    duration_ms: int


class ReplayResult(ResponseBody):
    """X-05: what a replay queued."""

    queued: int
    next_after: str | None = Field(description="Where to go on when it stopped at its limit")


class EventsQuery(NoQuery):
    """X-06."""

    types: CommaList[EventType] = Field(default=(), description="Only these kinds, comma list; default all")
    after: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="`next_after` of an earlier answer, or `earliest`; default: what happens from now on",
    )
    wait: WholeNumber = Field(default=0, ge=0, le=MAX_WAIT, description="Seconds to wait for an event")
    limit: WholeNumber = Field(default=100, ge=1, le=MAX_EVENTS, description="Most events of one answer")


class EventView(ResponseBody):
    """One event: the members of a webhook, and its place."""

    event_id: str
    event_type: EventType
    timestamp: WireTime
    subject: str
    sequence: int = Field(description="Counts the events of the subject from 1, without gaps")
    source: str
    data: dict[str, Any]


class EventsPage(ResponseBody):
    """X-06: events in order, and where to ask next."""

    events: tuple[EventView, ...]
    next_after: str


def webhook_view(webhook: Webhook) -> WebhookView:
    """A registration without its secrets."""
    return WebhookView(
        webhook_id=webhook.webhook_id,
        url=webhook.url,
        events=webhook.events,
        created_at=webhook.created_at,
        active=webhook.active,
        description=webhook.description,
        signature_header=webhook.signature_header,
        disabled_at=webhook.disabled_at,
        disabled_reason=webhook.disabled_reason,
        old_secret_until=webhook.secrets[1].until if len(webhook.secrets) > 1 else None,
    )


def delivery_view(delivery: Delivery) -> DeliveryView:
    """One row of the delivery log."""
    pending = delivery.status is DeliveryStatus.PENDING
    return DeliveryView(
        delivery_id=delivery.delivery_id,
        event_id=delivery.event_id,
        event_type=delivery.event_type,
        subject=delivery.subject,
        sequence=delivery.sequence,
        status=delivery.status,
        attempts=delivery.attempts,
        created_at=delivery.created_at,
        last_attempt_at=delivery.last_attempt_at,
        next_attempt_at=delivery.due_at if pending else None,
        response_status=delivery.response_status,
        error=delivery.error,
        duration_ms=delivery.duration_ms,
    )


def tested(outcome: Outcome) -> WebhookTestResult:
    """The answer to a test."""
    return WebhookTestResult(
        delivered=outcome.delivered,
        response_status=outcome.status,
        error=outcome.error,
        duration_ms=outcome.duration_ms,
    )


def event_view(entry: LoggedEvent) -> EventView:
    """One event of the log."""
    return EventView(
        event_id=entry.public_id,
        event_type=entry.event.type,
        timestamp=entry.event.time,
        subject=entry.event.subject,
        sequence=entry.sequence,
        source=f"/security-copilot/{entry.event.environment}",
        data=entry.event.data,
    )
