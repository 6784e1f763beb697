"""One AMQP connection: protocol headers, SASL, frames, heartbeats and limits.

Source: OASIS AMQP 1.0 Part 2 sections 2.2 and 2.4, Part 5 section 5.3. The peer is trusted with nothing:
whatever breaks the protocol closes its connection with an error and touches no other.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, cast

from devhost.servicebus.amqp_session import AmqpSession
from devhost.servicebus.authorization import Authorizations
from devhost.servicebus.codec import Array, Symbol, Ubyte, Uint, Ushort
from devhost.servicebus.errors import (
    CONNECTION_FORCED,
    ILLEGAL_STATE,
    INTERNAL_ERROR,
    NOT_ALLOWED,
    NOT_IMPLEMENTED,
    RESOURCE_LIMIT_EXCEEDED,
    UNAUTHORIZED_ACCESS,
    ProtocolError,
)
from devhost.servicebus.frames import (
    AMQP_HEADER,
    BEGIN,
    CLOSE,
    EMPTY_FRAME,
    END,
    OPEN,
    SASL_HEADER,
    SASL_INIT,
    SASL_MECHANISMS,
    SASL_OUTCOME,
    TYPE_AMQP,
    TYPE_SASL,
    Fields,
    FrameReader,
    error,
    frame,
    parse,
    performative,
)
from devhost.servicebus.nodes import entity_of

if TYPE_CHECKING:
    from devhost.servicebus.broker import Broker
    from devhost.servicebus.sas import SharedAccessKey

_LOG = logging.getLogger(__name__)

_MECHANISMS: Final = ("MSSBCBS", "ANONYMOUS")
"""Nobody authenticates here: the tokens put to `$cbs` do that."""
_SASL_OK: Final = 0
_SASL_AUTH_FAILED: Final = 1
_TOKEN_CHECK_INTERVAL: Final = 1.0
"""How often links are checked against the expiry of their tokens, in seconds."""
_LINGER: Final = 5.0
"""Seconds that a peer gets to take what is left to write."""


class _Stage(Enum):
    HEADER = auto()
    SASL = auto()
    AMQP_HEADER = auto()
    OPENING = auto()
    OPEN = auto()
    CLOSED = auto()


class AmqpConnection(asyncio.Protocol):
    """The server's end of a connection."""

    def __init__(
        self,
        broker: Broker,
        key: SharedAccessKey,
        clock: Callable[[], float],
        connections: set[AmqpConnection],
    ) -> None:
        """`connections` is the server's set of live connections; this one enters and leaves it."""
        self.broker = broker
        self.authorizations = Authorizations(key, clock)
        self.peer_max_frame_size = 512
        self.writable = True
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._connections = connections
        self._limits = broker.limits
        self._loop = asyncio.get_running_loop()
        self._reader = FrameReader(self._limits.max_frame_size)
        self._stage = _Stage.HEADER
        self._sessions: dict[int, AmqpSession] = {}
        self._ended: set[int] = set()
        self._transport: asyncio.Transport | None = None
        self._out: list[bytes] = []
        self._last_received = self._loop.time()
        self._timers: dict[str, asyncio.TimerHandle] = {}

    # ------------------------------------------------------------------------------------------- transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, or drop it when there are too many."""
        self._transport = cast(asyncio.Transport, transport)
        if len(self._connections) >= self._limits.max_connections:
            _LOG.warning("connection refused: %d are open", len(self._connections))
            self._transport.abort()
            return
        self._connections.add(self)
        self._every("open", self._limits.open_timeout, self._check_opened)

    def connection_lost(self, exc: Exception | None) -> None:
        """Free everything that the connection held."""
        self._connections.discard(self)
        self.closed.set_result(None)
        self._stage = _Stage.CLOSED
        self._transport = None
        for timer in self._timers.values():
            timer.cancel()
        for session in self._sessions.values():
            session.close()
        self._sessions.clear()

    def pause_writing(self) -> None:
        """The peer reads too slowly: stop delivering, and stop reading what would cause more answers."""
        self.writable = False
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """The peer caught up."""
        self.writable = True
        if self._transport is not None:
            self._transport.resume_reading()
        for session in list(self._sessions.values()):
            session.resume()

    def data_received(self, data: bytes) -> None:
        """Take bytes; whatever is wrong with them ends this connection only."""
        if self._stage is _Stage.CLOSED:
            return
        self._last_received = self._loop.time()
        self._reader.feed(data)
        try:
            self._read()
        except ProtocolError as fault:
            _LOG.warning("connection closed: %s", fault)
            self.close(fault.condition, fault.description)
        except Exception:
            # The last line of defence: a defect in one connection's handling must not stop the server.
            _LOG.exception("connection closed")
            self.close(INTERNAL_ERROR, "The server failed to handle a frame.")

    # ---------------------------------------------------------------------------------------------- writing

    def send(self, channel: int, body: bytes) -> None:
        """Queue a frame; all that one turn of the loop produces goes out in one write."""
        self._write(frame(channel, body))

    def _write(self, data: bytes) -> None:
        if self._transport is None:
            return
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(data)

    def _flush(self) -> None:
        out, self._out = self._out, []
        if self._transport is not None and out:
            self._transport.write(b"".join(out))

    def close(self, condition: str | None = None, description: str = "") -> None:
        """Close the connection from the server's side, with an error where there is one."""
        if self._stage is _Stage.CLOSED or self._transport is None:
            return
        if self._stage is _Stage.OPENING:
            # A close must follow an open (section 2.4.3).
            self._send_open()
        if self._stage in (_Stage.OPENING, _Stage.OPEN):
            problem = error(condition, description) if condition else None
            self.send(0, performative(CLOSE, [problem]))
        self._stage = _Stage.CLOSED
        self._flush()
        self._transport.close()
        # A peer that does not read must not keep the connection alive.
        self._timers["linger"] = self._loop.call_later(_LINGER, self.abort)

    def force_close(self) -> None:
        """The server stops."""
        self.close(CONNECTION_FORCED, "The server is shutting down.")

    def abort(self) -> None:
        """Drop the connection without waiting for the peer to take what is left to write."""
        if self._transport is not None:
            self._transport.abort()

    # ---------------------------------------------------------------------------------------------- reading

    def _read(self) -> None:
        while self._stage is not _Stage.CLOSED:
            if self._stage in (_Stage.HEADER, _Stage.AMQP_HEADER):
                header = self._reader.header()
                if header is None:
                    return
                self._on_header(header)
                continue
            found = self._reader.next()
            if found is None:
                return
            kind, channel, body = found
            if body:
                self._on_frame(kind, channel, body)

    def _on_header(self, header: bytes) -> None:
        if header == SASL_HEADER and self._stage is _Stage.HEADER:
            mechanisms = Array(Symbol(name) for name in _MECHANISMS)
            self._write(SASL_HEADER + frame(0, performative(SASL_MECHANISMS, [mechanisms]), TYPE_SASL))
            self._stage = _Stage.SASL
        elif header == AMQP_HEADER:
            self._write(AMQP_HEADER)
            self._stage = _Stage.OPENING
        else:
            # Section 2.2: answer with the header that is supported, and close.
            self._write(AMQP_HEADER if self._stage is _Stage.AMQP_HEADER else SASL_HEADER)
            self.close()

    def _on_frame(self, kind: int, channel: int, body: bytes) -> None:
        code, items, payload = parse(body)
        if self._stage is _Stage.SASL:
            self._on_sasl(kind, code, items)
        elif kind != TYPE_AMQP:
            raise ProtocolError(ILLEGAL_STATE, "a SASL frame after the SASL exchange")
        elif self._stage is _Stage.OPENING:
            if code != OPEN:
                raise ProtocolError(ILLEGAL_STATE, f"performative 0x{code:02x} before open")
            self._on_open(Fields("open", items))
        else:
            self._on_performative(code, channel, items, payload)

    def _on_sasl(self, kind: int, code: int, items: list[object]) -> None:
        if kind != TYPE_SASL or code != SASL_INIT:
            raise ProtocolError(ILLEGAL_STATE, "sasl-init was expected")
        accepted = Fields("sasl-init", items).text(0) in _MECHANISMS
        result = Ubyte(_SASL_OK if accepted else _SASL_AUTH_FAILED)
        self._write(frame(0, performative(SASL_OUTCOME, [result]), TYPE_SASL))
        self._stage = _Stage.AMQP_HEADER
        if not accepted:
            self.close()

    def _on_open(self, fields: Fields) -> None:
        self.peer_max_frame_size = max(512, min(fields.number(2, 0xFFFFFFFF), self._limits.max_frame_size))
        heartbeat = fields.number(4, 0) / 2000
        self._send_open()
        self._stage = _Stage.OPEN
        self._timers.pop("open").cancel()
        if heartbeat:
            self._every("heartbeat", max(heartbeat, 0.05), lambda: self._write(EMPTY_FRAME))
        self._every("idle", self._limits.idle_timeout / 2, self._check_idle)
        self._every("tokens", _TOKEN_CHECK_INTERVAL, self._check_tokens)

    def _send_open(self) -> None:
        # Half of the real limit is announced, so that a punctual heartbeat is never late (section 2.4.5).
        idle = Uint(int(self._limits.idle_timeout * 500))
        channels = Ushort(self._limits.max_sessions_per_connection - 1)
        size = Uint(self._limits.max_frame_size)
        self.send(0, performative(OPEN, ["devhost-servicebus", None, size, channels, idle]))

    def _on_performative(self, code: int, channel: int, items: list[object], payload: bytes) -> None:
        if code == CLOSE:
            self.close()
        elif code == BEGIN:
            self._on_begin(channel, Fields("begin", items))
        elif code == OPEN:
            raise ProtocolError(ILLEGAL_STATE, "the connection is open already")
        elif not BEGIN < code < CLOSE:
            raise ProtocolError(NOT_IMPLEMENTED, f"unknown performative 0x{code:02x}")
        elif channel in self._ended:
            # The SDKs detach their links after they have ended the session.
            _LOG.debug("performative 0x%02x on the ended channel %d ignored", code, channel)
        elif code == END:
            self._session(channel).close()
            del self._sessions[channel]
            self._ended.add(channel)
            self.send(channel, performative(END, []))
        else:
            self._session(channel).on_performative(code, items, payload)

    def _on_begin(self, channel: int, fields: Fields) -> None:
        if channel in self._sessions:
            raise ProtocolError(ILLEGAL_STATE, f"channel {channel} is in use")
        if channel >= self._limits.max_sessions_per_connection:
            text = (
                f"channel {channel}; at most {self._limits.max_sessions_per_connection} sessions are allowed"
            )
            raise ProtocolError(RESOURCE_LIMIT_EXCEEDED, text)
        self._ended.discard(channel)
        self._sessions[channel] = AmqpSession(self, channel, fields)

    def _session(self, channel: int) -> AmqpSession:
        session = self._sessions.get(channel)
        if session is None:
            raise ProtocolError(NOT_ALLOWED, f"channel {channel} has no session")
        return session

    # ------------------------------------------------------------------------------------------------ timers

    def _every(self, name: str, seconds: float, action: Callable[[], None]) -> None:
        def run() -> None:
            self._timers[name] = self._loop.call_later(seconds, run)
            action()

        self._timers[name] = self._loop.call_later(seconds, run)

    def _check_opened(self) -> None:
        if self._stage is not _Stage.OPEN:
            _LOG.warning("connection closed: not opened within %s s", self._limits.open_timeout)
            self.close(RESOURCE_LIMIT_EXCEEDED, "The connection was not opened in time.")

    def _check_idle(self) -> None:
        if self._loop.time() - self._last_received > self._limits.idle_timeout:
            _LOG.info("connection closed: idle")
            self.close(RESOURCE_LIMIT_EXCEEDED, "The connection was idle for too long.")

    def _check_tokens(self) -> None:
        for session in self._sessions.values():
            for link in session.links():
                entity = entity_of(link)
                if entity is not None and not self.authorizations.allow(entity):
                    link.detach(UNAUTHORIZED_ACCESS, "The token has expired.")
