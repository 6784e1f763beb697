"""What a client may not do, and what the server does about it: raw sockets, hand-made frames."""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devhost.servicebus.codec import Described, Uint, Ulong
from devhost.servicebus.encoding import encode
from devhost.servicebus.frames import (
    AMQP_HEADER,
    DISPOSITION,
    FLOW,
    SASL_HEADER,
    TRANSFER,
)
from devhost.servicebus.sas import SharedAccessKey
from devhost.servicebus.server import ServiceBusServer, serve
from tests.servicebus.wire import Wire

KEY = SharedAccessKey("Root", "c2VjcmV0")
LIMITS = {
    "max_message_bytes": 2048,
    "max_frame_size": 4096,
    "max_connections": 3,
    "max_sessions_per_connection": 2,
    "max_links_per_session": 4,
}


@asynccontextmanager
async def server(**limits: Any) -> AsyncIterator[ServiceBusServer]:
    config: dict[str, object] = {
        "queues": {"orders": {}, "sessions": {"requires_session": True}},
        "limits": LIMITS | limits,
    }
    async with serve(config, key_name=KEY.name, key=KEY.key) as running:
        yield running


async def authorize(wire: Wire, port: int) -> None:
    base = f"sb://127.0.0.1:{port}/"
    assert await wire.put_token(KEY.sign(base, int(time.time()) + 600), base) == 202


async def still_serves(running: ServiceBusServer) -> None:
    """Another client can open a link and send."""
    async with Wire.connect(running.port) as wire:
        await authorize(wire, running.port)
        assert await wire.attach("orders", receiving=False) is None
        wire.transfer(wire.handle, message(b"fine"))
        outcome = (await wire.expect(DISPOSITION))[4]
        assert outcome.descriptor == 0x24


def message(data: bytes) -> bytes:
    return b"\x00\x53\x75" + encode(data)


def header(size: int, offset: int = 2, kind: int = 0, channel: int = 0) -> bytes:
    return struct.pack(">IBBH", size, offset, kind, channel)


BROKEN: dict[str, tuple[bytes, str]] = {
    "size below the header": (header(4), "amqp:connection:framing-error"),
    "offset beyond the frame": (header(12, offset=200) + b"\x00" * 4, "amqp:connection:framing-error"),
    "offset inside the header": (header(8, offset=1), "amqp:connection:framing-error"),
    "oversized frame": (header(4097), "amqp:connection:framing-error"),
    "frame of 4 GiB": (header(0xFFFFFFFF), "amqp:connection:framing-error"),
    "unknown frame type": (header(8, kind=7), "amqp:connection:framing-error"),
    "SASL after open": (header(12, kind=1) + b"\x00\x53\x41\x45", "amqp:illegal-state"),
    "not a performative": (header(9) + b"\x40", "amqp:decode-error"),
    "symbolic descriptor": (header(13) + b"\x00\xa3\x01a\x45", "amqp:decode-error"),
    "truncated list": (header(13) + b"\x00\x53\x12\xc0\x20", "amqp:decode-error"),
    "unknown performative": (header(12) + b"\x00\x53\x19\x45", "amqp:not-implemented"),
    "open twice": (header(16) + b"\x00\x53\x10\xc0\x03\x01\xa1\x00", "amqp:illegal-state"),
    "no such channel": (header(12, channel=1) + b"\x00\x53\x13\x45", "amqp:not-allowed"),
    "begin on a used channel": (
        header(19) + b"\x00\x53\x11\xc0\x06\x04\x40\x43\x52\x05\x43",
        "amqp:illegal-state",
    ),
    "channel over the limit": (
        header(19, channel=9) + b"\x00\x53\x11\xc0\x06\x04\x40\x43\x52\x05\x43",
        "amqp:resource-limit-exceeded",
    ),
    "attach without fields": (header(12) + b"\x00\x53\x12\x45", "amqp:decode-error"),
    "transfer on an unknown handle": (
        header(16) + b"\x00\x53\x14\xc0\x03\x01\x52\x63",
        "amqp:session:unattached-handle",
    ),
    "wrong type in flow": (header(16) + b"\x00\x53\x13\xc0\x03\x02\x41\x41", "amqp:decode-error"),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_a_broken_frame_closes_its_connection_with_an_error(name: str) -> None:
    octets, condition = BROKEN[name]
    async with server() as running:
        async with Wire.connect(running.port) as wire:
            wire.writer.write(octets)
            assert await wire.closed() == condition
        await still_serves(running)


@pytest.mark.parametrize(
    ("octets", "answer"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", SASL_HEADER),
        (b"AMQP\x00\x00\x09\x01", SASL_HEADER),
        (SASL_HEADER + header(8 + 4, kind=1) + b"\x00\x53\x44\x45", SASL_HEADER),
        (SASL_HEADER + header(8 + 11, kind=1) + b"\x00\x53\x41\xc0\x06\x01\xa3\x03XYZ", SASL_HEADER),
    ],
)
async def test_a_wrong_greeting_is_answered_with_the_right_one_and_the_end(
    octets: bytes, answer: bytes
) -> None:
    async with server() as running:
        async with Wire.raw(running.port) as wire:
            wire.writer.write(octets)
            async with asyncio.timeout(5):
                assert (await wire.reader.read())[:8] == answer
        await still_serves(running)


@given(octets=st.binary(max_size=300), opened=st.booleans())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_bytes_never_stop_the_server(octets: bytes, opened: bool) -> None:
    async def run() -> None:
        async with server() as running:
            async with Wire.raw(running.port) as wire:
                start = AMQP_HEADER + header(16) + b"\x00\x53\x10\xc0\x03\x01\xa1\x00" if opened else b""
                wire.writer.write(start + octets)
                wire.writer.write_eof()
                async with asyncio.timeout(5):
                    await wire.reader.read()
            await still_serves(running)

    asyncio.run(run())


async def test_connections_are_limited() -> None:
    async with server() as running:
        async with (
            Wire.connect(running.port),
            Wire.connect(running.port),
            Wire.connect(running.port),
            Wire.raw(running.port) as fourth,
            asyncio.timeout(5),
        ):
            with suppress(ConnectionResetError):
                assert await fourth.reader.read() == b""
        async with asyncio.timeout(5):
            while running.connections:
                await asyncio.sleep(0.01)
        await still_serves(running)


async def test_a_connection_that_never_opens_is_dropped() -> None:
    async with server(open_timeout=0.3) as running, Wire.raw(running.port) as wire:
        wire.writer.write(AMQP_HEADER)
        async with asyncio.timeout(5):
            assert (await wire.reader.read())[:8] == AMQP_HEADER


async def test_a_silent_connection_is_closed_and_heartbeats_keep_one_open() -> None:
    async with (
        server(idle_timeout=0.4) as running,
        Wire.connect(running.port) as silent,
        Wire.connect(running.port, idle=200) as lively,
    ):
        closing = asyncio.create_task(silent.closed())
        beats = 0
        while not closing.done():
            # The server's own heartbeats set the pace: one at least every half of the announced 200 ms.
            async with asyncio.timeout(2):
                assert await lively.reader.readexactly(8) == header(8)
            lively.writer.write(header(8))
            beats += 1
        assert closing.result() == "amqp:resource-limit-exceeded"
        assert beats >= 3
        await still_serves(running)


async def test_more_links_than_allowed_close_the_connection() -> None:
    async with server() as running, Wire.connect(running.port) as wire:
        await authorize(wire, running.port)
        assert await wire.attach("orders", receiving=True) is None
        with pytest.raises(AssertionError, match="connection ended"):
            await wire.attach("orders", receiving=True)


async def test_an_oversized_message_is_rejected_in_bounded_memory_and_the_link_lives_on() -> None:
    async with server() as running, Wire.connect(running.port) as wire:
        await authorize(wire, running.port)
        assert await wire.attach("orders", receiving=False) is None
        for _ in range(30):
            wire.transfer(wire.handle, b"x" * 4000, more=True)
        wire.transfer(wire.handle, b"x")
        outcome = (await wire.expect(DISPOSITION))[4]
        assert (outcome.descriptor, outcome.value[0].value[0]) == (0x25, "amqp:link:message-size-exceeded")
        wire.transfer(wire.handle, message(b"x" * 2100))
        outcome = (await wire.expect(DISPOSITION))[4]
        assert outcome.value[0].value[0] == "amqp:link:message-size-exceeded"
        wire.transfer(wire.handle, message(b"x" * 1900))
        assert (await wire.expect(DISPOSITION))[4].descriptor == 0x24


async def test_an_endless_message_ends_its_link() -> None:
    async with server() as running, Wire.connect(running.port) as wire:
        await authorize(wire, running.port)
        assert await wire.attach("orders", receiving=False) is None
        for _ in range(40):
            wire.transfer(wire.handle, b"x" * 4000, more=True)
        assert await wire.detached() == "amqp:link:message-size-exceeded"
        await still_serves(running)


@pytest.mark.parametrize("payload", [b"", b"\x01\x02", b"\x00\x53\x99\x40", b"\x00\x53\x73\xa1\x01x"])
async def test_a_message_that_is_none_is_rejected(payload: bytes) -> None:
    async with server() as running, Wire.connect(running.port) as wire:
        await authorize(wire, running.port)
        assert await wire.attach("orders", receiving=False) is None
        wire.transfer(wire.handle, payload)
        outcome = (await wire.expect(DISPOSITION))[4]
        assert (outcome.descriptor, outcome.value[0].value[0]) == (0x25, "amqp:decode-error")


async def test_credit_is_topped_up_as_it_is_used_even_by_aborted_deliveries() -> None:
    async with server() as running, Wire.connect(running.port) as wire:
        await authorize(wire, running.port)
        assert await wire.attach("orders", receiving=False) is None
        credit = (await wire.expect(FLOW))[6]
        for _ in range(credit - credit // 5):
            wire.transfer(wire.handle, b"x" * 10, more=True)
            wire.send(TRANSFER, [Uint(wire.handle), None, None, None, None, False, None, None, None, True])
        while True:
            flow = await wire.expect(FLOW)
            if len(flow) > 4 and flow[4] == wire.handle:
                break
        assert (flow[5], flow[6]) == (credit - credit // 5, credit)


async def test_deliveries_wait_for_the_session_window() -> None:
    async with server() as running, Wire.connect(running.port) as sender, Wire.connect(running.port) as wire:
        await authorize(sender, running.port)
        assert await sender.attach("orders", receiving=False) is None
        for _ in range(5):
            sender.transfer(sender.handle, message(b"x"))
            await sender.expect(DISPOSITION)
        await authorize(wire, running.port)
        assert await wire.attach("orders", receiving=True) is None
        taken = 2  # transfer frames so far on this session: the answer to put-token, and the next id is 2
        flow = [Uint(taken), Uint(2), Uint(0), Uint(5000), Uint(wire.handle), Uint(0), Uint(10)]
        wire.send(FLOW, flow)
        for _ in range(2):
            await wire.expect(TRANSFER)
        wire.send(FLOW, [Uint(4), Uint(0), Uint(0), Uint(5000), None, None, None, None, None, True])
        assert (await wire.expect_frame(TRANSFER, FLOW))[0] == FLOW
        wire.send(FLOW, [Uint(4), Uint(9), Uint(0), Uint(5000)])
        for _ in range(3):
            await wire.expect(TRANSFER)


async def test_what_a_client_leaves_unsettled_is_bounded() -> None:
    async with (
        server(max_unsettled_per_session=2) as running,
        Wire.connect(running.port) as sender,
        Wire.connect(running.port) as wire,
    ):
        await authorize(sender, running.port)
        assert await sender.attach("orders", receiving=False) is None
        for _ in range(4):
            sender.transfer(sender.handle, message(b"x"))
            await sender.expect(DISPOSITION)
        await authorize(wire, running.port)
        assert await wire.attach("orders", receiving=True, credit=100) is None
        ids = [(await wire.expect(TRANSFER))[1] for _ in range(2)]
        wire.send(FLOW, [Uint(4), Uint(99), Uint(0), Uint(99), None, None, None, None, None, True])
        assert (await wire.expect_frame(TRANSFER, FLOW))[0] == FLOW
        wire.send(DISPOSITION, [True, Uint(ids[0]), None, False, Described(Ulong(0x24), [])])
        assert (await wire.expect(DISPOSITION))[4].descriptor == 0x24
        await wire.expect(TRANSFER)
        wire.send(DISPOSITION, [True, Uint(ids[0]), None, False, Described(Ulong(0x24), [])])
        again = (await wire.expect(DISPOSITION))[4]
        assert again.value[0].value[0] == "com.microsoft:message-lock-lost"


async def test_drain_uses_up_the_credit() -> None:
    async with server() as running, Wire.connect(running.port) as wire:
        await authorize(wire, running.port)
        assert await wire.attach("orders", receiving=True) is None
        handle = Uint(wire.handle)
        wire.send(FLOW, [Uint(2), Uint(99), Uint(0), Uint(99), handle, Uint(0), Uint(7), None, True])
        flow = await wire.expect(FLOW)
        assert (flow[4], flow[5], flow[6], flow[8]) == (wire.handle, 7, 0, True)


async def test_the_largest_delivery_respects_the_peers_frame_size() -> None:
    async with (
        server() as running,
        Wire.connect(running.port) as sender,
        Wire.connect(running.port, max_frame_size=512) as wire,
    ):
        await authorize(sender, running.port)
        assert await sender.attach("orders", receiving=False) is None
        sender.transfer(sender.handle, message(b"y" * 2000))
        await sender.expect(DISPOSITION)
        await authorize(wire, running.port)
        assert await wire.attach("orders", receiving=True, credit=1) is None
        frames: list[tuple[int, list[Any], bytes]] = []
        while not frames or frames[-1][1][5]:
            frames.append(await wire.expect_frame(TRANSFER))
        assert len(frames) >= 5
        assert all(len(encode(fields)) + len(payload) + 16 <= 512 for _code, fields, payload in frames)
        assert b"y" * 2000 in b"".join(payload for _code, _fields, payload in frames)


async def test_stopping_closes_connections_with_a_reason() -> None:
    async with server() as running:
        wire_context = Wire.connect(running.port)
        wire = await wire_context.__aenter__()
    assert await wire.closed() == "amqp:connection:forced"
    await wire_context.__aexit__(None, None, None)


async def test_the_server_listens_on_loopback_only() -> None:
    async with server() as running:
        with pytest.raises(OSError):
            await asyncio.open_connection("127.0.0.2", running.port)
