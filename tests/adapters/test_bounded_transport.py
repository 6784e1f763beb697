"""How many requests to storage are under way at once."""

from __future__ import annotations

import asyncio

import pytest

from shared.adapters.bounded_transport import CONNECTIONS
from shared.adapters.storage_clients import table_service
from shared.adapters.storage_errors import storage_errors
from shared.adapters.tables.point_read import read_row
from shared.ports.errors import StorageUnavailableError
from tests.adapters.test_outages import server, storage_at


async def test_no_more_requests_are_under_way_than_the_bound_and_none_is_forgotten() -> None:
    under_way = most = served = 0
    full, go_on = asyncio.Event(), asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal under_way, most, served
        while line := await reader.readline():
            if line == b"\r\n":
                under_way += 1
                most = max(most, under_way)
                if under_way == CONNECTIONS:
                    full.set()
                await go_on.wait()
                under_way -= 1
                served += 1
                writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()

    async with (
        server(slow) as port,
        table_service(connection_string=storage_at(port)) as tables,
    ):
        client = tables.get_table_client("Other")
        asked = [
            asyncio.create_task(client.get_entity(str(number), "row")) for number in range(3 * CONNECTIONS)
        ]
        await asyncio.wait_for(full.wait(), 5)
        go_on.set()
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(one, Exception) for one in outcomes)
    assert not any(isinstance(one, StorageUnavailableError) for one in outcomes)
    assert most == CONNECTIONS
    assert served == 3 * CONNECTIONS


async def test_a_call_that_meets_a_closed_client_hears_that_storage_is_away() -> None:
    async def gone(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()

    async with server(gone) as port:
        tables = table_service(connection_string=storage_at(port))
        async with tables:
            client = tables.get_table_client("Other")
            assert await read_row(client, "partition", "row") is None
        with pytest.raises(StorageUnavailableError), storage_errors():
            await read_row(client, "partition", "row")
