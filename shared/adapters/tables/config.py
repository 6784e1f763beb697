"""The configuration in the table `Config`, one partition: the row `current` and a row for each change.

Both are written in one transaction, so the history misses nothing and tells of nothing that did not happen.
"""

from __future__ import annotations

from typing import Any, Final

from azure.data.tables.aio import TableServiceClient

from shared.adapters.tables.codec import decode, pack, unpack
from shared.adapters.tables.table import Action, Table, Write, etag_of
from shared.domain.config import ConfigChange, StoredConfig
from shared.domain.page import Page, PageRequest, Versioned
from shared.ports.errors import AlreadyExistsError, MissingError, VersionConflictError
from shared.ports.secrets import Sealer

_PARTITION: Final = "config"
_CURRENT: Final = "current"
_LAST: Final = 999_999_999


class TableConfigStore:
    """`ConfigStore` on Azure Tables; the document is sealed, since it holds a secret."""

    def __init__(self, service: TableServiceClient, sealer: Sealer, *, prefix: str = "") -> None:
        self._table = Table(service, f"{prefix}Config")
        self._sealer = sealer

    async def aclose(self) -> None:
        """Release the table client."""
        await self._table.aclose()

    async def get(self) -> Versioned[StoredConfig]:
        """See `ConfigStore.get`."""
        entity = await self._table.get(_PARTITION, _CURRENT)
        if entity is None:
            return Versioned(StoredConfig(), "")
        document = self._sealer.open(unpack(entity))
        return Versioned(StoredConfig.model_validate_json(document), etag_of(entity))

    async def replace(self, stored: StoredConfig, etag: str) -> None:
        """See `ConfigStore.replace`.

        Raises:
            ValueError: the document has no change that made it.
        """
        if stored.change is None:
            raise ValueError("a configuration is written together with its change")
        sealed = self._sealer.seal(stored.model_dump_json().encode())
        current = {"PartitionKey": _PARTITION, "RowKey": _CURRENT, **pack(sealed)}
        entry: dict[str, Any] = {
            "PartitionKey": _PARTITION,
            "RowKey": f"h{_LAST - stored.number:09d}",
            **pack(stored.change.model_dump_json().encode()),
        }
        action = Action.REPLACE if etag else Action.CREATE
        try:
            await self._table.transact([Write(action, current, etag or None), Write(Action.CREATE, entry)])
        except (AlreadyExistsError, MissingError) as error:
            raise VersionConflictError("the configuration was written by somebody else") from error

    async def history(self, request: PageRequest) -> Page[ConfigChange]:
        """See `ConfigStore.history`. Numbers have no gaps, so the newest one is the total."""
        total = (await self.get()).value.number
        top = total - request.offset if request.after is None else int(request.after) - 1
        last = max(top - request.limit + 1, 1)
        if top < 1:
            return Page((), total, None)
        where = "PartitionKey eq @partition and RowKey ge @first and RowKey le @last"
        keys = {"first": f"h{_LAST - top:09d}", "last": f"h{_LAST - last:09d}"}
        found = self._table.rows(where, {"partition": _PARTITION, **keys})
        items = tuple([decode(ConfigChange, entity) async for entity in found])
        return Page(items, total, str(last) if last > 1 and items else None)
