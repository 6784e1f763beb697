"""Publishing: drains the outbox to Event Grid, at least once."""

from __future__ import annotations

from typing import Final

from shared.ports.messaging import EventPublisher
from shared.ports.stores import EventOutbox

BATCH: Final = 200
"""Events of one request: well below Event Grid's 1 MB with events of about 1 KB."""


class PublishEvents:
    """Handles the timer `publish_events`."""

    def __init__(self, outbox: EventOutbox, publisher: EventPublisher) -> None:
        self._outbox = outbox
        self._publisher = publisher

    async def run(self, at_most: int = 5_000) -> int:
        """Publish what is pending; how many events that were.

        Raises:
            BrokerUnavailableError: the topic does not answer; what is left stays in the outbox.
        """
        published = 0
        while published < at_most:
            events = await self._outbox.pending(BATCH)
            if not events:
                break
            await self._publisher.publish(events)
            await self._outbox.mark_published(events)
            published += len(events)
        return published
