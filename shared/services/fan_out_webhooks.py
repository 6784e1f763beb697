"""The webhook feed: from the log into the chains of every registration that wants the event."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from shared.domain.webhooks import TIMEOUT_SECONDS, Delivery, planned
from shared.ports.clock import Clock
from shared.ports.event_log import EventLog, FeedPositions
from shared.ports.messaging import Messenger
from shared.ports.webhook_stores import DeliveryStore, WebhookStore
from shared.services.webhook_messages import sweep_up, wake

FEED: Final = "webhooks"
BATCH: Final = 100


class FanOutWebhooks:
    """Second half of the timer `relay_events`. Repeating it after a crash adds nothing."""

    def __init__(
        self,
        log: EventLog,
        positions: FeedPositions,
        webhooks: WebhookStore,
        deliveries: DeliveryStore,
        messenger: Messenger,
        clock: Clock,
    ) -> None:
        self._log = log
        self._positions = positions
        self._webhooks = webhooks
        self._deliveries = deliveries
        self._messenger = messenger
        self._clock = clock

    async def run(self, at_most: int = 5_000) -> int:
        """Plan deliveries of what is new in the log; how many deliveries that were.

        Raises:
            BrokerUnavailableError: not every chain could be woken; the position stays before them.
        """
        planned_count = seen = 0
        position = await self._positions.get(FEED)
        while seen < at_most:
            entries = await self._log.after(position, BATCH)
            if not entries:
                break
            webhooks = await self._webhooks.all()
            now = self._clock.now()
            new = [
                planned(webhook, entry, now)
                for entry in entries
                for webhook in webhooks
                if webhook.wants(entry)
            ]
            await self.start(new)
            position = entries[-1].position
            await self._positions.advance(FEED, position)
            planned_count += len(new)
            seen += len(entries)
        return planned_count

    async def removed(self, webhook_id: str) -> None:
        """Have what attempts under way leave behind of a removed webhook removed, once they must be over.

        Raises:
            BrokerUnavailableError: it stays.
        """
        await self._messenger.send([sweep_up(webhook_id, timedelta(seconds=4 * TIMEOUT_SECONDS))])

    async def start(self, deliveries: list[Delivery]) -> None:
        """Queue deliveries and wake each chain once, by the first of them.

        Where an earlier delivery is pending still, the wake-up finds it in front and goes to sleep again:
        whoever ends that one looks for the next after taking it out, so one of the two sees the other.
        """
        if not deliveries:
            return
        await self._deliveries.enqueue(deliveries)
        first: dict[tuple[str, str], Delivery] = {}
        for delivery in sorted(deliveries, key=lambda one: one.order):
            first.setdefault((delivery.webhook_id, delivery.subject), delivery)
        now = self._clock.now()
        await self._messenger.send([wake(one, "new", now) for one in first.values()])
