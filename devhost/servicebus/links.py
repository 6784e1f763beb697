"""AMQP links of both directions, without knowledge of what stands behind them.

Source: OASIS AMQP 1.0 Part 2 section 2.6. "Outgoing" and "incoming" are as the server sees them.
"""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from devhost.servicebus.codec import Described, Ubyte, Uint, Ulong
from devhost.servicebus.encoding import encode
from devhost.servicebus.errors import (
    MESSAGE_SIZE_EXCEEDED,
    TRANSFER_LIMIT_EXCEEDED,
    ProtocolError,
    ServiceBusError,
)
from devhost.servicebus.frames import (
    ACCEPTED,
    ATTACH,
    DETACH,
    REJECTED,
    SOURCE,
    TARGET,
    Fields,
    error,
    outcome,
    performative,
)

if TYPE_CHECKING:
    from devhost.servicebus.amqp_session import AmqpSession

LINK_CREDIT: Final = 1000
"""Deliveries a sending client may have on its way; topped up when a fifth is left."""

_SETTLED: Final = 1
_MIXED: Final = 2


@dataclass(frozen=True, slots=True)
class AttachRequest:
    """A client's attach. `address` is relative to the namespace; `receiving` is true when the client
    receives.
    """

    name: str
    handle: int
    receiving: bool
    sender_settle_mode: int
    receiver_settle_mode: int
    address: str
    source: str | None
    target: str | None
    filters: dict[Any, Any]
    properties: dict[Any, Any]

    @classmethod
    def read(cls, fields: Fields) -> AttachRequest:
        """Raises ProtocolError when a field is missing or of the wrong type."""
        receiving = fields.flag(2)
        source, target = (
            _terminus("attach: source", fields.value(5)),
            _terminus("attach: target", fields.value(6)),
        )
        described = source if receiving else target
        return cls(
            name=fields.text(0),
            handle=fields.number(1),
            receiving=receiving,
            sender_settle_mode=fields.number(3, _MIXED),
            receiver_settle_mode=fields.number(4, 0),
            address=relative_address(described.text(0)),
            source=source.value(0) if isinstance(source.value(0), str) else None,
            target=target.value(0) if isinstance(target.value(0), str) else None,
            filters=described.table(7) if receiving else {},
            properties=fields.table(13),
        )


def _terminus(name: str, value: Any) -> Fields:
    return Fields(name, value.value if isinstance(value, Described) else [])


def relative_address(address: str) -> str:
    """`sb://host:port/queue/` and `queue` are the same node."""
    if "://" in address:
        address = address.split("://", 1)[1].partition("/")[2]
    return address.strip("/")


class Link:
    """What both directions share. A link that the server detached stays registered until the client detaches
    too.
    """

    def __init__(self, session: AmqpSession, request: AttachRequest) -> None:
        self.session = session
        self.request = request
        self.address = request.address
        self.attached = False
        self.closed = False

    def reply(
        self, *, refused: bool = False, filters: Any = None, properties: dict[Any, Any] | None = None
    ) -> None:
        """Answer the attach. A refused link has no terminus of its own and is detached right after."""
        request = self.request
        # Addresses go back as they came and no field is left out: the SDKs compare and unpack them.
        source = Described(Ulong(SOURCE), [request.source, *[None] * 6, filters, *[None] * 3])
        target = Described(Ulong(TARGET), [request.target, *[None] * 6])
        self.attached = True
        self.session.send(
            performative(
                ATTACH,
                [
                    request.name,
                    Uint(request.handle),
                    not request.receiving,
                    Ubyte(request.sender_settle_mode & 0xFF),
                    Ubyte(request.receiver_settle_mode & 0xFF),
                    None if refused and not request.receiving else source,
                    None if refused and request.receiving else target,
                    None,
                    None,
                    Uint(0) if request.receiving else None,
                    Ulong(self.session.limits.max_message_bytes),
                    None,
                    None,
                    properties or {},
                ],
            )
        )

    def detach(self, condition: str | None = None, description: str = "") -> None:
        """Close the link from the server's side, attaching it first where the client still waits for that."""
        if self.closed:
            return
        if not self.attached:
            self.reply(refused=True)
        problem = error(condition, description) if condition else None
        self.session.send(performative(DETACH, [Uint(self.request.handle), True, problem]))
        self.close()

    def close(self) -> None:
        """The link is over: detached by either side, or its session or connection ended."""
        if not self.closed:
            self.closed = True
            self.on_closed()

    def on_closed(self) -> None:
        """Let go of what the link holds."""

    def on_flow(self, fields: Fields) -> None:
        """The client changed the link's flow state."""

    def on_transfer(self, fields: Fields, payload: bytes) -> None:
        """A transfer on a link that does not receive breaks the protocol."""
        raise ProtocolError("amqp:illegal-state", "transfer on a receiving link")


class OutgoingLink(Link):
    """Deliveries to the client, limited by the credit it gives."""

    def __init__(self, session: AmqpSession, request: AttachRequest) -> None:
        super().__init__(session, request)
        self.credit = 0
        self.delivery_count = 0
        self.pre_settled = request.sender_settle_mode == _SETTLED

    def on_flow(self, fields: Fields) -> None:
        """Take the credit that is left of what the client grants (section 2.6.7), use it, and drain if
        asked.
        """
        granted = (fields.number(5, 0) + fields.number(6, 0) - self.delivery_count) & 0xFFFFFFFF
        self.credit = granted if granted < 1 << 31 else 0
        self.on_credit()
        if fields.flag(8) and self.credit and not self.closed:
            self.delivery_count = (self.delivery_count + self.credit) & 0xFFFFFFFF
            self.credit = 0
            self.session.send_flow(self.request.handle, self.delivery_count, 0, drain=True)

    def on_credit(self) -> None:
        """Credit was granted."""

    def can_send(self) -> bool:
        """Whether one more delivery may go out now."""
        return self.attached and not self.closed and self.credit > 0 and self.session.can_send()

    def send_delivery(self, payload: bytes, tag: bytes, settled: bool) -> int:
        """Send one message; return its delivery id."""
        self.credit -= 1
        self.delivery_count = (self.delivery_count + 1) & 0xFFFFFFFF
        return self.session.send_transfer(self.request.handle, payload, tag, settled)


class IncomingLink(Link, ABC):
    """Deliveries from the client, put together from their frames and bounded by the message limit."""

    def __init__(self, session: AmqpSession, request: AttachRequest) -> None:
        super().__init__(session, request)
        self._credit = 0
        self._delivery_count = 0
        self._parts: list[bytes] = []
        self._size = 0
        self._delivery_id: int | None = None
        self._format = 0
        self._settled = False
        self._unconfirmed = 0

    def grant(self) -> None:
        """Give the client a full window of credit."""
        self._credit = LINK_CREDIT
        self.session.send_flow(self.request.handle, self._delivery_count, LINK_CREDIT)

    def on_transfer(self, fields: Fields, payload: bytes) -> None:
        """Collect one frame; hand the message on when its last frame has come."""
        if self._delivery_id is None:
            self._begin(fields)
            if self.closed:
                return
        if fields.flag(9):  # aborted
            self._end()
            self._top_up()
            return
        self._settled = self._settled or fields.flag(4)
        self._size += len(payload)
        limit = self.session.limits.max_message_bytes
        oversized = self._size > limit + _ENVELOPE
        if oversized:
            # The rest is counted but not kept: a rejection tells the sender more than a lost link.
            self._parts.clear()
            if self._size > limit * _PATIENCE:
                self._end()
                self.detach(MESSAGE_SIZE_EXCEEDED, f"A message of more than {limit} bytes was sent.")
                return
        else:
            self._parts.append(payload)
        if fields.flag(5):  # more frames follow
            return
        data = None if oversized else b"".join(self._parts)
        delivery_id, settled, form = self._delivery_id or 0, self._settled, self._format
        self._end()
        self._take(delivery_id, settled, data, form)
        self._top_up()

    def _top_up(self) -> None:
        """Grant more credit, unless too much of what came is still on its way to the disk."""
        low = self._credit <= LINK_CREDIT // 5
        if low and self._unconfirmed < LINK_CREDIT and not self.closed:
            self.grant()

    def _begin(self, fields: Fields) -> None:
        if self._credit <= 0:
            self.detach(TRANSFER_LIMIT_EXCEEDED, "A message was sent without credit.")
            return
        self._credit -= 1
        self._delivery_count = (self._delivery_count + 1) & 0xFFFFFFFF
        self._delivery_id = fields.number(1)
        self._format = fields.number(3, 0)
        self._settled = False

    def _end(self) -> None:
        self._parts, self._size, self._delivery_id = [], 0, None

    def _take(self, delivery_id: int, settled: bool, data: bytes | None, form: int) -> None:
        try:
            if data is None:
                limit = self.session.limits.max_message_bytes
                raise ServiceBusError(MESSAGE_SIZE_EXCEEDED, f"At most {limit} bytes are accepted.")
            self.received(data, form)
            state = _ACCEPTED
        except ServiceBusError as problem:
            state = encode(outcome(REJECTED, [error(problem.condition, problem.description)]))
        self._unconfirmed += 1
        self.session.broker.when_durable(lambda: self._confirm(delivery_id, settled, state))

    def _confirm(self, delivery_id: int, settled: bool, state: bytes) -> None:
        self._unconfirmed -= 1
        if not settled:
            self.session.settle_incoming(delivery_id, state)
        self._top_up()

    @abstractmethod
    def received(self, data: bytes, form: int) -> None:
        """A whole message came; `form` is its message-format.

        Raises:
            ServiceBusError: the message is rejected with this error.
        """


_ACCEPTED: Final = encode(outcome(ACCEPTED))

_ENVELOPE: Final = 65_536
"""What a request or batch may take beyond its messages; the broker holds each message itself to the limit."""

_PATIENCE: Final = 64
"""How many times the limit a sender may go on sending before its link is detached instead."""


def new_tag() -> bytes:
    """A delivery tag for deliveries that are never settled by it."""
    return uuid.uuid4().bytes
