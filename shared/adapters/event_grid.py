"""Publishing events to an Event Grid topic as CloudEvents 1.0 (contract section 8)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any, Final

import orjson
from azure.core.credentials import AzureKeyCredential
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError
from azure.core.messaging import CloudEvent
from azure.eventgrid.aio import EventGridPublisherClient

from shared.domain.events import LoggedEvent
from shared.ports.errors import BrokerUnavailableError

TYPE_PREFIX: Final = "com.securitycopilot."
SEQUENCE_DIGITS: Final = 10
"""The extension `sequence` is text that sorts as the numbers do (CloudEvents, extensions/sequence.md)."""
MAX_EVENTS: Final = 100
MAX_BYTES: Final = 900_000
"""A publish request may have 1 MB: https://learn.microsoft.com/azure/event-grid/quotas-limits"""
PUBLISH_SECONDS: Final = 9.0
_ENVELOPE_BYTES: Final = 600


def event_grid_client(
    endpoint: str, credential: AzureKeyCredential | AsyncTokenCredential
) -> EventGridPublisherClient:
    """A client of a topic with short retries."""
    options: dict[str, Any] = {"retry_total": 2, "retry_backoff_factor": 0.3, "connection_timeout": 2}
    return EventGridPublisherClient(endpoint, credential, **options)


class EventGridPublisher:
    """`EventPublisher` on an Event Grid topic. `source_prefix` is `/security-copilot`."""

    def __init__(self, client: EventGridPublisherClient, source_prefix: str) -> None:
        self._client = client
        self._prefix = source_prefix.rstrip("/")

    async def aclose(self) -> None:
        """Close the client."""
        await self._client.close()

    async def publish(self, events: Sequence[LoggedEvent]) -> None:
        """See `EventPublisher.publish`. Published in requests within the topic's limits."""
        for group in _groups(events):
            try:
                async with asyncio.timeout(PUBLISH_SECONDS):
                    await self._client.send([self._cloud_event(event) for event in group])
            except (AzureError, OSError) as error:
                kind = type(error).__name__
                raise BrokerUnavailableError(f"the event topic did not take the events ({kind})") from error

    def _cloud_event(self, entry: LoggedEvent) -> CloudEvent[dict[str, Any]]:
        event = entry.event
        return CloudEvent(
            source=f"{self._prefix}/{event.environment}",
            type=TYPE_PREFIX + event.type.value,
            id=entry.public_id,
            time=event.time,
            subject=event.subject,
            datacontenttype="application/json",
            data=event.data,
            extensions={"sequence": f"{entry.sequence:0{SEQUENCE_DIGITS}d}"},
        )


def _groups(events: Sequence[LoggedEvent]) -> Iterator[list[LoggedEvent]]:
    group: list[LoggedEvent] = []
    size = 0
    for event in events:
        needed = _ENVELOPE_BYTES + len(orjson.dumps(event.event.data))
        if group and (len(group) == MAX_EVENTS or size + needed > MAX_BYTES):
            yield group
            group, size = [], 0
        group.append(event)
        size += needed
    if group:
        yield group
