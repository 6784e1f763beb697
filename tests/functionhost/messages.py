"""Received Service Bus messages without a broker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

LOCK = timedelta(seconds=30)


class Received:
    """The part of ``azure.servicebus.ServiceBusReceivedMessage`` that the host reads."""

    def __init__(self, body: bytes, message_id: str, delivery_count: int, properties: dict[Any, Any]) -> None:
        self.body = iter([body])
        self.message_id = message_id
        self.delivery_count = delivery_count
        self.application_properties = properties
        self.subject = "a-subject"
        self.content_type = "application/json"
        self.correlation_id = "c-1"
        self.enqueued_time_utc = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
        self.expires_at_utc = self.enqueued_time_utc + timedelta(days=14)
        self.locked_until_utc = self.enqueued_time_utc + LOCK
        self.lock_token = "4c5e6c9e-3b0d-4a1f-9a4f-5d1a2b3c4d5e"
        self.sequence_number = 7
        self.enqueued_sequence_number = 7
        self.to = None
        self.reply_to = None
        self.reply_to_session_id = None
        self.session_id = None
        self.partition_key = None
        self.dead_letter_source = None


def received(
    body: bytes, *, message_id: str = "m", delivery_count: int = 0, properties: dict[Any, Any] | None = None
) -> Any:
    """A message as the SDK hands it over: ``delivery_count`` failed deliveries before this one."""
    return Received(body, message_id, delivery_count, properties or {})
