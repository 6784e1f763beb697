"""Messages between the triggers, and events to the outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from shared.domain.events import LoggedEvent


class Queue(StrEnum):
    """Queues of the product."""

    PLAN = "scan-plan"
    SHARDS = "scan-shards"
    CHECK = "scan-check"
    WEBHOOKS = "webhook-deliveries"
    NOTIFICATIONS = "notifications"
    CHANGES = "resource-changes"


@dataclass(frozen=True, slots=True)
class Message:
    """A message to send. `message_id` is what duplicate detection compares; `delay` schedules it."""

    queue: Queue
    message_id: str
    body: bytes
    delay: timedelta | None = None


class Messenger(Protocol):
    """The broker. At least once, in no order; an id seen within the duplicate window is dropped."""

    async def send(self, messages: Sequence[Message]) -> None:
        """Hand messages over; on return each is durable.

        Raises:
            BrokerUnavailableError: some or all were not handed over; sending again is safe.
        """
        ...


class EventPublisher(Protocol):
    """Hands events to Event Grid."""

    async def publish(self, events: Sequence[LoggedEvent]) -> None:
        """Publish; on return the topic has them.

        Raises:
            BrokerUnavailableError: some or all were not published; publishing again is safe.
        """
        ...
