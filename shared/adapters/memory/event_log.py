"""The event log and the feeds' positions in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from shared.domain.events import Event, LoggedEvent

KEPT = 1
"""Entries that `trim` always leaves."""


class MemoryEventLog:
    """Twin of `TableEventLog`."""

    def __init__(self) -> None:
        self._entries: dict[int, LoggedEvent] = {}
        self._end = 0
        self._ids: set[str] = set()
        self._sequences: Counter[str] = Counter()

    async def aclose(self) -> None:
        """Nothing to release."""

    async def append(self, events: Sequence[Event], at: datetime) -> list[LoggedEvent]:
        """See `EventLog.append`."""
        new: list[LoggedEvent] = []
        for event in events:
            if event.event_id in self._ids:
                continue
            self._ids.add(event.event_id)
            self._sequences[event.subject] += 1
            self._end += 1
            entry = LoggedEvent(
                position=self._end, sequence=self._sequences[event.subject], logged_at=at, event=event
            )
            self._entries[self._end] = entry
            new.append(entry)
        return new

    async def after(self, position: int, limit: int) -> list[LoggedEvent]:
        """See `EventLog.after`."""
        start = max(position + 1, min(self._entries, default=1))
        return [self._entries[one] for one in range(start, min(self._end + 1, start + limit))]

    async def get(self, position: int) -> LoggedEvent | None:
        """See `EventLog.get`."""
        return self._entries.get(position)

    async def end(self) -> int:
        """See `EventLog.end`."""
        return self._end

    async def trim(self, before: datetime, up_to: int) -> int:
        """See `EventLog.trim`."""
        gone = 0
        for position in sorted(self._entries):
            if position > min(up_to, self._end - KEPT) or self._entries[position].logged_at >= before:
                break
            self._ids.discard(self._entries.pop(position).event.event_id)
            gone += 1
        return gone


class MemoryFeedPositions:
    """Twin of `TableFeedPositions`."""

    def __init__(self) -> None:
        self._positions: dict[str, int] = {}

    async def aclose(self) -> None:
        """Nothing to release."""

    async def get(self, feed: str) -> int:
        """See `FeedPositions.get`."""
        return self._positions.get(feed, 0)

    async def advance(self, feed: str, position: int) -> None:
        """See `FeedPositions.advance`."""
        self._positions[feed] = max(position, await self.get(feed))
