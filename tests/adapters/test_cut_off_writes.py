"""A connection that breaks after a write was done and before its answer arrived."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from shared.adapters.storage_clients import table_service
from shared.adapters.tables.quotas import TableQuotaStore
from shared.adapters.tables.table import Action, Table, Write
from shared.domain.quota import Window
from shared.ports.errors import WriteUncertainError

pytestmark = pytest.mark.local_stack

_LENGTH = re.compile(rb"^content-length: *(\d+)", re.IGNORECASE | re.MULTILINE)
_TABLES = re.compile(r"(TableEndpoint=http://127\.0\.0\.1:)(\d+)")


class Cutter:
    """A proxy that lets `cuts` transactions through and hangs up instead of bringing their answers."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.cuts = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ahead, back = await asyncio.open_connection("127.0.0.1", self._port)
        answers = asyncio.create_task(self._relay(ahead, writer))
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = _LENGTH.search(head)
                body = await reader.readexactly(int(length[1])) if length else b""
                cut = self.cuts > 0 and b"/$batch" in head.partition(b"\r\n")[0]
                if cut:
                    self.cuts -= 1
                    answers.cancel()
                    await asyncio.gather(answers, return_exceptions=True)
                back.write(head + body)
                await back.drain()
                if cut:
                    await ahead.read(1)  # it was done
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            answers.cancel()
            back.close()
            writer.close()

    @staticmethod
    async def _relay(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()


@asynccontextmanager
async def through(cutter: Cutter, connection_string: str) -> AsyncIterator[str]:
    async with await asyncio.start_server(cutter, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        yield _TABLES.sub(rf"\g<1>{port}", connection_string)


@pytest.fixture
def cutter(storage_connection_string: str) -> Cutter:
    found = _TABLES.search(storage_connection_string)
    if found is None:
        pytest.skip("the storage is not on this machine")
    return Cutter(int(found[2]))


async def test_a_write_that_met_itself_is_uncertain(cutter: Cutter, storage_connection_string: str) -> None:
    async with (
        through(cutter, storage_connection_string) as connection_string,
        table_service(connection_string=connection_string) as service,
    ):
        table = Table(service, f"t{uuid.uuid4().hex}")
        assert await table.get("p", "r") is None
        cutter.cuts = 1
        with pytest.raises(WriteUncertainError):
            await table.write(Write(Action.CREATE, {"PartitionKey": "p", "RowKey": "r", "n": 1}))
        row = await table.get("p", "r")
        assert row is not None and row["n"] == 1
        cutter.cuts = 1  # this one may be repeated: it says the same twice
        await table.write(Write(Action.PUT, {"PartitionKey": "p", "RowKey": "r", "n": 2}))
        row = await table.get("p", "r")
        assert row is not None and row["n"] == 2
        await table.aclose()


async def test_a_lease_that_was_cut_off_is_read_anew(cutter: Cutter, storage_connection_string: str) -> None:
    async with (
        through(cutter, storage_connection_string) as connection_string,
        table_service(connection_string=connection_string) as service,
    ):
        store, caller = TableQuotaStore(service), f"caller-{uuid.uuid4().hex}"
        etag = await store.write(caller, Window(1, 10), None)
        cutter.cuts = 1
        with pytest.raises(WriteUncertainError):
            await store.write(caller, Window(1, 20), etag)
        stored = await store.read(caller)
        assert stored is not None and stored.value == Window(1, 20)
        await store.aclose()
