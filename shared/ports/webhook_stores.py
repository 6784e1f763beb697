"""Stores of webhooks and of their deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from shared.domain.page import Page, PageRequest, Versioned
from shared.domain.webhooks import Delivery, Webhook, WebhookHealth


class WebhookStore(Protocol):
    """Registrations, few, and how their receivers fare."""

    async def insert(self, webhook: Webhook) -> None:
        """Write a new one.

        Raises:
            AlreadyExistsError: the id is taken.
        """
        ...

    async def get(self, webhook_id: str) -> Versioned[Webhook] | None:
        """One, or None."""
        ...

    async def replace(self, webhook: Webhook, etag: str) -> Versioned[Webhook]:
        """Write it if its stored version is still `etag`.

        Raises:
            VersionConflictError: somebody else wrote it.
            MissingError: it is not there.
        """
        ...

    async def delete(self, webhook_id: str) -> None:
        """Remove it with its health; absent is no error."""
        ...

    async def all(self) -> list[Webhook]:
        """Every registration, oldest first."""
        ...

    async def health(self, webhook_id: str) -> Versioned[WebhookHealth] | None:
        """How its receiver fares; None when nothing was noted."""
        ...

    async def note_health(self, webhook_id: str, health: WebhookHealth, etag: str | None) -> bool:
        """Write it if the stored version is still `etag` (None: there is none). False: somebody else did."""
        ...


class DeliveryStore(Protocol):
    """Deliveries: those pending in chains by (webhook, subject), and the log of all."""

    async def enqueue(self, deliveries: Sequence[Delivery]) -> None:
        """Make them pending and log them. One that is there already, pending or over, stays as it is."""
        ...

    async def head(self, webhook_id: str, subject: str) -> Versioned[Delivery] | None:
        """The first pending delivery of a chain."""
        ...

    async def update(self, delivery: Delivery, etag: str) -> bool:
        """Write a pending one and its log row if its version is still `etag`. False: somebody else did."""
        ...

    async def finish(self, delivery: Delivery) -> None:
        """Log the end of a delivery and take it out of its chain. Safe to repeat."""
        ...

    async def get(self, webhook_id: str, position: int, replay: int) -> Delivery | None:
        """One delivery as the log has it."""
        ...

    async def page(self, webhook_id: str, request: PageRequest) -> Page[Delivery]:
        """The log of one webhook, newest event first."""
        ...

    async def overdue(self, before: datetime, limit: int) -> list[Delivery]:
        """Pending deliveries that were due before that moment, in no particular order."""
        ...

    async def forget(self, webhook_id: str, up_to: int | None) -> None:
        """Remove log rows of events up to that position; None: all, and what is pending too."""
        ...
