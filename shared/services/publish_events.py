"""The Event Grid feed: from the log to a custom topic, at least once."""

from __future__ import annotations

from typing import Final

from shared.ports.event_log import EventLog, FeedPositions
from shared.ports.messaging import EventPublisher

FEED: Final = "event-grid"

BATCH: Final = 200
"""Events of one request: well below Event Grid's 1 MB with events of about 1 KB."""


class PublishEvents:
    """Handles the timer `publish_events`."""

    def __init__(self, log: EventLog, positions: FeedPositions, publisher: EventPublisher) -> None:
        self._log = log
        self._positions = positions
        self._publisher = publisher

    async def run(self, at_most: int = 5_000) -> int:
        """Publish what is new in the log; how many events that were.

        Raises:
            BrokerUnavailableError: the topic does not answer; the position stays before what is left.
        """
        published = 0
        position = await self._positions.get(FEED)
        while published < at_most:
            entries = await self._log.after(position, BATCH)
            if not entries:
                break
            await self._publisher.publish(entries)
            position = entries[-1].position
            await self._positions.advance(FEED, position)
            published += len(entries)
        return published
