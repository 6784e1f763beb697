"""What callers hear when storage or the broker is away: the port's error, within about ten seconds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from azure.core.credentials import AzureKeyCredential

from devhost.azurite import ACCOUNT, ACCOUNT_KEY
from shared.adapters.blobs import AzureBlobStore
from shared.adapters.event_grid import EventGridPublisher, event_grid_client
from shared.adapters.probes import BrokerProbe, StorageProbe
from shared.adapters.service_bus import ServiceBusMessenger, service_bus_client
from shared.adapters.storage_clients import blob_service, table_service
from shared.adapters.tables.scans import TableScanStore
from shared.ports.errors import BrokerUnavailableError, StorageUnavailableError
from shared.ports.messaging import Message, Queue
from tests.adapters.builders import logged, scan

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def busy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        if line == b"\r\n":
            writer.write(b"HTTP/1.1 503 Server Busy\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()


async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


@asynccontextmanager
async def server(handler: Handler) -> AsyncIterator[int]:
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await handler(reader, writer)
        except (asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()

    listener = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
        for task in tasks:
            task.cancel()


async def closed_port() -> int:
    async with server(hang_up) as port:
        return port


def storage_at(port: int) -> str:
    return (
        f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={ACCOUNT_KEY};"
        f"TableEndpoint=http://127.0.0.1:{port}/{ACCOUNT};BlobEndpoint=http://127.0.0.1:{port}/{ACCOUNT}"
    )


async def assert_storage_is_away(port: int) -> None:
    tables = table_service(connection_string=storage_at(port))
    blobs = blob_service(connection_string=storage_at(port))
    async with tables, blobs:
        scans, pages = TableScanStore(tables), AzureBlobStore(blobs, "pages")
        started = time.monotonic()
        outcomes = await asyncio.gather(
            scans.insert(scan()),
            scans.get(scan().scan_id),
            scans.unfinished(),
            pages.put("a", b"b"),
            pages.get("a"),
            pages.delete_prefix("a"),
            return_exceptions=True,
        )
        assert [type(outcome) for outcome in outcomes] == [StorageUnavailableError] * 6
        reason = await StorageProbe(tables).check()
        assert reason is not None
        assert ACCOUNT_KEY not in reason
        assert time.monotonic() - started < 12


async def test_storage_is_away() -> None:
    """Connections are refused, broken, or answered with 503."""
    async with server(busy) as busy_port, server(hang_up) as broken_port:
        ports = (await closed_port(), broken_port, busy_port)
        await asyncio.gather(*(assert_storage_is_away(port) for port in ports))


async def test_broker_is_away() -> None:
    port = await closed_port()
    text = f"Endpoint=sb://127.0.0.1:{port};SharedAccessKeyName=n;SharedAccessKey=secret;UseDevelopmentEmulator=true"
    async with service_bus_client(connection_string=text) as client:
        messenger = ServiceBusMessenger(client)
        started = time.monotonic()
        with pytest.raises(BrokerUnavailableError):
            await messenger.send([Message(Queue.PLAN, "m", b"{}", delay=timedelta(seconds=1))])
        assert time.monotonic() - started < 12
        reason = await BrokerProbe(client).check()
        assert reason is not None
        assert "secret" not in reason
        await messenger.aclose()


@pytest.mark.parametrize("handler", [busy, hang_up])
async def test_event_topic_is_away(handler: Handler) -> None:
    async with server(handler) as port:
        client = event_grid_client(f"http://127.0.0.1:{port}/topic", AzureKeyCredential("key"))
        publisher = EventGridPublisher(client, "/security-copilot")
        with pytest.raises(BrokerUnavailableError):
            await publisher.publish([logged(1)])
        await publisher.aclose()
