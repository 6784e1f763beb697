"""From the outbox to the log: every event gets its place and its subject's next number, once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from shared.ports.clock import Clock
from shared.ports.event_log import EventLog, FeedPositions
from shared.ports.stores import EventOutbox
from shared.ports.webhook_stores import DeliveryStore, WebhookStore

BATCH: Final = 180
"""Events moved at once."""


class RelayEvents:
    """First half of the timer `relay_events`. A repeat after a crash changes nothing."""

    def __init__(self, outbox: EventOutbox, log: EventLog, clock: Clock) -> None:
        self._outbox = outbox
        self._log = log
        self._clock = clock

    async def run(self, at_most: int = 5_000) -> int:
        """Log what waits in the outbox; how many events that were."""
        moved = 0
        while moved < at_most:
            events = await self._outbox.pending(BATCH)
            if not events:
                break
            await self._log.append(events, self._clock.now())
            await self._outbox.mark_published(events)
            moved += len(events)
        return moved


class TrimEvents:
    """Forgets old events that every feed has handed on, and their rows in the delivery logs."""

    def __init__(
        self,
        log: EventLog,
        positions: FeedPositions,
        feeds: Iterable[str],
        webhooks: WebhookStore,
        deliveries: DeliveryStore,
        keep: timedelta,
        clock: Clock,
    ) -> None:
        """`feeds`: names of those that run in this deployment; `keep`: age up to which events stay."""
        self._log = log
        self._webhooks = webhooks
        self._deliveries = deliveries
        self._positions = positions
        self._feeds = tuple(feeds)
        self._keep = keep
        self._clock = clock

    async def run(self) -> int:
        """Forget; how many events that were."""
        handed_on = [await self._positions.get(feed) for feed in self._feeds]
        up_to = min(handed_on) if handed_on else await self._log.end()
        gone = await self._log.trim(self._clock.now() - self._keep, up_to)
        oldest = await self._log.after(0, 1)
        if gone and oldest:
            for webhook in await self._webhooks.all():
                await self._deliveries.forget(webhook.webhook_id, oldest[0].position - 1)
        return gone
