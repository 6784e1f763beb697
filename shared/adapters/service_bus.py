"""Sending to Service Bus queues."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError
from azure.servicebus import ServiceBusMessage, ServiceBusMessageBatch
from azure.servicebus.aio import ServiceBusClient, ServiceBusSender
from azure.servicebus.exceptions import MessageSizeExceededError

from shared.adapters.clock import SystemClock
from shared.ports.clock import Clock
from shared.ports.errors import BrokerUnavailableError
from shared.ports.messaging import Message, Queue

SEND_SECONDS: Final = 4.0
"""For one attempt at what one call sends to one queue."""
QUEUE_SECONDS: Final = 8.5
"""For all of it, waiting for earlier calls included: a caller hears of an outage within ten seconds."""
_ATTEMPTS: Final = 2
_CLOSE_SECONDS: Final = 1.0


def service_bus_client(
    *,
    connection_string: str | None = None,
    fully_qualified_namespace: str = "",
    credential: AsyncTokenCredential | None = None,
) -> ServiceBusClient:
    """A client with short retries, from a connection string or from a namespace and a login.

    Raises:
        ValueError: neither was given.
    """
    retries: dict[str, Any] = {"retry_total": 1, "retry_backoff_factor": 0.2, "retry_backoff_max": 1.0}
    if connection_string is not None:
        return ServiceBusClient.from_connection_string(connection_string, **retries)
    if not fully_qualified_namespace or credential is None:
        raise ValueError("a Service Bus client needs a connection string, or a namespace and a credential")
    return ServiceBusClient(fully_qualified_namespace, credential, **retries)


class ServiceBusMessenger:
    """`Messenger` on Service Bus. Senders stay open: a first send takes far longer than the next."""

    def __init__(self, client: ServiceBusClient, clock: Clock | None = None) -> None:
        self._client = client
        self._clock = clock or SystemClock()
        self._senders: dict[Queue, ServiceBusSender] = {}
        self._locks = {queue: asyncio.Lock() for queue in Queue}

    async def aclose(self) -> None:
        """Close the senders; the client belongs to who made it."""
        # Side by side: the SDK takes a second to close each.
        await asyncio.gather(*(self._drop(queue) for queue in list(self._senders)))

    async def send(self, messages: Sequence[Message]) -> None:
        """See `Messenger.send`. Messages with a delay are scheduled from now.

        Raises:
            ValueError: one message exceeds what the queue takes.
        """
        by_queue: dict[Queue, list[Message]] = {}
        for message in messages:
            by_queue.setdefault(message.queue, []).append(message)
        for queue, group in by_queue.items():
            deadline = asyncio.get_running_loop().time() + QUEUE_SECONDS
            await self._acquire(queue, deadline)
            try:
                await self._send_group(queue, group, deadline)
            finally:
                self._locks[queue].release()

    async def _acquire(self, queue: Queue, deadline: float) -> None:
        """Wait for earlier calls: a sender takes one at a time."""
        try:
            async with asyncio.timeout_at(deadline):
                await self._locks[queue].acquire()
        except TimeoutError as error:
            raise BrokerUnavailableError(f"queue {queue.value} is held up by earlier sends") from error

    async def _send_group(self, queue: Queue, group: list[Message], deadline: float) -> None:
        """Try twice: a connection that the broker closed while idle is only noticed by using it."""
        now = self._clock.now()
        loop = asyncio.get_running_loop()
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                async with asyncio.timeout_at(min(deadline, loop.time() + SEND_SECONDS)):
                    sender = self._sender(queue)
                    async for batch in _batches(sender, [_wire(message, now) for message in group]):
                        await sender.send_messages(batch)
            except MessageSizeExceededError as error:
                raise ValueError(f"a message for {queue.value} exceeds the size limit") from error
            except (AzureError, OSError) as error:
                await self._drop(queue)
                if attempt == _ATTEMPTS:
                    kind = type(error).__name__
                    raise BrokerUnavailableError(f"queue {queue.value} does not answer ({kind})") from error
            except asyncio.CancelledError:
                await self._drop(queue)
                raise
            else:
                return

    def _sender(self, queue: Queue) -> ServiceBusSender:
        if queue not in self._senders:
            self._senders[queue] = self._client.get_queue_sender(queue.value)
        return self._senders[queue]

    async def _drop(self, queue: Queue) -> None:
        """Forget a sender. Its connection may be broken, so that closing it may fail or take for ever."""
        sender = self._senders.pop(queue, None)
        if sender is None:
            return
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await sender.close()
        except (AzureError, OSError):
            return


def _wire(message: Message, now: datetime) -> ServiceBusMessage:
    due = None if message.delay is None else (now + message.delay).astimezone(UTC)
    return ServiceBusMessage(
        message.body,
        message_id=message.message_id,
        content_type="application/json",
        scheduled_enqueue_time_utc=due,
    )


async def _batches(
    sender: ServiceBusSender, messages: Sequence[ServiceBusMessage]
) -> AsyncIterator[ServiceBusMessageBatch]:
    """The messages in as few batches as the queue's size limit allows."""
    batch = await sender.create_message_batch()
    for message in messages:
        try:
            batch.add_message(message)
        except MessageSizeExceededError:
            if len(batch) == 0:
                raise
            yield batch
            batch = await sender.create_message_batch()
            batch.add_message(message)
    if len(batch):
        yield batch
