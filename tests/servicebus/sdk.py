"""One face for the two clients of azure-servicebus, so that each contract case is written once.

The sync client runs in threads; the aio client is used as it is.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from azure.servicebus import AutoLockRenewer, ServiceBusClient, ServiceBusReceivedMessage
from azure.servicebus.aio import AutoLockRenewer as AioAutoLockRenewer
from azure.servicebus.aio import ServiceBusClient as AioServiceBusClient

_THREADS = ThreadPoolExecutor(max_workers=96, thread_name_prefix="sync-sdk")


class Threaded:
    """An object of the sync SDK whose methods are awaitable."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if inspect.ismethod(found):
            return functools.partial(in_thread, found)
        return Threaded(found) if name == "session" else found

    async def __aenter__(self) -> Threaded:
        await in_thread(self._inner.__enter__)
        return self

    async def __aexit__(self, *details: Any) -> None:
        await in_thread(self._inner.__exit__, *details)


async def in_thread(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_THREADS, functools.partial(function, *args, **kwargs))


class Sdk:
    """Clients of one kind for one case; entity names get the kind as suffix."""

    def __init__(self, kind: str, connection_string: str, prefix: str, short_lock: float) -> None:
        self.kind = kind
        self.connection_string = connection_string
        self.short_lock = short_lock
        self._prefix = prefix
        self._client = self.client(connection_string)

    def client(self, connection_string: str) -> Any:
        factory = ServiceBusClient if self.kind == "sync" else AioServiceBusClient
        return factory.from_connection_string(connection_string, retry_total=1, retry_backoff_factor=0.1)

    def entity(self, name: str) -> str:
        return f"{self._prefix}{name}-{self.kind}"

    def _face(self, handler: Any) -> Any:
        return Threaded(handler) if self.kind == "sync" else handler

    def sender(self, queue: str) -> Any:
        return self._face(self._client.get_queue_sender(self.entity(queue)))

    def topic_sender(self, topic: str) -> Any:
        return self._face(self._client.get_topic_sender(self.entity(topic)))

    def receiver(self, queue: str, **options: Any) -> Any:
        if options.pop("auto_renew", False):
            options["auto_lock_renewer"] = AutoLockRenewer() if self.kind == "sync" else AioAutoLockRenewer()
        return self._face(self._client.get_queue_receiver(self.entity(queue), **options))

    def subscription(self, topic: str, name: str) -> Any:
        return self._face(self._client.get_subscription_receiver(self.entity(topic), name))

    async def list_sessions(self, queue: str) -> list[str]:
        if self.kind == "sync":
            found: list[str] = await in_thread(
                lambda: list(self._client.list_queue_sessions(self.entity(queue)))
            )
            return found
        return [name async for name in self._client.list_queue_sessions(self.entity(queue))]

    async def close(self) -> None:
        if self.kind == "sync":
            await in_thread(self._client.close)
        else:
            await self._client.close()


async def receive(receiver: Any, count: int, within: float = 10) -> list[Any]:
    """Receive until `count` `ServiceBusReceivedMessage`s came; fails when they do not come in time."""
    found: list[Any] = []
    deadline = asyncio.get_running_loop().time() + within
    while len(found) < count:
        left = deadline - asyncio.get_running_loop().time()
        assert left > 0, f"{len(found)} of {count} messages came"
        found += await receiver.receive_messages(count - len(found), max_wait_time=min(left, 2.0))
    return found


async def nothing(receiver: Any, wait: float = 0.5) -> bool:
    """Whether nothing comes within a short wait."""
    return not await receiver.receive_messages(1, max_wait_time=wait)


def body(message: ServiceBusReceivedMessage) -> str:
    return b"".join(message.body).decode()


def soon(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)
