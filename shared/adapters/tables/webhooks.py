"""Registrations of webhooks in the table `Webhooks`, one partition: they are few.

Row `w<id>` holds a registration, row `h<id>` how its receiver fares. Secrets stand in a column of their own,
sealed where the deployment has a key for that.
"""

from __future__ import annotations

from typing import Any, Final

import orjson
from azure.data.tables.aio import TableServiceClient
from pydantic import SecretStr

from shared.adapters.tables.codec import decode, encode, pack, unpack
from shared.adapters.tables.table import Action, Entity, Table, Write, etag_of
from shared.domain.ids import IdKind, is_id
from shared.domain.page import Versioned
from shared.domain.webhooks import Webhook, WebhookHealth, WebhookSecret
from shared.ports.errors import AlreadyExistsError, MissingError, VersionConflictError
from shared.ports.secrets import Sealer

_PARTITION: Final = "webhooks"


class TableWebhookStore:
    """`WebhookStore` on Azure Tables."""

    def __init__(self, service: TableServiceClient, sealer: Sealer, *, prefix: str = "") -> None:
        self._table = Table(service, f"{prefix}Webhooks")
        self._sealer = sealer

    async def aclose(self) -> None:
        """Release the table client."""
        await self._table.aclose()

    async def insert(self, webhook: Webhook) -> None:
        """See `WebhookStore.insert`.

        Raises:
            ValueError: the id is not one of a webhook.
        """
        if not is_id(IdKind.WEBHOOK, webhook.webhook_id):
            raise ValueError("not the id of a webhook")
        await self._table.write(Write(Action.CREATE, self._row(webhook)))

    async def get(self, webhook_id: str) -> Versioned[Webhook] | None:
        """See `WebhookStore.get`."""
        if not is_id(IdKind.WEBHOOK, webhook_id):
            return None
        row = await self._table.get(_PARTITION, f"w{webhook_id}")
        return None if row is None else Versioned(self._webhook(row), etag_of(row))

    async def replace(self, webhook: Webhook, etag: str) -> Versioned[Webhook]:
        """See `WebhookStore.replace`."""
        written = await self._table.write(Write(Action.REPLACE, self._row(webhook), etag))
        return Versioned(webhook, str(written))

    async def delete(self, webhook_id: str) -> None:
        """See `WebhookStore.delete`."""
        for row in (f"w{webhook_id}", f"h{webhook_id}"):
            try:
                await self._table.write(Write(Action.DELETE, {"PartitionKey": _PARTITION, "RowKey": row}))
            except MissingError:
                continue

    async def all(self) -> list[Webhook]:
        """See `WebhookStore.all`."""
        where = "PartitionKey eq @partition and RowKey ge @low and RowKey lt @high"
        parameters = {"partition": _PARTITION, "low": "w", "high": "x"}
        webhooks = [self._webhook(row) async for row in self._table.rows(where, parameters)]
        return sorted(webhooks, key=lambda one: (one.created_at, one.webhook_id))

    async def health(self, webhook_id: str) -> Versioned[WebhookHealth] | None:
        """See `WebhookStore.health`."""
        row = await self._table.get(_PARTITION, f"h{webhook_id}")
        return None if row is None else Versioned(decode(WebhookHealth, row), etag_of(row))

    async def note_health(self, webhook_id: str, health: WebhookHealth, etag: str | None) -> bool:
        """See `WebhookStore.note_health`."""
        row = {"PartitionKey": _PARTITION, "RowKey": f"h{webhook_id}", **pack(encode(health))}
        write = Write(Action.CREATE, row) if etag is None else Write(Action.REPLACE, row, etag)
        try:
            await self._table.write(write)
        except (AlreadyExistsError, MissingError, VersionConflictError):
            return False
        return True

    def _row(self, webhook: Webhook) -> Entity:
        secrets = [
            [one.value.get_secret_value(), None if one.until is None else one.until.isoformat()]
            for one in webhook.secrets
        ]
        shown = webhook.model_dump(mode="json", exclude={"secrets"})
        return {
            "PartitionKey": _PARTITION,
            "RowKey": f"w{webhook.webhook_id}",
            "secrets": self._sealer.seal(orjson.dumps(secrets)),
            **pack(orjson.dumps(shown)),
        }

    def _webhook(self, row: Entity) -> Webhook:
        members: dict[str, Any] = orjson.loads(unpack(row))
        stored = orjson.loads(self._sealer.open(row["secrets"]))
        members["secrets"] = tuple(
            WebhookSecret(value=SecretStr(value), until=until) for value, until in stored
        )
        return Webhook.model_validate(members)
