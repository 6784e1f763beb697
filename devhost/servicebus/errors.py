"""Error conditions of AMQP 1.0 and of Service Bus, and the exceptions that carry them.

Sources: OASIS AMQP 1.0 Part 2 section 2.8.15 and Part 3; "Service Bus AMQP request-response operations" and
"AMQP error mapping" (Microsoft Learn) for the `com.microsoft:` names.
"""

from __future__ import annotations

from typing import Final

DECODE_ERROR: Final = "amqp:decode-error"
FRAMING_ERROR: Final = "amqp:connection:framing-error"
FRAME_SIZE_TOO_SMALL: Final = "amqp:frame-size-too-small"
HANDLE_IN_USE: Final = "amqp:session:handle-in-use"
ILLEGAL_STATE: Final = "amqp:illegal-state"
INTERNAL_ERROR: Final = "amqp:internal-error"
INVALID_FIELD: Final = "amqp:invalid-field"
MESSAGE_SIZE_EXCEEDED: Final = "amqp:link:message-size-exceeded"
NOT_ALLOWED: Final = "amqp:not-allowed"
NOT_FOUND: Final = "amqp:not-found"
NOT_IMPLEMENTED: Final = "amqp:not-implemented"
RESOURCE_LIMIT_EXCEEDED: Final = "amqp:resource-limit-exceeded"
TRANSFER_LIMIT_EXCEEDED: Final = "amqp:link:transfer-limit-exceeded"
UNATTACHED_HANDLE: Final = "amqp:session:unattached-handle"
UNAUTHORIZED_ACCESS: Final = "amqp:unauthorized-access"
CONNECTION_FORCED: Final = "amqp:connection:forced"

ARGUMENT_ERROR: Final = "com.microsoft:argument-error"
MESSAGE_LOCK_LOST: Final = "com.microsoft:message-lock-lost"
MESSAGE_NOT_FOUND: Final = "com.microsoft:message-not-found"
SESSION_CANNOT_BE_LOCKED: Final = "com.microsoft:session-cannot-be-locked"
SESSION_LOCK_LOST: Final = "com.microsoft:session-lock-lost"
TIMEOUT: Final = "com.microsoft:timeout"


class ServiceBusError(Exception):
    """A request that the broker refuses; the link or the management response carries it to the client.

    Attributes:
        condition: AMQP error condition.
        description: one sentence for a person.
        status: HTTP-like status code of a management response.
    """

    def __init__(self, condition: str, description: str, status: int = 400) -> None:
        super().__init__(f"{condition}: {description}")
        self.condition = condition
        self.description = description
        self.status = status


class ProtocolError(Exception):
    """The peer broke the protocol; the connection is closed with `condition`."""

    def __init__(self, condition: str, description: str) -> None:
        super().__init__(f"{condition}: {description}")
        self.condition = condition
        self.description = description


def lock_lost() -> ServiceBusError:
    """The lock token is unknown: the lock ran out or the message was settled already (410)."""
    return ServiceBusError(
        MESSAGE_LOCK_LOST,
        "The lock supplied is invalid. Either the lock expired, or the message has already been removed.",
        410,
    )


def session_lock_lost() -> ServiceBusError:
    """The connection does not hold the session's lock, or no longer does (410)."""
    return ServiceBusError(SESSION_LOCK_LOST, "The session lock has expired or is held elsewhere.", 410)


def entity_not_found(address: str) -> ServiceBusError:
    """No queue, topic or subscription has this address (404)."""
    return ServiceBusError(NOT_FOUND, f"The messaging entity '{address}' could not be found.", 404)
