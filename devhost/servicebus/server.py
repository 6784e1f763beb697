"""Run the server in the current event loop: `async with serve(...) as server: server.connection_string`."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from devhost.servicebus.broker import Broker
from devhost.servicebus.config import Config, parse_config
from devhost.servicebus.connection import AmqpConnection
from devhost.servicebus.sas import SharedAccessKey
from devhost.servicebus.store import MemoryStore, SqliteStore

_LOG = logging.getLogger(__name__)

HOST: Final = "127.0.0.1"
"""The server speaks plain AMQP and therefore listens on loopback only."""

_CLOSE_TIMEOUT: Final = 2.0
"""Seconds that connections get to take the server's close."""


@dataclass(slots=True)
class ServiceBusServer:
    """A running server."""

    port: int
    key: SharedAccessKey
    broker: Broker
    connections: set[AmqpConnection]
    failed: asyncio.Future[BaseException] = field(repr=False)
    """Gets the exception when the store can no longer be written; nothing is acknowledged from then on."""

    @property
    def connection_string(self) -> str:
        """What `ServiceBusClient.from_connection_string` takes."""
        return (
            f"Endpoint=sb://{HOST}:{self.port};SharedAccessKeyName={self.key.name};"
            f"SharedAccessKey={self.key.key};UseDevelopmentEmulator=true"
        )


@asynccontextmanager
async def serve(
    config: Config | dict[str, object],
    *,
    key_name: str,
    key: str,
    database: Path | None = None,
    port: int = 0,
    clock: Callable[[], float] = time.time,
) -> AsyncIterator[ServiceBusServer]:
    """Serve a namespace until the block ends.

    `database` None keeps everything in memory; otherwise the SQLite file is made or recovered. `port` 0
    picks a free one. `clock` gives seconds since the epoch.

    Raises:
        ConfigError: the configuration is invalid.
        StoreError: the database cannot be used.
        ValueError: the key or its name is empty or holds a character that a connection string cannot carry.
        OSError: the port is taken.
    """
    checked = config if isinstance(config, Config) else parse_config(config)
    shared_key = _check_key(key_name, key)
    loop = asyncio.get_running_loop()
    failed: asyncio.Future[BaseException] = loop.create_future()

    def fail(problem: BaseException) -> None:
        _LOG.critical("the database can no longer be written: %s", problem)
        if not failed.done():
            failed.set_result(problem)
        for connection in list(connections):
            connection.force_close()

    connections: set[AmqpConnection] = set()
    store = MemoryStore() if database is None else SqliteStore(database, fail)
    try:
        broker = Broker(checked, store, clock)
        if isinstance(store, SqliteStore):
            _report_orphans(store, broker)
        listener = await loop.create_server(
            lambda: AmqpConnection(broker, shared_key, clock, connections), HOST, port, backlog=512
        )
    except BaseException:
        if isinstance(store, SqliteStore):
            await store.close()
        raise
    try:
        yield ServiceBusServer(listener.sockets[0].getsockname()[1], shared_key, broker, connections, failed)
    finally:
        listener.close()
        await _close_connections(connections)
        broker.close()
        if isinstance(store, SqliteStore):
            await store.close()


def _check_key(name: str, key: str) -> SharedAccessKey:
    for label, value in (("key name", name), ("key", key)):
        if not value or ";" in value or not value.isprintable() or not value.isascii():
            raise ValueError(f"the {label} must be printable ASCII without ';', and not empty")
    return SharedAccessKey(name, key)


def _report_orphans(store: SqliteStore, broker: Broker) -> None:
    for queue in sorted(store.queues() - broker.keys):
        _LOG.warning("the database holds messages of '%s', which is not configured", queue)


async def _close_connections(connections: set[AmqpConnection]) -> None:
    for connection in list(connections):
        connection.force_close()
    if connections:
        await asyncio.wait([connection.closed for connection in connections], timeout=_CLOSE_TIMEOUT)
    for connection in list(connections):
        connection.abort()
