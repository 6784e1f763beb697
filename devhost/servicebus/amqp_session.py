"""One AMQP session: windows, handles, and the deliveries that wait for their settlement.

Source: OASIS AMQP 1.0 Part 2 section 2.5. Both sides use the same channel number.
"""

from __future__ import annotations

import uuid
from collections import deque
from typing import TYPE_CHECKING, Final, Protocol, cast

from devhost.servicebus.codec import Encoded, Uint, Ushort
from devhost.servicebus.encoding import encode
from devhost.servicebus.errors import (
    HANDLE_IN_USE,
    MESSAGE_LOCK_LOST,
    RESOURCE_LIMIT_EXCEEDED,
    UNATTACHED_HANDLE,
    ProtocolError,
    ServiceBusError,
)
from devhost.servicebus.frames import (
    ACCEPTED,
    ATTACH,
    BEGIN,
    DETACH,
    DISPOSITION,
    FLOW,
    MODIFIED,
    REJECTED,
    RELEASED,
    ROLE_RECEIVER,
    ROLE_SENDER,
    TRANSFER,
    Fields,
    error,
    outcome,
    performative,
)
from devhost.servicebus.links import AttachRequest, Link, OutgoingLink
from devhost.servicebus.nodes import attach

if TYPE_CHECKING:
    from devhost.servicebus.broker import Broker
    from devhost.servicebus.config import Limits
    from devhost.servicebus.connection import AmqpConnection

INCOMING_WINDOW: Final = 2048
"""Transfer frames the client may send before the next flow; topped up when a quarter is left."""

_TRANSFER_OVERHEAD: Final = 128
"""Upper bound of the frame header and the transfer performative, in bytes."""

_LOCK_LOST: Final = error(MESSAGE_LOCK_LOST, "The delivery is not locked any more.")


class Settler(Protocol):
    """A link whose deliveries are settled one by one."""

    def holds(self, token: uuid.UUID) -> bool:
        """Whether the lock still stands."""

    def settle(self, token: uuid.UUID, state: int | None, fields: Fields) -> None:
        """Apply an outcome (its descriptor code and fields). Raises ServiceBusError when it cannot be
        applied.
        """


class AmqpSession:
    """The server's end of a session."""

    def __init__(self, connection: AmqpConnection, channel: int, begin: Fields) -> None:
        self.connection = connection
        self.broker: Broker = connection.broker
        self.limits: Limits = connection.broker.limits
        self.channel = channel
        self.response_links: dict[str, Link] = {}
        self._links: dict[int, Link] = {}
        self._unsettled: dict[int, tuple[Settler, uuid.UUID]] = {}
        self._next_incoming = begin.number(1)
        self._incoming_window = INCOMING_WINDOW
        self._next_outgoing = 1
        self._remote_window = begin.number(2)
        self._next_delivery = 1
        self._outbox: deque[bytes] = deque()
        handle_max = Uint(self.limits.max_links_per_session - 1)
        window = Uint(INCOMING_WINDOW)
        self.send(performative(BEGIN, [Ushort(channel), Uint(1), window, window, handle_max, None, None, {}]))

    def may_deliver(self) -> bool:
        """Whether the client has room for another unsettled delivery; lost locks do not count."""
        limit = self.limits.max_unsettled_per_session
        if len(self._unsettled) >= limit:
            self._unsettled = {
                known: found for known, found in self._unsettled.items() if found[0].holds(found[1])
            }
        return len(self._unsettled) < limit

    def send(self, body: bytes) -> None:
        """Send a performative on this session's channel."""
        self.connection.send(self.channel, body)

    def links(self) -> list[Link]:
        """The links that are not closed."""
        return [link for link in self._links.values() if not link.closed]

    # ------------------------------------------------------------------------------------ sending messages

    def can_send(self) -> bool:
        """Whether the client's window and the socket take another delivery."""
        return self._remote_window > 0 and not self._outbox and self.connection.writable

    def send_transfer(self, handle: int, payload: bytes, tag: bytes, settled: bool) -> int:
        """Send one message in as many frames as it takes; those beyond the client's window wait for it."""
        delivery_id = self._next_delivery
        self._next_delivery = (delivery_id + 1) & 0xFFFFFFFF
        room = self.connection.peer_max_frame_size - _TRANSFER_OVERHEAD
        start, size = 0, len(payload)
        while True:
            end = start + room
            more = end < size
            fields = [Uint(handle), Uint(delivery_id), tag, Uint(0), settled, more]
            self._send_windowed(performative(TRANSFER, fields) + payload[start:end])
            if not more:
                return delivery_id
            start = end

    def _send_windowed(self, body: bytes) -> None:
        if self._remote_window > 0 and not self._outbox:
            self._remote_window -= 1
            self._next_outgoing = (self._next_outgoing + 1) & 0xFFFFFFFF
            self.send(body)
        else:
            self._outbox.append(body)

    def _drain_outbox(self) -> None:
        while self._outbox and self._remote_window > 0:
            body = self._outbox.popleft()
            self._remote_window -= 1
            self._next_outgoing = (self._next_outgoing + 1) & 0xFFFFFFFF
            self.send(body)

    def expect_settlement(self, delivery_id: int, link: Settler, token: uuid.UUID) -> None:
        """Remember which lock a delivery stands for."""
        self._unsettled[delivery_id] = (link, token)

    def send_flow(
        self, handle: int | None = None, count: int = 0, credit: int = 0, drain: bool = False
    ) -> None:
        """Tell the client the session's windows and, with a handle, a link's credit."""
        window = Uint(INCOMING_WINDOW)
        fields = [Uint(self._next_incoming), Uint(self._incoming_window), Uint(self._next_outgoing), window]
        if handle is not None:
            fields += [Uint(handle), Uint(count), Uint(credit)]
        body: list[object] = list(fields)
        if drain:
            body += [Uint(0), True]
        self.send(performative(FLOW, body))

    def settle_incoming(self, delivery_id: int, state: bytes) -> None:
        """Tell the client what became of a message it sent; `state` is the encoded outcome."""
        fields = [ROLE_RECEIVER, Uint(delivery_id), Uint(delivery_id), True, Encoded(state)]
        self.send(performative(DISPOSITION, fields))

    # --------------------------------------------------------------------------------- received performatives

    def on_performative(self, code: int, items: list[object], payload: bytes) -> None:
        """Handle what came on this session's channel, other than begin and end."""
        if code == TRANSFER:
            self.on_transfer(Fields("transfer", items), payload)
        elif code == DISPOSITION:
            self.on_disposition(Fields("disposition", items))
        elif code == FLOW:
            self.on_flow(Fields("flow", items))
        elif code == ATTACH:
            self.on_attach(Fields("attach", items))
        else:
            self.on_detach(Fields("detach", items))

    def on_attach(self, fields: Fields) -> None:
        """Attach a link to a node of the namespace, or refuse it."""
        request = AttachRequest.read(fields)
        existing = self._links.get(request.handle)
        if existing is not None and not existing.closed:
            raise ProtocolError(HANDLE_IN_USE, f"handle {request.handle} is in use")
        if request.handle >= self.limits.max_links_per_session:
            text = f"handle {request.handle}; at most {self.limits.max_links_per_session} links are allowed"
            raise ProtocolError(RESOURCE_LIMIT_EXCEEDED, text)
        self._links[request.handle] = attach(self, request)

    def on_flow(self, fields: Fields) -> None:
        """Take the client's window, and the link's credit where a handle is given."""
        acknowledged = fields.number(0, 1)
        self._remote_window = (acknowledged + fields.number(1) - self._next_outgoing) & 0xFFFFFFFF
        if self._remote_window >= 1 << 31:
            self._remote_window = 0
        self._drain_outbox()
        handle = fields.optional_number(4)
        if handle is None:
            self.resume()
        else:
            link = self._link(handle)
            if not link.closed:
                link.on_flow(fields)
        if fields.flag(9):  # echo
            self.send_flow()

    def on_transfer(self, fields: Fields, payload: bytes) -> None:
        """Count the frame against the window and give it to its link."""
        self._next_incoming = (self._next_incoming + 1) & 0xFFFFFFFF
        self._incoming_window -= 1
        if self._incoming_window <= INCOMING_WINDOW // 4:
            self._incoming_window = INCOMING_WINDOW
            self.send_flow()
        link = self._link(fields.number(0))
        if not link.closed:
            link.on_transfer(fields, payload)

    def on_disposition(self, fields: Fields) -> None:
        """Settle deliveries that the client received; what it says of those it sent changes nothing."""
        if fields.flag(0) is not ROLE_RECEIVER:
            return
        first = fields.number(1)
        last = fields.number(2, first)
        span = (last - first) & 0xFFFFFFFF
        if span < len(self._unsettled):
            ids = [(first + step) & 0xFFFFFFFF for step in range(span + 1)]
        else:
            ids = [known for known in self._unsettled if (known - first) & 0xFFFFFFFF <= span]
        full = len(self._unsettled) >= self.limits.max_unsettled_per_session
        for delivery_id in ids:
            self._settle(delivery_id, fields)
        if full:
            self.resume()

    def _settle(self, delivery_id: int, fields: Fields) -> None:
        found = self._unsettled.pop(delivery_id, None)
        if found is None:
            if not fields.flag(3) and (self._next_delivery - delivery_id) & 0xFFFFFFFF < 1 << 31:
                self._confirm(delivery_id, encode(outcome(REJECTED, [_LOCK_LOST])))
            return
        link, token = found
        state = fields.value(4)
        code = getattr(state, "descriptor", None)
        if code not in (None, ACCEPTED, REJECTED, RELEASED, MODIFIED):
            self._unsettled[delivery_id] = found  # `received` is no outcome
            return
        try:
            link.settle(token, code, Fields("disposition: state", [] if state is None else state.value))
            answer = encode(outcome(RELEASED if code is None else code))
        except ServiceBusError as problem:
            answer = encode(outcome(REJECTED, [error(problem.condition, problem.description)]))
        if not fields.flag(3):
            self.broker.when_durable(lambda: self._confirm(delivery_id, answer))

    def _confirm(self, delivery_id: int, answer: bytes) -> None:
        fields = [ROLE_SENDER, Uint(delivery_id), Uint(delivery_id), True, Encoded(answer)]
        self.send(performative(DISPOSITION, fields))

    def on_detach(self, fields: Fields) -> None:
        """The client detaches: confirm, unless this is its answer to the server's own detach."""
        handle = fields.number(0)
        link = self._links.pop(handle, None)
        if link is None or link.closed:
            return
        link.close()
        self._forget(link)
        self.send(performative(DETACH, [Uint(handle), fields.flag(1)]))

    def _forget(self, link: Link) -> None:
        settlers = [(known, cast(object, found[0])) for known, found in self._unsettled.items()]
        for delivery_id in [known for known, settler in settlers if settler is link]:
            del self._unsettled[delivery_id]

    def _link(self, handle: int) -> Link:
        link = self._links.get(handle)
        if link is None:
            raise ProtocolError(UNATTACHED_HANDLE, f"handle {handle} is not attached")
        return link

    def resume(self) -> None:
        """The window or the socket opened: let every link go on."""
        for link in self.links():
            if isinstance(link, OutgoingLink):
                link.on_credit()

    def close(self) -> None:
        """The session or its connection ended."""
        for link in self.links():
            link.close()
        self._links.clear()
        self._unsettled.clear()
        self._outbox.clear()
