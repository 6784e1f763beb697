"""The operations of an entity's `$management` node.

Source: "AMQP 1.0 in Azure Service Bus: request-response-based operations" (Microsoft Learn).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, cast

from devhost.servicebus.broker import Broker
from devhost.servicebus.codec import Array, Long, Timestamp
from devhost.servicebus.errors import ARGUMENT_ERROR, NOT_ALLOWED, NOT_IMPLEMENTED, ServiceBusError
from devhost.servicebus.message import Message
from devhost.servicebus.queue import MessageQueue
from devhost.servicebus.session_queue import SessionQueue

MAX_ITEMS: Final = 1000
"""Most messages, tokens or sequence numbers in one request."""

Reply = tuple[int, Any]
"""(status code, body) of a management response."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request: the entity's address, the operation's name, the body map, and the connection it came
    on.
    """

    entity: str
    operation: str
    body: dict[Any, Any]
    holder: object


def perform(broker: Broker, request: Request) -> Reply:
    """Carry out one management operation.

    Raises:
        ServiceBusError: with the status and condition to answer.
    """
    if request.operation == "com.microsoft:schedule-message":
        return _schedule(broker, request)
    operation = _OPERATIONS.get(request.operation)
    if operation is None:
        raise ServiceBusError(NOT_IMPLEMENTED, f"The operation '{request.operation}' is not supported.", 501)
    if broker.is_topic(request.entity):
        raise ServiceBusError(NOT_IMPLEMENTED, f"A topic does not support '{request.operation}'.", 501)
    return operation(broker.queue(request.entity), request)


# ---------------------------------------------------------------------------------------- reading the body


def _items(body: dict[Any, Any], name: str) -> list[Any]:
    found = body.get(name)
    if not isinstance(found, list) or not 0 < len(found) <= MAX_ITEMS:
        raise ServiceBusError(ARGUMENT_ERROR, f"'{name}' must hold 1 to {MAX_ITEMS} values.")
    return found


def _numbers(body: dict[Any, Any], name: str) -> list[int]:
    found = _items(body, name)
    if any(type(item) is not int for item in found):
        raise ServiceBusError(ARGUMENT_ERROR, f"'{name}' must hold integers.")
    return found


def _tokens(body: dict[Any, Any]) -> list[uuid.UUID]:
    found = _items(body, "lock-tokens")
    if any(not isinstance(item, uuid.UUID) for item in found):
        raise ServiceBusError(ARGUMENT_ERROR, "'lock-tokens' must hold UUIDs.")
    return found


def _number(body: dict[Any, Any], name: str, default: int | None = None) -> int:
    found = body.get(name, default)
    if type(found) is not int:
        raise ServiceBusError(ARGUMENT_ERROR, f"'{name}' must be an integer.")
    return found


def _text(body: dict[Any, Any], name: str, required: bool = False) -> str | None:
    found = body.get(name)
    if not isinstance(found, str) and (found is not None or required):
        raise ServiceBusError(ARGUMENT_ERROR, f"'{name}' must be a string.")
    return found


def _session(queue: MessageQueue, body: dict[Any, Any]) -> tuple[SessionQueue, str]:
    if not isinstance(queue, SessionQueue):
        raise ServiceBusError(NOT_ALLOWED, f"'{queue.name}' does not use sessions.")
    return queue, cast(str, _text(body, "session-id", required=True))


def _milliseconds(when: float) -> Timestamp:
    return Timestamp(int(when * 1000))


# ------------------------------------------------------------------------------------------- the operations


def _schedule(broker: Broker, request: Request) -> Reply:
    if broker.is_topic(request.entity):
        text = "Messages to a topic are scheduled with the scheduled enqueue time property."
        raise ServiceBusError(NOT_IMPLEMENTED, text, 501)
    encoded = []
    for entry in _items(request.body, "messages"):
        message = entry.get("message") if isinstance(entry, dict) else None
        if not isinstance(message, bytes):
            raise ServiceBusError(ARGUMENT_ERROR, "'messages' must hold maps with a binary 'message'.")
        encoded.append(message)
    numbers = broker.publish(request.entity, encoded)
    return 200, {"sequence-numbers": Array(Long(number) for number in numbers)}


def _cancel_scheduled(queue: MessageQueue, request: Request) -> Reply:
    queue.cancel_scheduled(_numbers(request.body, "sequence-numbers"))
    return 200, None


def _renew_locks(queue: MessageQueue, request: Request) -> Reply:
    ends = [queue.renew(token) for token in _tokens(request.body)]
    return 200, {"expirations": Array(map(_milliseconds, ends))}


def _peek(queue: MessageQueue, request: Request) -> Reply:
    start = _number(request.body, "from-sequence-number")
    count = min(_number(request.body, "message-count"), MAX_ITEMS)
    found = [
        {"message": message.wire(peek=True)}
        for message in queue.peek(start, count, _text(request.body, "session-id"))
    ]
    return (200, {"messages": found}) if found else (204, None)


def _receive_deferred(queue: MessageQueue, request: Request) -> Reply:
    pre_settled = _number(request.body, "receiver-settle-mode", 0) == 0
    numbers = _numbers(request.body, "sequence-numbers")
    messages = queue.take_deferred(numbers, pre_settled, request.holder)
    return 200, {"messages": [_deferred(message) for message in messages]}


def _deferred(message: Message) -> dict[str, Any]:
    entry: dict[str, Any] = {"message": message.wire()}
    if message.token is not None:
        entry["lock-token"] = message.token
    return entry


def _update_disposition(queue: MessageQueue, request: Request) -> Reply:
    body = request.body
    status = body.get("disposition-status")
    reason, description = _text(body, "deadletter-reason"), _text(body, "deadletter-description")
    settle: dict[Any, Callable[[uuid.UUID], None]] = {
        "completed": queue.complete,
        "abandoned": queue.abandon,
        "defered": queue.defer,  # spelled so by the service
        "suspended": lambda token: queue.dead_letter(token, reason, description),
    }
    if not isinstance(status, str) or status not in settle:
        raise ServiceBusError(ARGUMENT_ERROR, f"'disposition-status' cannot be {status!r:.80}.")
    for token in _tokens(body):
        settle[status](token)
    return 200, None


def _renew_session(queue: MessageQueue, request: Request) -> Reply:
    sessions, session_id = _session(queue, request.body)
    return 200, {"expiration": _milliseconds(sessions.renew_session(session_id, request.holder))}


def _get_session_state(queue: MessageQueue, request: Request) -> Reply:
    sessions, session_id = _session(queue, request.body)
    return 200, {"session-state": sessions.session_state(session_id, request.holder)}


def _set_session_state(queue: MessageQueue, request: Request) -> Reply:
    sessions, session_id = _session(queue, request.body)
    state = request.body.get("session-state")
    if state is not None and not isinstance(state, bytes):
        raise ServiceBusError(ARGUMENT_ERROR, "'session-state' must be binary or null.")
    sessions.set_session_state(session_id, request.holder, state)
    return 200, None


def _list_sessions(queue: MessageQueue, request: Request) -> Reply:
    if not isinstance(queue, SessionQueue):
        raise ServiceBusError(NOT_ALLOWED, f"'{queue.name}' does not use sessions.")
    skip = max(0, _number(request.body, "skip", 0))
    found = queue.session_ids(skip, min(_number(request.body, "top", 100), MAX_ITEMS))
    return (200, {"skip": skip + len(found), "sessions-ids": Array(found)}) if found else (204, None)


_OPERATIONS: Final[dict[str, Callable[[MessageQueue, Request], Reply]]] = {
    "com.microsoft:cancel-scheduled-message": _cancel_scheduled,
    "com.microsoft:renew-lock": _renew_locks,
    "com.microsoft:peek-message": _peek,
    "com.microsoft:receive-by-sequence-number": _receive_deferred,
    "com.microsoft:update-disposition": _update_disposition,
    "com.microsoft:renew-session-lock": _renew_session,
    "com.microsoft:get-session-state": _get_session_state,
    "com.microsoft:set-session-state": _set_session_state,
    "com.microsoft:get-message-sessions": _list_sessions,
}
