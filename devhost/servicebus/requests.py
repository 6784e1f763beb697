"""Requests to `$cbs` and `$management`: reading them, carrying them out, and encoding the answer.

Sources: OASIS AMQP Claims-based Security 1.0 (put-token), and the request-response conventions of Service
Bus: `$cbs` answers with `status-code`, `$management` with `statusCode`.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from devhost.servicebus import management
from devhost.servicebus.codec import CodecError, Encoded, Symbol, decode
from devhost.servicebus.encoding import encode, encode_list
from devhost.servicebus.errors import DECODE_ERROR, UNAUTHORIZED_ACCESS, ServiceBusError
from devhost.servicebus.message import APPLICATION_PROPERTIES, PROPERTIES, VALUE, first_property, sections
from devhost.servicebus.sas import TOKEN_TYPES, TokenError

if TYPE_CHECKING:
    from devhost.servicebus.connection import AmqpConnection

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A decoded request: its id as it came, its application properties and its value."""

    message_id: Encoded
    properties: dict[Any, Any]
    value: Any


def answer(connection: AmqpConnection, address: str, data: bytes) -> bytes:
    """Carry out an encoded request to the node at `address`; return the encoded response.

    Raises:
        ServiceBusError: the request cannot be read; what is wrong with a readable one is in the response.
    """
    request = _read(data)
    if address.lower() == "$cbs":
        status, text = _put_token(connection, request)
        return _response(request, {"status-code": status, "status-description": text}, None)
    entity = address.rpartition("/")[0]
    try:
        operation = request.properties.get("operation")
        if not isinstance(operation, str) or not isinstance(request.value, dict):
            raise ServiceBusError(
                "amqp:invalid-field", "A request needs an 'operation' and a map as its body."
            )
        status, body = management.perform(
            connection.broker, management.Request(entity, operation, request.value, connection)
        )
    except ServiceBusError as problem:
        condition = Symbol(problem.condition)
        found = {
            "statusCode": problem.status,
            "statusDescription": problem.description,
            "errorCondition": condition,
        }
        return _response(request, found, None)
    return _response(request, {"statusCode": status, "statusDescription": "OK"}, body)


def _read(data: bytes) -> Envelope:
    message_id, properties, value = Encoded(b"\x40"), {}, None
    try:
        for code, _start, at, _end in sections(data):
            if code == PROPERTIES:
                message_id = first_property(data, at)
            elif code == APPLICATION_PROPERTIES:
                properties = decode(data, at)[0]
            elif code == VALUE:
                value = decode(data, at)[0]
    except CodecError as problem:
        raise ServiceBusError(DECODE_ERROR, f"The request cannot be read: {problem}") from problem
    if not isinstance(properties, dict):
        raise ServiceBusError(DECODE_ERROR, "The application properties of a request must be a map.")
    return Envelope(message_id, properties, value)


def _response(request: Envelope, properties: dict[str, Any], body: Any) -> bytes:
    null = b"\x40"
    return b"".join(
        (
            b"\x00\x53\x73",  # properties; the sixth field is the correlation id
            encode_list((null, null, null, null, null, request.message_id)),
            b"\x00\x53\x74",
            encode(properties),
            b"\x00\x53\x77",
            encode(body),
        )
    )


def _put_token(connection: AmqpConnection, request: Envelope) -> tuple[int, str]:
    fields = request.properties
    token, audience = request.value, fields.get("name")
    if fields.get("operation") != "put-token" or not isinstance(token, str) or not isinstance(audience, str):
        return 400, "A put-token request with a token and an audience was expected."
    if fields.get("type") not in TOKEN_TYPES:
        return 401, f"{UNAUTHORIZED_ACCESS}: The token's type is not one of {', '.join(TOKEN_TYPES)}."
    try:
        connection.authorizations.put(token, audience)
    except TokenError as problem:
        _LOG.warning("token for %.200r refused: %s", audience, problem)
        return 401, f"{UNAUTHORIZED_ACCESS}: {problem}"
    return 202, "Accepted"
