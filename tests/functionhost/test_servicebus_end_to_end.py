"""Queue triggers and outputs over the real Azure Service Bus SDK and the local broker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from azure.servicebus import ServiceBusMessage
from azure.servicebus.aio import ServiceBusClient

from devhost.functionhost.host import FunctionHost
from tests.functionhost.conftest import ENVIRONMENT

server = pytest.importorskip("devhost.servicebus.server", reason="the local Service Bus is not built")

CONFIG = {
    "queues": {
        "work": {"lock_duration": 30, "max_delivery_count": 2},
        "batches": {"lock_duration": 30, "max_delivery_count": 2},
    }
}


class Bus:
    """The broker with one client of its own. Closing a link takes the SDK up to a second: all at the end."""

    def __init__(self, port: int, connection_string: str, client: ServiceBusClient) -> None:
        self.port = port
        self.connection_string = connection_string
        self._client = client
        self._senders: dict[str, Any] = {}
        self._receivers: list[Any] = []

    async def send(self, queue: str, *bodies: str, **properties: Any) -> None:
        if queue not in self._senders:
            self._senders[queue] = self._client.get_queue_sender(queue)
        for number, body in enumerate(bodies):
            message = ServiceBusMessage(body, message_id=f"{body}-{number}", **properties)
            await self._senders[queue].send_messages(message)

    async def left_over(self, queue: str) -> list[tuple[str, int]]:
        """Body and earlier failed deliveries of what a new receiver gets at once: nothing that is locked."""
        receiver = await self._client.get_queue_receiver(queue).__aenter__()
        self._receivers.append(receiver)
        messages = await receiver.receive_messages(50, max_wait_time=0.5)
        return [(str(message), message.delivery_count or 0) for message in messages]

    async def close(self) -> None:
        await asyncio.gather(*(link.close() for link in (*self._senders.values(), *self._receivers)))
        await self._client.close()


@asynccontextmanager
async def serving(port: int = 0, config: dict[str, Any] = CONFIG) -> AsyncIterator[Bus]:
    async with server.serve(config, key_name="Root", key="c2VjcmV0", port=port) as running:
        connection_string = running.connection_string
        client = ServiceBusClient.from_connection_string(connection_string)
        bus = Bus(running.port, connection_string, client)
        try:
            yield bus
        finally:
            await bus.close()


@asynccontextmanager
async def started(
    make_host: Callable[..., FunctionHost], connection_string: str, **overrides: Any
) -> AsyncIterator[FunctionHost]:
    host = make_host(environment={**ENVIRONMENT, "ServiceBus": connection_string}, **overrides)
    await host.start()
    try:
        yield host
    finally:
        await host.stop()


async def calls(host: FunctionHost, count: int, function: str) -> list[dict[str, Any]]:
    async with asyncio.timeout(20):
        while True:
            found = [call for call in host.module.CALLS if call["function"] == function]
            if len(found) >= count:
                return found
            await asyncio.sleep(0.005)


async def test_a_message_reaches_its_function_and_is_completed(
    make_host: Callable[..., FunctionHost],
) -> None:
    async with serving() as broker:
        async with started(make_host, broker.connection_string) as host:
            await broker.send(
                "work",
                '{"scan": 1}',
                application_properties={"attempt": 1, "kind": "plan"},
                subject="scan-plan",
                content_type="application/json",
                correlation_id="c-1",
            )
            (call,) = await calls(host, 1, "OnWork")
        assert call["body"] == '{"scan": 1}' and call["message_id"] == '{"scan": 1}-0'
        assert call["delivery_count"] == 1
        assert call["properties"] == {"attempt": 1, "kind": "plan"}
        assert (call["subject"], call["content_type"]) == ("scan-plan", "application/json")
        assert call["correlation_id"] == "c-1" and call["enqueued"].endswith("+00:00")
        assert await broker.left_over("work") == []


async def test_a_failing_message_is_retried_at_once_then_dead_lettered(
    make_host: Callable[..., FunctionHost],
) -> None:
    async with serving() as broker:
        async with started(make_host, broker.connection_string) as host:
            await broker.send("work", "fail")
            (dead,) = await calls(host, 1, "OnDeadLetter")
            attempts = await calls(host, 2, "OnWork")
        assert [call["delivery_count"] for call in attempts] == [1, 2]
        assert (dead["body"], dead["message_id"]) == ("fail", "fail-0")
        assert await broker.left_over("work") == []
        assert await broker.left_over("work/$deadletterqueue") == []


async def test_a_lock_is_renewed_while_the_function_runs(make_host: Callable[..., FunctionHost]) -> None:
    config = {"queues": {"work": {"lock_duration": 0.5, "max_delivery_count": 2}, "batches": {}}}
    async with serving(config=config) as broker:
        async with started(make_host, broker.connection_string) as host:
            await broker.send("work", "wait")
            await calls(host, 1, "OnWork")
            await asyncio.sleep(1.5)  # Three times the lock.
            host.module.GATE.set()
        assert len([call for call in host.module.CALLS if call["function"] == "OnWork"]) == 1
        assert await broker.left_over("work") == []
        assert await broker.left_over("work/$deadletterqueue") == []


async def test_a_batch_function_takes_what_is_there(make_host: Callable[..., FunctionHost]) -> None:
    async with serving() as broker:
        await broker.send("batches", "1", "2", "3")
        async with started(make_host, broker.connection_string) as host:
            seen: list[str] = []
            while len(seen) < 3:
                batches = await calls(host, 1, "OnBatch")
                seen = [body for call in batches for body in call["bodies"]]
                await asyncio.sleep(0.005)
        assert seen == ["1", "2", "3"]
        assert await broker.left_over("batches") == []


async def test_an_output_is_sent_after_success_only(make_host: Callable[..., FunctionHost]) -> None:
    async with serving() as broker, started(make_host, broker.connection_string) as host:
        transport = httpx.ASGITransport(host)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            assert (await client.post("/enqueue?fail=1", content="lost")).status_code == 500
            assert (await client.post("/enqueue", content="kept")).status_code == 202
        (call,) = await calls(host, 1, "OnWork")
        assert call["body"] == "kept"


@pytest.mark.parametrize("prefetch", [0, 10])
async def test_after_a_stop_nothing_is_locked(
    prefetch: int, make_host: Callable[..., FunctionHost], tmp_path: Any
) -> None:
    """Four slots are busy, more messages wait: the busy ones are given back, the others untouched."""
    from tests.functionhost.conftest import SAMPLE_APP  # noqa: PLC0415

    app_dir = tmp_path / "app"
    app_dir.mkdir()
    (app_dir / "function_app.py").write_text((SAMPLE_APP / "function_app.py").read_text())
    host_json = (SAMPLE_APP / "host.json").read_text()
    (app_dir / "host.json").write_text(
        host_json.replace('"maxConcurrentCalls": 4', f'"maxConcurrentCalls": 4, "prefetchCount": {prefetch}')
    )
    async with serving() as broker:
        host = make_host(
            app_dir,
            environment={**ENVIRONMENT, "ServiceBus": broker.connection_string},
            stop_limit_seconds=0.2,
        )
        await host.start()
        await broker.send("work", *[f"wait {number}" for number in range(12)])
        await calls(host, 4, "OnWork")
        await host.stop()
        host.module.GATE.set()
        found = await broker.left_over("work")
        assert sorted(body for body, _ in found) == sorted(f"wait {number}" for number in range(12))
        assert sum(count for _, count in found) == 4
        assert len(host.module.CALLS) == 5  # Four messages and the timer that runs at the start.


async def test_the_pump_survives_a_restart_of_the_broker(make_host: Callable[..., FunctionHost]) -> None:
    async with serving() as broker:
        port, connection_string = broker.port, broker.connection_string
        host = make_host(environment={**ENVIRONMENT, "ServiceBus": connection_string})
        await host.start()
        await broker.send("work", "before")
        await calls(host, 1, "OnWork")
    async with serving(port) as broker:
        await broker.send("work", "after")
        found = await calls(host, 2, "OnWork")
        await host.stop()
    assert [call["body"] for call in found] == ["before", "after"]


async def test_start_does_not_need_the_broker(make_host: Callable[..., FunctionHost]) -> None:
    host = make_host()
    await host.start()
    await asyncio.wait_for(host.stop(), 15)
