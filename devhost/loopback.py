"""Sockets to serve on, on this machine."""

from __future__ import annotations

import socket
from typing import Final

LOOPBACK: Final = "127.0.0.1"
IDLE_SECONDS: Final = 130
"""How long a connection may stay idle, as with Kestrel, on which the Functions host runs
(https://learn.microsoft.com/dotnet/api/microsoft.aspnetcore.server.kestrel.core.kestrelserverlimits.keepalivetimeout).
uvicorn's 5 s meet timers that publish every 5 s on a kept connection."""


def bound_to(port: int) -> socket.socket:
    """A TCP socket bound to loopback, not listening yet; port 0 picks a free one.

    asyncio sets TCP_NODELAY only on sockets that were made with the protocol named. Without it a server that
    writes head and body of an answer apart, as uvicorn does, waits 40 ms between them for an acknowledgement
    that the client delays (RFC 9293, 3.7.4 and 3.8.6.3).

    Raises:
        OSError: the port is taken.
    """
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((LOOPBACK, port))
    except BaseException:
        bound.close()
        raise
    return bound
