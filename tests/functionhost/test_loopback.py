"""Connections that the local hosts accept send what they have at once."""

from __future__ import annotations

import asyncio
import socket

from devhost.loopback import bound_to


async def test_connections_do_not_wait_for_acknowledgements() -> None:
    accepted: asyncio.Queue[int] = asyncio.Queue()

    async def handle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        known: socket.socket = writer.get_extra_info("socket")
        accepted.put_nowait(known.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()
        await writer.wait_closed()

    with bound_to(0) as listener:
        async with await asyncio.start_server(handle, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            assert await accepted.get() != 0
            writer.close()
            await writer.wait_closed()
