"""Webhooks, the event log and schedules of the API in memory; receivers are functions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from shared.adapters.memory.clock import MemoryClock, MemoryTokenSource
from shared.adapters.memory.config_source import FixedConfigSource
from shared.adapters.memory.rescans import MemoryRescanStore
from shared.adapters.memory.schedules import MemoryScheduleStore
from shared.ports.config_source import NotificationTargets
from shared.services.engine import Engine
from shared.services.event_queries import EventQueries
from shared.services.resource_changes import ResourceChanges
from shared.services.schedules import Schedules
from shared.services.start_scan import StartScan
from tests.unit.engine.simulation import known
from tests.unit.events.world import EventWorld


class Events:
    """What the API's application needs of them; `world` is behind it."""

    def __init__(self, clock: MemoryClock, sleep: Callable[[float], Awaitable[None]]) -> None:
        self.world = EventWorld(clock=clock)
        self.schedules = MemoryScheduleStore()
        self.config = FixedConfigSource(NotificationTargets(), 60)
        self.rescans = MemoryRescanStore()
        self._clock, self._sleep = clock, sleep

    def parts(self, engine: Engine) -> dict[str, Any]:
        """Members of `Application`."""
        return {
            "webhooks": self.world.service,
            "event_queries": EventQueries(self.world.log, self._clock, self._sleep),
            "resource_changes": ResourceChanges(
                self.rescans,
                StartScan(engine, known()),
                engine.scanners,
                engine.messenger,
                self._clock,
                timedelta(seconds=2),
            ),
            "schedules": Schedules(
                self.schedules,
                self.config,
                self._clock,
                MemoryTokenSource(9),
                StartScan(engine, known()).check,
            ),
        }

    async def announce(self, *events: Any) -> None:
        """Log events and hand them on."""
        await self.world.outbox.append(events)
        await self.world.hand_on()
        await self.world.work()
