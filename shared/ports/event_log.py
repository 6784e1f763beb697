"""The log of events, from which every feed reads at its own pace."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from shared.domain.events import Event, LoggedEvent


class EventLog(Protocol):
    """Append-only. Positions have no gaps, and a reader who saw one has seen, or can read, all below it."""

    async def append(self, events: Sequence[Event], at: datetime) -> list[LoggedEvent]:
        """Log what is not there yet, in the order given; the new entries.

        An event whose id is logged keeps its entry. Several writers may append at once, and one that dies
        half way leaves nothing that a repeat of the call would not mend.
        """
        ...

    async def after(self, position: int, limit: int) -> list[LoggedEvent]:
        """Up to `limit` entries above `position`, in order; those forgotten are passed over."""
        ...

    async def get(self, position: int) -> LoggedEvent | None:
        """One entry; None when it is not there yet, or no more."""
        ...

    async def end(self) -> int:
        """The highest position; 0 when nothing was ever logged."""
        ...

    async def trim(self, before: datetime, up_to: int) -> int:
        """Forget the oldest entries that were logged before that moment, none above `up_to`; how many.

        May forget fewer than it could, a storage unit at a time. The newest entry always stays, and so does
        the last sequence number of every subject.
        """
        ...


class FeedPositions(Protocol):
    """How far each feed has handed on the log."""

    async def get(self, feed: str) -> int:
        """The position up to which everything was handed on; 0 for a feed that never ran."""
        ...

    async def advance(self, feed: str, position: int) -> None:
        """Move forward; a lower position than the stored one changes nothing."""
        ...
