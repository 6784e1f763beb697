"""Webhooks and their deliveries in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import count

from shared.adapters.memory.paging import cut_page
from shared.domain.page import Page, PageRequest, Versioned
from shared.domain.webhooks import Delivery, DeliveryStatus, Webhook, WebhookHealth
from shared.ports.errors import AlreadyExistsError, MissingError, VersionConflictError

_HIGHEST = 10**13


class MemoryWebhookStore:
    """Twin of `TableWebhookStore`."""

    def __init__(self) -> None:
        self._webhooks: dict[str, Versioned[Webhook]] = {}
        self._health: dict[str, Versioned[WebhookHealth]] = {}
        self._versions = count(1)

    async def aclose(self) -> None:
        """Nothing to release."""

    async def insert(self, webhook: Webhook) -> None:
        """See `WebhookStore.insert`."""
        if webhook.webhook_id in self._webhooks:
            raise AlreadyExistsError(f"webhook {webhook.webhook_id} exists")
        self._webhooks[webhook.webhook_id] = Versioned(webhook, str(next(self._versions)))

    async def get(self, webhook_id: str) -> Versioned[Webhook] | None:
        """See `WebhookStore.get`."""
        return self._webhooks.get(webhook_id)

    async def replace(self, webhook: Webhook, etag: str) -> Versioned[Webhook]:
        """See `WebhookStore.replace`."""
        stored = self._webhooks.get(webhook.webhook_id)
        if stored is None:
            raise MissingError(f"webhook {webhook.webhook_id} is not stored")
        if stored.etag != etag:
            raise VersionConflictError(f"webhook {webhook.webhook_id} was written by somebody else")
        self._webhooks[webhook.webhook_id] = written = Versioned(webhook, str(next(self._versions)))
        return written

    async def delete(self, webhook_id: str) -> None:
        """See `WebhookStore.delete`."""
        self._webhooks.pop(webhook_id, None)
        self._health.pop(webhook_id, None)

    async def all(self) -> list[Webhook]:
        """See `WebhookStore.all`."""
        webhooks = (stored.value for stored in self._webhooks.values())
        return sorted(webhooks, key=lambda one: (one.created_at, one.webhook_id))

    async def health(self, webhook_id: str) -> Versioned[WebhookHealth] | None:
        """See `WebhookStore.health`."""
        return self._health.get(webhook_id)

    async def note_health(self, webhook_id: str, health: WebhookHealth, etag: str | None) -> bool:
        """See `WebhookStore.note_health`."""
        stored = self._health.get(webhook_id)
        if (None if stored is None else stored.etag) != etag:
            return False
        self._health[webhook_id] = Versioned(health, str(next(self._versions)))
        return True


class MemoryDeliveryStore:
    """Twin of `TableDeliveryStore`."""

    def __init__(self) -> None:
        self._log: dict[tuple[str, int, int], Delivery] = {}
        self._chains: dict[tuple[str, str], dict[tuple[int, int], Versioned[Delivery]]] = {}
        self._versions = count(1)

    async def aclose(self) -> None:
        """Nothing to release."""

    async def enqueue(self, deliveries: Sequence[Delivery]) -> None:
        """See `DeliveryStore.enqueue`."""
        for delivery in deliveries:
            key = (delivery.webhook_id, *delivery.order)
            known = self._log.setdefault(key, delivery)
            if known.status is DeliveryStatus.PENDING:
                chain = self._chains.setdefault((delivery.webhook_id, delivery.subject), {})
                chain.setdefault(delivery.order, Versioned(known, str(next(self._versions))))

    async def head(self, webhook_id: str, subject: str) -> Versioned[Delivery] | None:
        """See `DeliveryStore.head`."""
        chain = self._chains.get((webhook_id, subject))
        return chain[min(chain)] if chain else None

    async def update(self, delivery: Delivery, etag: str) -> bool:
        """See `DeliveryStore.update`."""
        chain = self._chains.get((delivery.webhook_id, delivery.subject), {})
        stored = chain.get(delivery.order)
        if stored is None or stored.etag != etag:
            return False
        chain[delivery.order] = Versioned(delivery, str(next(self._versions)))
        self._log[delivery.webhook_id, *delivery.order] = delivery
        return True

    async def finish(self, delivery: Delivery) -> None:
        """See `DeliveryStore.finish`."""
        self._log[delivery.webhook_id, *delivery.order] = delivery
        self._chains.get((delivery.webhook_id, delivery.subject), {}).pop(delivery.order, None)

    async def get(self, webhook_id: str, position: int, replay: int) -> Delivery | None:
        """See `DeliveryStore.get`."""
        return self._log.get((webhook_id, position, replay))

    async def page(self, webhook_id: str, request: PageRequest) -> Page[Delivery]:
        """See `DeliveryStore.page`."""
        rows = [
            (f"{_HIGHEST - position:013d}~{999_999 - replay:06d}", delivery)
            for (owner, position, replay), delivery in self._log.items()
            if owner == webhook_id
        ]
        return cut_page(sorted(rows, key=lambda row: row[0]), request)

    async def overdue(self, before: datetime, limit: int) -> list[Delivery]:
        """See `DeliveryStore.overdue`."""
        pending = (stored.value for chain in self._chains.values() for stored in chain.values())
        return [delivery for delivery in pending if delivery.due_at < before][:limit]

    async def forget(self, webhook_id: str, up_to: int | None) -> None:
        """See `DeliveryStore.forget`."""
        for key in [key for key in self._log if key[0] == webhook_id and (up_to is None or key[1] <= up_to)]:
            del self._log[key]
        if up_to is None:
            for chain in [chain for chain in self._chains if chain[0] == webhook_id]:
                del self._chains[chain]
