"""What a client's link is attached to: `$cbs`, an entity's `$management`, a receiver, or a sender.

Session filter and link properties follow what the Azure SDKs send (`com.microsoft:session-filter`,
`com.microsoft:timeout`, `com.microsoft:locked-until-utc`).
"""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from typing import TYPE_CHECKING, Final

from devhost.servicebus import requests
from devhost.servicebus.codec import CodecError, Described, Long, Symbol, decode
from devhost.servicebus.errors import (
    DECODE_ERROR,
    INVALID_FIELD,
    NOT_ALLOWED,
    RESOURCE_LIMIT_EXCEEDED,
    SESSION_CANNOT_BE_LOCKED,
    SESSION_LOCK_LOST,
    TIMEOUT,
    UNAUTHORIZED_ACCESS,
    ServiceBusError,
)
from devhost.servicebus.frames import ACCEPTED, BATCH_FORMAT, MODIFIED, REJECTED, Fields
from devhost.servicebus.links import AttachRequest, IncomingLink, Link, OutgoingLink, new_tag
from devhost.servicebus.message import DATA, Message, sections
from devhost.servicebus.queue import MessageQueue
from devhost.servicebus.session_queue import SessionQueue

if TYPE_CHECKING:
    from devhost.servicebus.amqp_session import AmqpSession

CBS: Final = "$cbs"
MANAGEMENT: Final = "/$management"
MAX_BATCH: Final = 10_000
"""Most messages in one batch."""

_SESSION_FILTER: Final = "com.microsoft:session-filter"
_TICKS_AT_EPOCH: Final = 621_355_968_000_000_000
"""100 ns ticks from year 1 to 1970: the service gives a session's lock end as .NET ticks."""
_DEFAULT_SESSION_WAIT: Final = 60.0
_MAX_WAITING_RESPONSES: Final = 1000


def attach(session: AmqpSession, request: AttachRequest) -> Link:
    """Make the link that an attach asks for and answer it; a refused link is answered and detached."""
    try:
        return _attach(session, request)
    except ServiceBusError as problem:
        refused = Link(session, request)
        refused.detach(problem.condition, problem.description)
        return refused


def _attach(session: AmqpSession, request: AttachRequest) -> Link:
    address = request.address
    lowered = address.lower()
    if lowered == CBS:
        return _attach_request_node(session, request)
    entity = address[: -len(MANAGEMENT)] if lowered.endswith(MANAGEMENT) else address
    if not session.connection.authorizations.allow(entity):
        raise ServiceBusError(
            UNAUTHORIZED_ACCESS, f"Unauthorized access. A valid token for '{entity}' is required.", 401
        )
    if entity is not address:
        if not session.broker.is_topic(entity):
            session.broker.queue(entity)
        return _attach_request_node(session, request)
    if not request.receiving:
        session.broker.targets(address)
        sender = PublishLink(session, request)
        sender.reply()
        sender.grant()
        return sender
    queue = session.broker.queue(address)
    if isinstance(queue, SessionQueue):
        return _attach_session_receiver(session, request, queue)
    if _SESSION_FILTER in request.filters:
        raise ServiceBusError(NOT_ALLOWED, f"'{queue.name}' does not use sessions.")
    receiver = ReceiverLink(session, request, queue)
    receiver.reply()
    queue.attach(receiver)
    return receiver


def _attach_request_node(session: AmqpSession, request: AttachRequest) -> Link:
    if request.receiving:
        responses = ResponseLink(session, request)
        session.response_links[request.address.lower()] = responses
        responses.reply()
        return responses
    link = RequestLink(session, request)
    link.reply()
    link.grant()
    return link


def _attach_session_receiver(session: AmqpSession, request: AttachRequest, queue: SessionQueue) -> Link:
    if _SESSION_FILTER not in request.filters:
        raise ServiceBusError(NOT_ALLOWED, f"'{queue.name}' requires sessions; the receiver named none.")
    wanted = request.filters[_SESSION_FILTER]
    wanted = wanted.value if isinstance(wanted, Described) else wanted
    if wanted is not None and not isinstance(wanted, str):
        raise ServiceBusError(INVALID_FIELD, "The session filter must be a string or null.")
    receiver = SessionReceiverLink(session, request, queue)
    if queue.accept(receiver, wanted):
        return receiver
    if wanted is not None:
        raise ServiceBusError(
            SESSION_CANNOT_BE_LOCKED, f"The session '{wanted}' is locked by another receiver."
        )
    if queue.waiting >= session.limits.max_session_waiters:
        raise ServiceBusError(RESOURCE_LIMIT_EXCEEDED, "Too many receivers wait for a session.")
    receiver.wait()
    return receiver


class ReceiverLink(OutgoingLink):
    """A receiver on a queue; the queue's view of it is `Consumer`."""

    def __init__(self, session: AmqpSession, request: AttachRequest, queue: MessageQueue) -> None:
        super().__init__(session, request)
        self.queue = queue
        self.holder: object = session.connection

    def can_take(self) -> bool:
        """Credit, window and socket allow it, and the client has not let too much pile up unsettled."""
        return self.can_send() and self.session.may_deliver()

    def deliver(self, message: Message) -> None:
        """The delivery tag is the lock token in .NET's byte order, which is where the SDKs read it from."""
        token = message.token
        tag = new_tag() if token is None else token.bytes_le
        delivery_id = self.send_delivery(message.wire(), tag, settled=self.pre_settled)
        if token is not None:
            self.session.expect_settlement(delivery_id, self, token)

    def holds(self, token: uuid.UUID) -> bool:
        """Whether the lock still stands."""
        return self.queue.holds(token)

    def settle(self, token: uuid.UUID, state: int | None, fields: Fields) -> None:
        """Apply an outcome to the message locked under `token`."""
        if state == ACCEPTED:
            self.queue.complete(token)
        elif state == REJECTED:
            self._reject(token, fields)
        elif state == MODIFIED:
            # undeliverable-here is how a receiver defers (Service Bus AMQP protocol guide).
            (self.queue.defer if fields.flag(1) else self.queue.abandon)(token)
        else:
            self.queue.release(token)

    def _reject(self, token: uuid.UUID, fields: Fields) -> None:
        problem = fields.value(0)
        info = Fields("rejected: error", problem.value).table(2) if isinstance(problem, Described) else {}
        reason, description = info.get("DeadLetterReason"), info.get("DeadLetterErrorDescription")
        self.queue.dead_letter(
            token,
            reason if isinstance(reason, str) else None,
            description if isinstance(description, str) else None,
        )

    def on_credit(self) -> None:
        """Take what waits."""
        self.queue.pump()

    def on_closed(self) -> None:
        """Leave the queue."""
        self.queue.detach(self)


class SessionReceiverLink(ReceiverLink):
    """A receiver that holds one session, or waits for one: its attach is answered when it has it."""

    def __init__(self, session: AmqpSession, request: AttachRequest, queue: SessionQueue) -> None:
        super().__init__(session, request, queue)
        self._sessions = queue
        self._patience: asyncio.TimerHandle | None = None

    def wait(self) -> None:
        """Wait for the next available session as long as the client asked, at most."""
        asked = self.request.properties.get("com.microsoft:timeout")
        seconds = asked / 1000 if type(asked) is int and asked > 0 else _DEFAULT_SESSION_WAIT
        self._sessions.wait(self)
        loop = asyncio.get_running_loop()
        self._patience = loop.call_later(min(seconds, 3600.0), self._give_up)

    def _give_up(self) -> None:
        if self._sessions.stop_waiting(self):
            self.detach(TIMEOUT, "No session became available within the allotted time.")

    def session_accepted(self, session_id: str, locked_until: float) -> None:
        """Answer the attach with the session's id and the end of its lock."""
        ticks = Long(int(locked_until * 10_000_000) + _TICKS_AT_EPOCH)
        self.reply(
            filters={Symbol(_SESSION_FILTER): session_id},
            properties={Symbol("com.microsoft:locked-until-utc"): ticks},
        )

    def session_lost(self) -> None:
        """Tell the client and close."""
        self.detach(SESSION_LOCK_LOST, "The session lock has expired.")

    def on_closed(self) -> None:
        """Stop waiting and free the session."""
        if self._patience is not None:
            self._patience.cancel()
        super().on_closed()


class PublishLink(IncomingLink):
    """A sender on a queue or topic."""

    def received(self, data: bytes, form: int) -> None:
        """Accept a message, or every message of a batch or none."""
        encoded = _split_batch(data) if form == BATCH_FORMAT else [data]
        self.session.broker.publish(self.address, encoded)


def _split_batch(data: bytes) -> list[bytes]:
    try:
        found = [decode(data, value)[0] for code, _start, value, _end in sections(data) if code == DATA]
    except CodecError as problem:
        raise ServiceBusError(DECODE_ERROR, f"The batch cannot be read: {problem}") from problem
    if not 0 < len(found) <= MAX_BATCH or not all(isinstance(item, bytes) for item in found):
        raise ServiceBusError(DECODE_ERROR, f"A batch must hold 1 to {MAX_BATCH} encoded messages.")
    return found


class ResponseLink(OutgoingLink):
    """Responses of `$cbs` or `$management`; those that exceed the client's credit wait, up to a limit."""

    def __init__(self, session: AmqpSession, request: AttachRequest) -> None:
        super().__init__(session, request)
        self._waiting: deque[bytes] = deque()

    def respond(self, message: bytes) -> None:
        """Send an encoded response."""
        if len(self._waiting) >= _MAX_WAITING_RESPONSES:
            self.detach(RESOURCE_LIMIT_EXCEEDED, "Too many responses wait for credit.")
            return
        self._waiting.append(message)
        self.on_credit()

    def on_credit(self) -> None:
        """Send what waits."""
        while self._waiting and self.can_send():
            self.send_delivery(self._waiting.popleft(), new_tag(), settled=True)

    def on_closed(self) -> None:
        """Responses have nowhere to go."""
        self._waiting.clear()
        if self.session.response_links.get(self.address.lower()) is self:
            del self.session.response_links[self.address.lower()]


class RequestLink(IncomingLink):
    """Requests to `$cbs` or `$management`, answered on the response link of the same address and session."""

    def received(self, data: bytes, form: int) -> None:
        """Answer a request once what it changed is durable."""
        responses = self.session.response_links.get(self.address.lower())
        if not isinstance(responses, ResponseLink):
            raise ServiceBusError(NOT_ALLOWED, "There is no link to answer the request on.")
        answer = requests.answer(self.session.connection, self.address, data)
        self.session.broker.when_durable(lambda: None if responses.closed else responses.respond(answer))


def entity_of(link: Link) -> str | None:
    """The entity a link needs a token for; None for `$cbs`."""
    lowered = link.address.lower()
    if lowered == CBS:
        return None
    return link.address[: -len(MANAGEMENT)] if lowered.endswith(MANAGEMENT) else link.address
