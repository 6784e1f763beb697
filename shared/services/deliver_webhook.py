"""Delivering webhooks: one attempt at the head of a chain, and what follows from it.

A chain is the pending deliveries of one (webhook, subject), in order. Only its head is attempted; the next
follows after delivery, dead letter or switching off. A crash at any point makes the message come again, and
at worst the same event goes out twice under the same id.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Final

from shared.domain.page import Versioned
from shared.domain.webhooks import (
    REST_AFTER,
    TIMEOUT_SECONDS,
    Delivery,
    DeliveryStatus,
    Outcome,
    Webhook,
    WebhookHealth,
    after_attempt,
    disabling_reason,
)
from shared.ports.clock import Clock
from shared.ports.errors import MissingError, VersionConflictError
from shared.ports.event_log import EventLog
from shared.ports.messaging import Message, Messenger
from shared.ports.outbound import NoAnswerError, Outbound, RefusedDestinationError
from shared.ports.webhook_stores import DeliveryStore, WebhookStore
from shared.services.webhook_body import EVENT, SEQUENCE, body_of, headers_of, retry_after
from shared.services.webhook_messages import ALMOST, NO_SUBJECT, WakeMessage, wake

log = logging.getLogger(__name__)

AT_ONCE: Final = 2
"""Attempts at one slow receiver that a process makes side by side: others find places free."""
SLOW: Final = timedelta(seconds=1)
BUSY_PAUSE: Final = timedelta(seconds=5)
_PROBE: Final = timedelta(seconds=TIMEOUT_SECONDS + 5)
_TRIES: Final = 5


class DeliverWebhook:
    """Handles the queue `webhook-deliveries`. One for a process."""

    def __init__(
        self,
        log: EventLog,
        webhooks: WebhookStore,
        deliveries: DeliveryStore,
        outbound: Outbound,
        messenger: Messenger,
        clock: Clock,
    ) -> None:
        self._log = log
        self._webhooks = webhooks
        self._deliveries = deliveries
        self._outbound = outbound
        self._messenger = messenger
        self._clock = clock
        self._under_way: defaultdict[str, list[datetime]] = defaultdict(list)
        self._slow: set[str] = set()

    async def run(self, message: WakeMessage) -> None:
        """Look at a chain and do what is due."""
        if message.subject == NO_SUBJECT:
            await self._sweep_up(message.webhook_id)
            return
        found = await self._deliveries.head(message.webhook_id, message.subject)
        if found is None or found.value.order < message.order:
            return
        head = found.value
        if head.order > message.order:
            # Whoever ended the delivery of this message may have died before waking the next.
            await self._send(wake(head, _after(message.order), self._clock.now(), head.due_at))
            return
        stored = await self._webhooks.get(message.webhook_id)
        if stored is None or not stored.value.active:
            await self._end(head.model_copy(update={"status": DeliveryStatus.CANCELLED}))
            return
        if head.attempts > message.attempt or head.due_at > self._clock.now() + ALMOST:
            # Too early, or late by an attempt. The id of the message meant for that time may be used up.
            now = self._clock.now()
            await self._send(wake(head, f"early:{now.timestamp():.6f}", now, head.due_at))
            return
        await self._attempt(stored.value, found)

    async def _sweep_up(self, webhook_id: str) -> None:
        """Once more remove what belongs to a webhook that is no longer there."""
        if await self._webhooks.get(webhook_id) is None:
            await self._webhooks.delete(webhook_id)
            await self._deliveries.forget(webhook_id, None)

    async def _attempt(self, webhook: Webhook, found: Versioned[Delivery]) -> None:
        if self._is_busy(webhook.webhook_id):
            await self._put_off(found, self._clock.now() + BUSY_PAUSE)
            return
        rest = await self._rest(webhook.webhook_id)
        if rest is not None:
            await self._put_off(found, rest)
            return
        began = self._clock.now()
        self._under_way[webhook.webhook_id].append(began)
        try:
            outcome = await self._outcome(webhook, found.value)
        finally:
            self._under_way[webhook.webhook_id].remove(began)
        (self._slow.add if outcome.at - began >= SLOW else self._slow.discard)(webhook.webhook_id)
        health = await self._note(webhook.webhook_id, outcome)
        done = after_attempt(found.value, outcome)
        reason = None if outcome.delivered else disabling_reason(done, outcome, health)
        if reason is not None:
            await self._disable(webhook.webhook_id, reason, outcome.at)
        if done.status is not DeliveryStatus.PENDING:
            await self._end(done)
        elif await self._deliveries.update(done, found.etag):
            await self._send(wake(done, _due(done), self._clock.now(), done.due_at))

    def _is_busy(self, webhook_id: str) -> bool:
        under_way = self._under_way[webhook_id]
        if len(under_way) < AT_ONCE:
            return False
        return webhook_id in self._slow or self._clock.now() - under_way[0] >= SLOW

    async def _outcome(self, webhook: Webhook, delivery: Delivery) -> Outcome:
        entry = await self._log.get(delivery.position)
        began = self._clock.now()
        if entry is None:
            return Outcome(at=began, duration_ms=0, error="the event is no longer kept")
        body = body_of(entry)
        headers = {
            **headers_of(webhook, entry.message_id, began, body),
            EVENT: entry.public_id,
            SEQUENCE: str(entry.sequence),
        }
        return await attempt(self._outbound, self._clock, webhook.url, headers, body)

    async def _rest(self, webhook_id: str) -> datetime | None:
        """Until when a failing receiver is left alone; None: attempt now, and alone if it fails much."""
        health = await self._webhooks.health(webhook_id)
        if health is None or health.value.failures < REST_AFTER or health.value.resting_until is None:
            return None
        now = self._clock.now()
        if health.value.resting_until > now:
            return health.value.resting_until
        probing = health.value.model_copy(update={"resting_until": now + _PROBE})
        if await self._webhooks.note_health(webhook_id, probing, health.etag):
            return None
        return now + _PROBE

    async def _put_off(self, found: Versioned[Delivery], until: datetime) -> None:
        later = found.value.model_copy(update={"due_at": until})
        if await self._deliveries.update(later, found.etag):
            await self._send(wake(later, _due(later), self._clock.now(), until))

    async def _note(self, webhook_id: str, outcome: Outcome) -> WebhookHealth:
        """Count a failure, or forget those before; against other workers, a few times."""
        health = WebhookHealth()
        for _ in range(_TRIES):
            stored = await self._webhooks.health(webhook_id)
            before = WebhookHealth() if stored is None else stored.value
            health = WebhookHealth() if outcome.delivered else before.after_failure(outcome.at)
            if health == before:
                break
            if await self._webhooks.note_health(webhook_id, health, None if stored is None else stored.etag):
                break
        return health

    async def _disable(self, webhook_id: str, reason: str, at: datetime) -> None:
        for _ in range(_TRIES):
            stored = await self._webhooks.get(webhook_id)
            if stored is None or not stored.value.active:
                return
            try:
                await self._webhooks.replace(stored.value.disabled(reason, at), stored.etag)
            except VersionConflictError:
                continue
            except MissingError:
                return
            log.warning("webhook %s is switched off: %s", webhook_id, reason)
            return

    async def _end(self, delivery: Delivery) -> None:
        """Out of the chain, then wake the next: see `FanOutWebhooks.start` for why in this order."""
        if delivery.status is DeliveryStatus.DEAD_LETTER:
            log.warning(
                "webhook %s did not take event %s: %s",
                delivery.webhook_id,
                delivery.delivery_id,
                delivery.error or f"HTTP status {delivery.response_status}",
            )
        await self._deliveries.finish(delivery)
        following = await self._deliveries.head(delivery.webhook_id, delivery.subject)
        if following is not None:
            head = following.value
            await self._send(wake(head, _after(delivery.order), self._clock.now(), head.due_at))

    async def _send(self, message: Message) -> None:
        await self._messenger.send([message])


async def attempt(
    outbound: Outbound, clock: Clock, url: str, headers: dict[str, str], body: bytes
) -> Outcome:
    """One POST, and what came of it."""
    began = clock.now()
    status: int | None = None
    error: str | None = None
    wait: timedelta | None = None
    try:
        answer = await outbound.post(url, headers, body, TIMEOUT_SECONDS)
        status = answer.status
        wait = retry_after(answer.headers.get("retry-after"), clock.now())
    except RefusedDestinationError as refusal:
        error = f"refused: {refusal}"
    except NoAnswerError as failure:
        error = str(failure)
    spent = max(0, int((clock.now() - began).total_seconds() * 1000))
    return Outcome(at=clock.now(), duration_ms=spent, status=status, error=error, retry_after=wait)


def _after(order: tuple[int, int]) -> str:
    return f"after:{order[0]}:{order[1]}"


def _due(delivery: Delivery) -> str:
    return f"due:{delivery.due_at.timestamp():.3f}"
