"""Messenger: the in-memory twin, and the real client against the local broker."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from azure.servicebus.aio import ServiceBusClient, ServiceBusReceiver

from devhost.servicebus.server import ServiceBusServer, serve
from shared.adapters.memory.clock import MemoryClock
from shared.adapters.memory.messaging import MemoryMessenger
from shared.adapters.probes import BrokerProbe
from shared.adapters.service_bus import ServiceBusMessenger, service_bus_client
from shared.ports.errors import BrokerUnavailableError
from shared.ports.messaging import Message, Queue

QUEUES = {"queues": {queue.value: {"duplicate_detection_window": 600} for queue in Queue}}


def message(number: int, queue: Queue = Queue.SHARDS, **changes: timedelta) -> Message:
    return Message(queue, f"m{number}", b'{"n": %d}' % number, **changes)


@pytest.fixture
async def broker() -> AsyncIterator[ServiceBusServer]:
    async with serve(QUEUES, key_name="RootManageSharedAccessKey", key="c2VjcmV0") as server:
        yield server


@pytest.fixture
async def client(broker: ServiceBusServer) -> AsyncIterator[ServiceBusClient]:
    async with service_bus_client(connection_string=broker.connection_string) as built:
        yield built


class Inbox:
    """What arrives in the queues. Receivers stay open: opening and closing one takes a second."""

    def __init__(self, client: ServiceBusClient) -> None:
        self._client = client
        self._receivers: dict[Queue, ServiceBusReceiver] = {}

    async def take(self, queue: Queue, count: int, wait: float = 10) -> dict[str, bytes]:
        """Messages by id: waits until there are `count`, or for `wait` seconds in all."""
        if queue not in self._receivers:
            self._receivers[queue] = await self._client.get_queue_receiver(queue.value).__aenter__()
        receiver = self._receivers[queue]
        found: dict[str, bytes] = {}
        deadline = time.monotonic() + wait
        while len(found) < count and time.monotonic() < deadline:
            for each in await receiver.receive_messages(max_message_count=100, max_wait_time=0.2):
                assert each.message_id is not None
                found[each.message_id] = b"".join(each.body)
                await receiver.complete_message(each)
        return found


async def test_messages_arrive_by_queue_with_id_and_body(client: ServiceBusClient) -> None:
    messenger, inbox = ServiceBusMessenger(client), Inbox(client)
    await messenger.send([message(1), message(2, Queue.PLAN), message(3)])
    await messenger.send([])
    assert await inbox.take(Queue.SHARDS, 2) == {"m1": b'{"n": 1}', "m3": b'{"n": 3}'}
    assert await inbox.take(Queue.PLAN, 1) == {"m2": b'{"n": 2}'}
    await messenger.aclose()


async def test_an_id_is_delivered_once(client: ServiceBusClient) -> None:
    messenger, inbox = ServiceBusMessenger(client), Inbox(client)
    await messenger.send([message(1)])
    await messenger.send([message(1), message(2)])
    assert await inbox.take(Queue.SHARDS, 2) == {"m1": b'{"n": 1}', "m2": b'{"n": 2}'}
    assert await inbox.take(Queue.SHARDS, 1, wait=0.3) == {}
    await messenger.aclose()


async def test_delayed_messages_are_scheduled(client: ServiceBusClient) -> None:
    messenger, inbox = ServiceBusMessenger(client), Inbox(client)
    far, near = timedelta(hours=1), timedelta(milliseconds=300)
    await messenger.send([message(1, delay=far), message(2, delay=near), message(3)])
    assert set(await inbox.take(Queue.SHARDS, 2)) == {"m2", "m3"}
    assert await inbox.take(Queue.SHARDS, 1, wait=0.3) == {}
    await messenger.aclose()


async def test_many_messages_are_sent_in_batches_within_the_size_limit(client: ServiceBusClient) -> None:
    messenger, inbox = ServiceBusMessenger(client), Inbox(client)
    bodies = [Message(Queue.SHARDS, f"m{number}", bytes(20_000)) for number in range(40)]
    await messenger.send(bodies)
    assert len(await inbox.take(Queue.SHARDS, 40)) == 40
    with pytest.raises(ValueError, match="size"):
        await messenger.send([Message(Queue.SHARDS, "huge", bytes(2_000_000))])
    await messenger.send([message(99)])
    assert set(await inbox.take(Queue.SHARDS, 1)) == {"m99"}
    await messenger.aclose()


async def test_a_restarted_broker_is_found_again() -> None:
    async with serve(QUEUES, key_name="n", key="c2VjcmV0") as first:
        port = first.port
        client = service_bus_client(connection_string=first.connection_string)
        messenger, inbox = ServiceBusMessenger(client), Inbox(client)
        await messenger.send([message(1)])
    with pytest.raises(BrokerUnavailableError):
        await messenger.send([message(2)])
    async with serve(QUEUES, key_name="n", key="c2VjcmV0", port=port):
        await messenger.send([message(3)])
        assert set(await inbox.take(Queue.SHARDS, 1)) == {"m3"}
        assert await BrokerProbe(client).check() is None
        await messenger.aclose()
        await client.close()


async def test_twin_drops_an_id_within_the_window_only() -> None:
    clock = MemoryClock()
    messenger = MemoryMessenger(clock, duplicate_window=timedelta(minutes=10))
    await messenger.send([message(1), message(1), message(1, Queue.PLAN)])
    assert messenger.take() == [message(1), message(1, Queue.PLAN)]
    clock.advance(599)
    await messenger.send([message(1)])
    assert messenger.take() == []
    clock.advance(1)
    await messenger.send([message(1)])
    assert messenger.take() == [message(1)]
    assert len(messenger.dropped) == 2


async def test_twin_holds_delayed_messages_until_due() -> None:
    clock = MemoryClock()
    messenger = MemoryMessenger(clock)
    await messenger.send([message(1, delay=timedelta(seconds=30)), message(2)])
    assert messenger.take(Queue.SHARDS) == [message(2)]
    assert messenger.next_due() == clock.now() + timedelta(seconds=30)
    clock.advance(30)
    assert [each.message_id for each in messenger.take(Queue.SHARDS)] == ["m1"]
    assert messenger.waiting == []


async def test_twin_fails_when_told() -> None:
    messenger = MemoryMessenger()
    messenger.failures_left = 1
    with pytest.raises(BrokerUnavailableError):
        await messenger.send([message(1)])
    await messenger.send([message(1)])
    assert messenger.accepted == [message(1)]
