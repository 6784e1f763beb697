"""Webhooks and their deliveries: what is stored, what follows from an attempt (contract section 8). Pure."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from shared.domain.events import EventType, LoggedEvent

MAX_WEBHOOKS: Final = 50
ROTATION: Final = timedelta(hours=24)
"""How long a replaced secret still signs (contract section 8)."""

TIMEOUT_SECONDS: Final = 15.0
RETRY_DELAYS: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""Pause after each failed attempt (contract section 8); then the delivery is given up."""
JITTER: Final = 0.1
"""Largest part by which a pause is lengthened, never shortened."""
LONGEST_PAUSE: Final = timedelta(hours=24)

REST_AFTER: Final = 3
"""Failures in a row after which a receiver gets one attempt at a time."""
FIRST_REST: Final = timedelta(seconds=15)
LONGEST_REST: Final = timedelta(minutes=5)


class _Stored(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class WebhookSecret(_Stored):
    """A signing secret; the one in force has no end."""

    value: SecretStr
    until: datetime | None = None


class Webhook(_Stored):
    """A registration. `secrets` begins with the one in force; `since` is the log's end at registration."""

    webhook_id: str
    url: str
    events: tuple[EventType, ...]
    secrets: tuple[WebhookSecret, ...] = Field(min_length=1)
    created_at: datetime
    created_by: str
    active: bool = True
    description: str | None = None
    signature_header: str | None = Field(
        default=None, description="further header that carries the own signature (contract C-18)"
    )
    since: int = 0
    disabled_at: datetime | None = None
    disabled_reason: str | None = None
    replays: int = 0

    def wants(self, entry: LoggedEvent) -> bool:
        """Whether this event is to be delivered."""
        return self.active and entry.position > self.since and entry.event.type in self.events

    def signing_secrets(self, now: datetime) -> list[str]:
        """Secrets that sign at this moment, the one in force first."""
        return [one.value.get_secret_value() for one in self.secrets if one.until is None or one.until > now]

    def rotated(self, secret: str, now: datetime) -> Webhook:
        """With a new secret; the one in force so far expires, older ones are gone."""
        old = self.secrets[0].model_copy(update={"until": now + ROTATION})
        return self.model_copy(update={"secrets": (WebhookSecret(value=SecretStr(secret)), old)})

    def disabled(self, reason: str, now: datetime) -> Webhook:
        """Switched off, with the reason."""
        return self.model_copy(update={"active": False, "disabled_at": now, "disabled_reason": reason})


class WebhookHealth(_Stored):
    """How a receiver fared lately. While it rests, only the attempt that ended the rest before may run."""

    failures: int = 0
    failing_since: datetime | None = None
    resting_until: datetime | None = None

    def after_failure(self, now: datetime) -> WebhookHealth:
        """One more failure in a row; a rest from the third on, twice as long each time."""
        failures = self.failures + 1
        rest: datetime | None = None
        if failures >= REST_AFTER:
            rest = now + min(LONGEST_REST, FIRST_REST * 2 ** min(failures - REST_AFTER, 10))
        return WebhookHealth(failures=failures, failing_since=self.failing_since or now, resting_until=rest)


class DeliveryStatus(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD_LETTER = "dead_letter"
    CANCELLED = "cancelled"


class Delivery(_Stored):
    """One event on its way to one webhook. `position` is that of the log, `replay` 0 the first time."""

    webhook_id: str
    position: int
    replay: int = 0
    subject: str
    sequence: int
    event_id: str
    event_type: EventType
    created_at: datetime
    status: DeliveryStatus = DeliveryStatus.PENDING
    attempts: int = 0
    due_at: datetime
    resends: int = Field(default=0, description="wake-up messages sent again because one was lost")
    first_attempt_at: datetime | None = None
    last_attempt_at: datetime | None = None
    response_status: int | None = None
    error: str | None = None
    duration_ms: int | None = None

    @property
    def delivery_id(self) -> str:
        """Unique within the webhook."""
        return f"{self.event_id}-r{self.replay}" if self.replay else self.event_id

    @property
    def order(self) -> tuple[int, int]:
        """Place among the deliveries of one subject."""
        return self.position, self.replay


class Outcome(_Stored):
    """What one attempt came to; `status` None: no answer, and `error` says why."""

    at: datetime
    duration_ms: int
    status: int | None = None
    error: str | None = None
    retry_after: timedelta | None = None

    @property
    def delivered(self) -> bool:
        """2xx; everything else failed, redirects included."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        """The receiver wants no more."""
        return self.status == 410


def planned(webhook: Webhook, entry: LoggedEvent, now: datetime, replay: int = 0) -> Delivery:
    """The delivery of an event to a webhook."""
    return Delivery(
        webhook_id=webhook.webhook_id,
        position=entry.position,
        replay=replay,
        subject=entry.event.subject,
        sequence=entry.sequence,
        event_id=entry.public_id,
        event_type=entry.event.type,
        created_at=now,
        due_at=now,
    )


def after_attempt(delivery: Delivery, outcome: Outcome) -> Delivery:
    """The delivery after one more attempt: delivered, pending with its next time, or a dead letter."""
    attempts = delivery.attempts + 1
    tried = delivery.model_copy(
        update={
            "attempts": attempts,
            "first_attempt_at": delivery.first_attempt_at or outcome.at,
            "last_attempt_at": outcome.at,
            "response_status": outcome.status,
            "error": outcome.error,
            "duration_ms": outcome.duration_ms,
        }
    )
    if outcome.delivered:
        return tried.model_copy(update={"status": DeliveryStatus.DELIVERED})
    if outcome.gone or attempts > len(RETRY_DELAYS):
        return tried.model_copy(update={"status": DeliveryStatus.DEAD_LETTER})
    pause = RETRY_DELAYS[attempts - 1] * (1 + JITTER * _fraction(tried))
    if outcome.status in (429, 503) and outcome.retry_after is not None:
        pause = max(pause, min(outcome.retry_after, LONGEST_PAUSE))
    return tried.model_copy(update={"due_at": outcome.at + pause})


def disabling_reason(delivery: Delivery, outcome: Outcome, health: WebhookHealth) -> str | None:
    """Why the webhook is to be switched off after this attempt; None: it stays on.

    A receiver that answers 410, or one that took nothing at all while a delivery went through its whole
    schedule. A dead letter among deliveries that succeed is that event's trouble alone.
    """
    if outcome.gone:
        return "the receiver answered 410 Gone"
    first, since = delivery.first_attempt_at, health.failing_since
    if (
        delivery.status is DeliveryStatus.DEAD_LETTER
        and first is not None
        and since is not None
        and since <= first
    ):
        return f"nothing was accepted since {since:%Y-%m-%dT%H:%M:%SZ}"
    return None


def _fraction(delivery: Delivery) -> float:
    """From 0 to 1, the same for the same attempt and spread over deliveries."""
    text = f"{delivery.webhook_id}:{delivery.delivery_id}:{delivery.attempts}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) / 2**32
