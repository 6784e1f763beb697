"""The event outbox and the event publisher in memory."""

from __future__ import annotations

from collections.abc import Sequence

from shared.domain.events import Event, LoggedEvent
from shared.ports.errors import BrokerUnavailableError


class MemoryEventOutbox:
    """Twin of `TableEventOutbox`."""

    def __init__(self) -> None:
        self._events: dict[str, Event] = {}

    async def aclose(self) -> None:
        """Nothing to release."""

    async def append(self, events: Sequence[Event]) -> None:
        """See `EventOutbox.append`."""
        for event in events:
            self._events.setdefault(event.event_id, event)

    async def pending(self, limit: int) -> list[Event]:
        """See `EventOutbox.pending`: by time, then id."""
        return sorted(self._events.values(), key=lambda event: (event.time, event.event_id))[:limit]

    async def mark_published(self, events: Sequence[Event]) -> None:
        """See `EventOutbox.mark_published`."""
        for event in events:
            self._events.pop(event.event_id, None)


class MemoryEventPublisher:
    """Twin of `EventGridPublisher`: `published` holds what was handed over, in order."""

    def __init__(self) -> None:
        self.published: list[LoggedEvent] = []
        self.failures_left = 0
        """How many of the next calls fail as if the topic did not answer."""

    async def aclose(self) -> None:
        """Nothing to release."""

    async def publish(self, events: Sequence[LoggedEvent]) -> None:
        """See `EventPublisher.publish`."""
        if self.failures_left > 0:
            self.failures_left -= 1
            raise BrokerUnavailableError("the topic does not answer")
        self.published.extend(events)
