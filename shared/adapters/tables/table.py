"""One table, created on first use, with the answers of the service turned into the ports' errors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Final

from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceRequestTimeoutError
from azure.data.tables.aio import TableClient, TableServiceClient

from shared.adapters.storage_errors import storage_errors
from shared.adapters.tables.point_read import read_row
from shared.adapters.tables.ranges import KeyRange
from shared.adapters.tables.transaction import Action, Entity, RefusedError, Write, submit
from shared.ports.errors import (
    AlreadyExistsError,
    MissingError,
    PortError,
    StorageUnavailableError,
    VersionConflictError,
    WriteUncertainError,
)

__all__ = ["Action", "Entity", "Table", "Write", "etag_of"]

MAX_PAGE: Final = 1000
_CONFLICTS: Final[dict[int, type[PortError]]] = {
    404: MissingError,
    409: AlreadyExistsError,
    412: VersionConflictError,
}


def etag_of(entity: Entity) -> str:
    """Version of a row as it was read without `select`."""
    return str(entity.metadata["etag"])  # type: ignore[attr-defined]


class Table:
    """One table of the storage account."""

    def __init__(self, service: TableServiceClient, name: str) -> None:
        self._client: TableClient = service.get_table_client(name)
        self._lock = asyncio.Lock()
        self._created = False

    async def aclose(self) -> None:
        """Release this table's client; the service client belongs to who made it."""
        await self._client.close()

    async def _ready(self) -> TableClient:
        if not self._created:
            async with self._lock:
                if not self._created:
                    await self._create()
                    self._created = True
        return self._client

    async def _create(self) -> None:
        try:
            with storage_errors():
                await self._client.create_table()
        except HttpResponseError as error:
            if error.status_code != 409:
                raise

    async def get(self, partition: str, row: str) -> Entity | None:
        """The row, or None."""
        client = await self._ready()
        with storage_errors():
            return await read_row(client, partition, row)

    async def pages(
        self,
        where: str,
        parameters: Mapping[str, Any],
        *,
        select: Sequence[str] | None = None,
        page_size: int = MAX_PAGE,
    ) -> AsyncGenerator[list[Entity], None]:
        """Rows that match an OData filter, in key order, a page at a time; `@name` in it is a parameter."""
        client = await self._ready()
        found = client.query_entities(
            where,
            parameters=dict(parameters),
            select=list(select) if select else None,
            results_per_page=min(page_size, MAX_PAGE),
        ).by_page()
        while True:
            with storage_errors():
                try:
                    page: list[Entity] = [entity async for entity in await anext(found)]
                except StopAsyncIteration:
                    return
            yield page

    def range(
        self, keys: KeyRange, *, select: Sequence[str] | None = None, page_size: int = MAX_PAGE
    ) -> AsyncGenerator[list[Entity], None]:
        """Rows of a range, a page at a time: one request each."""
        return self.pages(*keys.odata(), select=select, page_size=page_size)

    async def rows(
        self,
        where: str,
        parameters: Mapping[str, Any],
        *,
        select: Sequence[str] | None = None,
        page_size: int = MAX_PAGE,
    ) -> AsyncGenerator[Entity, None]:
        """The same, a row at a time."""
        async with aclosing(self.pages(where, parameters, select=select, page_size=page_size)) as pages:
            async for page in pages:
                for entity in page:
                    yield entity

    async def write(self, write: Write) -> str | None:
        """One write; the new version (None after a DELETE).

        Raises:
            AlreadyExistsError, MissingError, VersionConflictError: as its action says.
        """
        return (await self.transact([write]))[0]

    async def transact(self, writes: Sequence[Write]) -> list[str | None]:
        """All or nothing: at most 100 rows of one partition, each once, at most 4 MiB.

        Raises:
            AlreadyExistsError, MissingError, VersionConflictError: one did not fit; nothing is written.
            WriteUncertainError: the connection broke; since then this was written, or something else was.
            StorageUnavailableError: storage does not answer.
        """
        client = await self._ready()
        repeated = False
        while True:
            try:
                with storage_errors():
                    return await submit(client, writes)
            except RefusedError as error:
                if repeated:
                    raise WriteUncertainError("a write was cut off; it may have been done") from error
                raise _CONFLICTS[error.status](
                    "a row was written by somebody else or is not there"
                ) from error
            except StorageUnavailableError as error:
                if repeated or not _is_cut_off(error):
                    raise
                repeated = True


def _is_cut_off(error: StorageUnavailableError) -> bool:
    """Whether the connection broke, as one does that the service closed while idle.

    The client repeats reads by itself, but not a transaction: that is a POST. Whether a broken one was done
    is unknown, so a conflict at its repetition is no answer.
    """
    cause = error.__cause__
    return isinstance(cause, ServiceRequestError) and not isinstance(cause, ServiceRequestTimeoutError)
