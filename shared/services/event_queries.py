"""Reading the event log over HTTP: X-06, a long poll."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from shared.domain.events import EventType, LoggedEvent
from shared.ports.clock import Clock
from shared.ports.event_log import EventLog

MAX_WAIT: Final = 25
"""Seconds (contract X-06)."""
LOOK_SECONDS: Final = 1.0
_BATCH: Final = 200

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class EventBatch:
    """Events in the order of the log, and the position to ask behind next."""

    events: tuple[LoggedEvent, ...]
    position: int


class EventQueries:
    """Every caller keeps a position of its own; the service remembers nothing of it."""

    def __init__(self, log: EventLog, clock: Clock, sleep: Sleep = asyncio.sleep) -> None:
        self._log = log
        self._clock = clock
        self._sleep = sleep

    async def now(self) -> int:
        """The position behind which everything still lies ahead."""
        return await self._log.end()

    async def after(self, position: int, types: tuple[EventType, ...], limit: int, wait: float) -> EventBatch:
        """Up to `limit` events of these types (none: all) behind `position`; waits for the first one.

        After `wait` seconds without any, an empty batch.
        """
        deadline = self._clock.now().timestamp() + min(wait, MAX_WAIT)
        while True:
            found, position = await self._read(position, types, limit)
            left = deadline - self._clock.now().timestamp()
            if found or left <= 0:
                return EventBatch(tuple(found), position)
            await self._sleep(min(LOOK_SECONDS, left))

    async def _read(
        self, position: int, types: tuple[EventType, ...], limit: int
    ) -> tuple[list[LoggedEvent], int]:
        found: list[LoggedEvent] = []
        while entries := await self._log.after(position, _BATCH):
            for entry in entries:
                position = entry.position
                if not types or entry.event.type in types:
                    found.append(entry)
                    if len(found) == limit:
                        return found, position
        return found, position
