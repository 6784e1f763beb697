"""What is on disk when the process is killed: the real server, the real SDK, SIGKILL."""

from __future__ import annotations

import asyncio
import resource
import sqlite3
import sys
import threading
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.servicebus import ServiceBusClient, ServiceBusMessage
from azure.servicebus.aio import ServiceBusClient as AioServiceBusClient
from azure.servicebus.exceptions import ServiceBusError

from devhost.servicebus.server import serve
from devhost.servicebus.store import StoreError
from tests.servicebus.processes import ServerProcess, server_process
from tests.servicebus.sdk import body, nothing, receive, soon

CONFIG: dict[str, Any] = {
    "queues": {
        "plan": {"lock_duration": 60, "max_delivery_count": 3},
        "once": {"duplicate_detection_window": 600},
        "load": {},
        "sessions": {"requires_session": True},
    }
}


def kill(server: ServerProcess) -> None:
    server.process.kill()
    server.process.wait(timeout=10)


def client(server: ServerProcess) -> AioServiceBusClient:
    return AioServiceBusClient.from_connection_string(server.connection_string, retry_total=0)


async def before_the_crash(server: ServerProcess, due: datetime) -> dict[str, int]:
    async with (
        client(server) as sdk,
        sdk.get_queue_sender("plan") as plan,
        sdk.get_queue_sender("once") as once,
        sdk.get_queue_sender("sessions") as sessions,
        sdk.get_queue_receiver("plan") as receiver,
        sdk.get_queue_receiver("once") as once_receiver,
    ):
        for name in ("abandoned", "deferred", "dead", "done", "locked"):
            await plan.send_messages(ServiceBusMessage(name, application_properties={"n": name}))
        found = {body(one): one for one in await receive(receiver, 5)}
        await receiver.defer_message(found["deferred"])
        await receiver.dead_letter_message(found["dead"], reason="why", error_description="because")
        await receiver.complete_message(found["done"])
        for _ in range(2):
            await receiver.abandon_message(found["abandoned"])
            [found["abandoned"]] = await receive(receiver, 1)
        numbers = await plan.schedule_messages([ServiceBusMessage("due"), ServiceBusMessage("no")], due)
        await plan.cancel_scheduled_messages(numbers[1])
        await once.send_messages(ServiceBusMessage("first", message_id="seen"))
        [first] = await receive(once_receiver, 1)
        await once_receiver.complete_message(first)
        await sessions.send_messages(ServiceBusMessage("s", session_id="S"))
        async with sdk.get_queue_receiver("sessions", session_id="S") as holder:
            await holder.session.set_state(b"state")
        return {"deferred": found["deferred"].sequence_number or 0, "last": numbers[1]}


async def after_the_crash(server: ServerProcess, due: datetime, numbers: dict[str, int]) -> None:
    async with (
        client(server) as sdk,
        sdk.get_queue_sender("once") as once,
        sdk.get_queue_receiver("plan") as receiver,
        sdk.get_queue_receiver("plan", sub_queue="deadletter") as grave,
        sdk.get_queue_receiver("once") as once_receiver,
    ):
        found = {body(one): one for one in await receive(receiver, 3)}
        assert set(found) == {"abandoned", "locked", "due"}
        assert found["abandoned"].delivery_count == 2
        assert found["locked"].delivery_count == 0
        assert found["locked"].application_properties == {b"n": b"locked"}
        assert found["due"].enqueued_time_utc is not None
        assert abs(found["due"].enqueued_time_utc - due) < timedelta(seconds=1)
        assert datetime.now(UTC) >= due
        await receiver.abandon_message(found["abandoned"])  # the third failed delivery
        dead = {body(one): one.dead_letter_reason for one in await receive(grave, 2)}
        assert dead == {"dead": "why", "abandoned": "MaxDeliveryCountExceeded"}
        [deferred] = await receiver.receive_deferred_messages(numbers["deferred"])
        assert body(deferred) == "deferred"
        assert await nothing(receiver)

        await once.send_messages(ServiceBusMessage("again", message_id="seen"))
        await once.send_messages(ServiceBusMessage("new", message_id="unseen"))
        [new] = await receive(once_receiver, 1)
        assert body(new) == "new"
        async with sdk.get_queue_receiver("sessions", session_id="S") as holder:
            assert await holder.session.get_state() == b"state"
            [one] = await receive(holder, 1)
            assert body(one) == "s"
        async with sdk.get_queue_sender("plan") as plan:
            # Numbers are never given out twice, not even those of messages that are gone.
            [number] = await plan.schedule_messages(ServiceBusMessage("x"), soon(600))
            assert number > numbers["last"]


def test_everything_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    database = tmp_path / "bus.sqlite3"
    due = datetime.now(UTC) + timedelta(seconds=6)
    with server_process(tmp_path, CONFIG, database) as server:
        numbers = asyncio.run(before_the_crash(server, due))
        kill(server)
    with server_process(tmp_path, CONFIG, database) as server:
        asyncio.run(after_the_crash(server, due, numbers))


def test_no_acknowledged_send_is_lost_when_killed_under_load(tmp_path: Path) -> None:
    database = tmp_path / "bus.sqlite3"
    acknowledged: list[str] = []
    enough = threading.Event()

    def send(server: ServerProcess, name: str) -> None:
        with (
            ServiceBusClient.from_connection_string(server.connection_string, retry_total=0) as sdk,
            sdk.get_queue_sender("load") as sender,
        ):
            for number in range(100_000):
                text = f"{name}-{number}"
                sender.send_messages(ServiceBusMessage(text), timeout=5)
                acknowledged.append(text)
                if len(acknowledged) >= 300:
                    enough.set()

    def send_until_it_breaks(server: ServerProcess, name: str) -> None:
        with pytest.raises((ServiceBusError, OSError)):
            send(server, name)

    with server_process(tmp_path, CONFIG, database) as server:
        threads = [threading.Thread(target=send_until_it_breaks, args=(server, name)) for name in "ab"]
        for thread in threads:
            thread.start()
        assert enough.wait(30)
        kill(server)
        for thread in threads:
            thread.join(30)
            assert not thread.is_alive()

    async def all_of_them(server: ServerProcess) -> list[str]:
        async with client(server) as sdk, sdk.get_queue_receiver("load", prefetch_count=500) as receiver:
            found = await receive(receiver, len(acknowledged))
            while more := await receiver.receive_messages(100, max_wait_time=1):
                found += more
            return [body(one) for one in found]

    with server_process(tmp_path, CONFIG, database) as server:
        found = asyncio.run(all_of_them(server))
    # A send that was cut off may have been kept: more than acknowledged is right, less is not.
    assert set(acknowledged) <= set(found)
    assert len(found) == len(set(found))


@pytest.mark.skipif(sys.platform != "linux", reason="a process's limits are set from outside on Linux only")
def test_a_full_disk_acknowledges_nothing_more_and_ends_the_server(tmp_path: Path) -> None:
    database = tmp_path / "bus.sqlite3"
    acknowledged = 0
    with server_process(tmp_path, CONFIG, database) as server:
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (400_000, 400_000))
        with (
            pytest.raises((ServiceBusError, OSError)),
            ServiceBusClient.from_connection_string(server.connection_string, retry_total=0) as sdk,
            sdk.get_queue_sender("load") as sender,
        ):
            for number in range(100):
                sender.send_messages(ServiceBusMessage(f"{number:05}" * 2000), timeout=5)
                acknowledged += 1
        assert server.process.wait(timeout=10) == 1
    assert acknowledged > 5

    async def all_of_them(server: ServerProcess) -> list[str]:
        async with client(server) as sdk, sdk.get_queue_receiver("load") as receiver:
            return [body(one)[:5] for one in await receive(receiver, acknowledged)]

    with server_process(tmp_path, CONFIG, database) as server:
        assert asyncio.run(all_of_them(server)) == [f"{number:05}" for number in range(acknowledged)]


async def test_open_clients_go_on_after_a_restart(tmp_path: Path) -> None:
    config: dict[str, object] = {"queues": {"plan": {}}}
    options: dict[str, Any] = {"key_name": "k", "key": "k", "database": tmp_path / "bus.sqlite3"}
    async with AsyncExitStack() as clients:
        async with serve(config, **options) as server:
            port = server.port
            sdk = await clients.enter_async_context(
                AioServiceBusClient.from_connection_string(
                    server.connection_string, retry_total=3, retry_backoff_factor=0.2
                )
            )
            sender = await clients.enter_async_context(sdk.get_queue_sender("plan"))
            receiver = await clients.enter_async_context(sdk.get_queue_receiver("plan"))
            await sender.send_messages(ServiceBusMessage("before"))
            await receive(receiver, 1)
        async with serve(config, **options, port=port):
            await sender.send_messages(ServiceBusMessage("after"))
            found = await receive(receiver, 2)
            assert [body(one) for one in found] == ["before", "after"]
            for one in found:
                await receiver.complete_message(one)
            await clients.aclose()


async def test_a_database_has_one_server_and_must_be_one(tmp_path: Path) -> None:
    config: dict[str, object] = {"queues": {"plan": {}}}
    database = tmp_path / "bus.sqlite3"
    async with serve(config, key_name="k", key="k", database=database):
        with pytest.raises(StoreError, match="locked"):
            async with serve(config, key_name="k", key="k", database=database):
                pass
    foreign = tmp_path / "foreign.sqlite3"
    with sqlite3.connect(foreign) as connection:
        connection.execute("create table other (x)")
    connection.close()
    rubbish = tmp_path / "rubbish.sqlite3"
    rubbish.write_bytes(b"not a database at all, but long enough to be read as a header" * 20)
    for path, reason in ((foreign, "schema version"), (rubbish, "not a database")):
        with pytest.raises(StoreError, match=reason):
            async with serve(config, key_name="k", key="k", database=path):
                pass
