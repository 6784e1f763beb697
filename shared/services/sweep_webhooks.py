"""Waking webhook chains whose message was lost."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from shared.ports.clock import Clock
from shared.ports.messaging import Messenger
from shared.ports.webhook_stores import DeliveryStore
from shared.services.webhook_messages import wake

log = logging.getLogger(__name__)

SLACK: Final = timedelta(minutes=2)
"""How late a delivery may be before its message counts as lost."""
MOST: Final = 5_000


class SweepWebhooks:
    """Handles a part of the timer `keep_events`. Waking a chain too often does no harm."""

    def __init__(self, deliveries: DeliveryStore, messenger: Messenger, clock: Clock) -> None:
        self._deliveries = deliveries
        self._messenger = messenger
        self._clock = clock

    async def run(self) -> int:
        """Wake what is overdue; how many chains that were."""
        before = self._clock.now() - SLACK
        chains = dict.fromkeys(
            (one.webhook_id, one.subject) for one in await self._deliveries.overdue(before, MOST)
        )
        woken = 0
        for webhook_id, subject in chains:
            found = await self._deliveries.head(webhook_id, subject)
            if found is None or found.value.due_at >= before:
                continue
            now = self._clock.now()
            # Due anew, so that the next sweep gives this wake-up its time.
            again = found.value.model_copy(update={"resends": found.value.resends + 1, "due_at": now})
            if await self._deliveries.update(again, found.etag):
                await self._messenger.send([wake(again, f"again:{again.resends}", now)])
                woken += 1
        if woken:
            log.warning("woke %s webhook chains that stood still", woken)
        return woken
