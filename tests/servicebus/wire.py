"""A bare AMQP client for what the SDK never sends: hand-made frames, right and wrong."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from devhost.servicebus.codec import Described, Uint, Ulong, decode
from devhost.servicebus.encoding import encode
from devhost.servicebus.frames import AMQP_HEADER, ATTACH, BEGIN, CLOSE, DETACH, FLOW, OPEN, TRANSFER
from devhost.servicebus.message import sections


class Wire:
    """One connection with one session on channel 0."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._handle = 0
        self._delivery = 0
        self._cbs: int | None = None

    @classmethod
    @asynccontextmanager
    async def raw(cls, port: int) -> AsyncIterator[Wire]:
        """A TCP connection on which nothing was said."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            yield cls(reader, writer)
        finally:
            writer.close()

    @classmethod
    @asynccontextmanager
    async def connect(cls, port: int, **open_fields: int) -> AsyncIterator[Wire]:
        """A connection that is open and has a session."""
        async with cls.raw(port) as wire:
            wire.writer.write(AMQP_HEADER)
            idle = open_fields.get("idle")
            size = Uint(open_fields.get("max_frame_size", 65536))
            wire.send(OPEN, ["test", None, size, None, None if idle is None else Uint(idle)])
            wire.send(BEGIN, [None, Uint(0), Uint(5000), Uint(5000)])
            assert await wire.reader.readexactly(8) == AMQP_HEADER
            await wire.expect(OPEN)
            await wire.expect(BEGIN)
            yield wire

    def send(self, code: int, fields: list[Any], payload: bytes = b"", channel: int = 0) -> None:
        body = b"\x00\x53" + bytes((code,)) + encode(fields) + payload
        self.writer.write(struct.pack(">IBBH", len(body) + 8, 2, 0, channel) + body)

    async def frame(self) -> tuple[int, list[Any], bytes] | None:
        """The next frame that is not empty; None at the end of the stream."""
        while True:
            try:
                size, offset, _kind, _channel = struct.unpack(">IBBH", await self.reader.readexactly(8))
                body = await self.reader.readexactly(size - 8)
            except (asyncio.IncompleteReadError, ConnectionResetError):
                return None
            if body:
                found, end = decode(body[offset * 4 - 8 :])
                return found.descriptor, found.value, body[end:]

    async def expect(self, *codes: int) -> list[Any]:
        """The fields of the next frame with one of these codes; others are passed over."""
        return (await self.expect_frame(*codes))[1]

    async def expect_frame(self, *codes: int) -> tuple[int, list[Any], bytes]:
        async with asyncio.timeout(5):
            while True:
                found = await self.frame()
                assert found is not None, f"connection ended while waiting for {codes}"
                if found[0] in codes:
                    return found

    async def attach(self, address: str, *, receiving: bool, credit: int = 0) -> str | None:
        """Attach a link; None when it is attached, else the condition with which it was refused."""
        self._handle += 1
        source = Described(Ulong(0x28), [address])
        target = Described(Ulong(0x29), [address])
        first = None if receiving else Uint(0)
        self.send(
            ATTACH,
            [
                f"link-{self._handle}",
                Uint(self._handle),
                receiving,
                None,
                None,
                source,
                target,
                None,
                None,
                first,
            ],
        )
        answer = await self.expect(ATTACH)
        if answer[5 if receiving else 6] is not None and answer[6 if receiving else 5] is not None:
            if receiving and credit:
                flow = [Uint(1), Uint(5000), Uint(0), Uint(5000), Uint(self._handle), Uint(0), Uint(credit)]
                self.send(FLOW, flow)
            return None
        return await self.detached()

    @property
    def handle(self) -> int:
        """The handle of the link that was attached last."""
        return self._handle

    async def detached(self) -> str:
        """The condition of the next detach."""
        error = (await self.expect(DETACH))[2]
        return str(error.value[0])

    async def closed(self) -> str | None:
        """The condition with which the server closes the connection."""
        error = (await self.expect(CLOSE))[0]
        async with asyncio.timeout(5):
            assert await self.frame() is None
        return None if error is None else str(error.value[0])

    def transfer(self, handle: int, payload: bytes, more: bool = False) -> None:
        fields = [Uint(handle), Uint(self._delivery), struct.pack(">I", self._delivery), Uint(0), False, more]
        self.send(TRANSFER, fields, payload)
        if not more:
            self._delivery += 1

    async def put_token(self, token: str, audience: str) -> int:
        """Put a token to $cbs; return the status code of the answer."""
        if self._cbs is None:
            assert await self.attach("$cbs", receiving=True, credit=100) is None
            assert await self.attach("$cbs", receiving=False) is None
            self._cbs = self.handle
        properties = {"operation": "put-token", "type": "servicebus.windows.net:sastoken", "name": audience}
        request = b"\x00\x53\x73" + encode(["request"]) + b"\x00\x53\x74" + encode(properties)
        self.transfer(self._cbs, request + b"\x00\x53\x77" + encode(token))
        payload = (await self.expect_frame(TRANSFER))[2]
        found = {code: decode(payload, value)[0] for code, _start, value, _end in sections(payload)}
        assert found[0x73][5] == "request"
        status = found[0x74]["status-code"]
        assert isinstance(status, int)
        return status
