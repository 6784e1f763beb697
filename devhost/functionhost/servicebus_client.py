"""The real Azure Service Bus SDK behind queue triggers and queue outputs."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from azure.functions.meta import Datum
from azure.functions.servicebus import ServiceBusMessageInConverter
from azure.servicebus import ServiceBusMessage, ServiceBusReceivedMessage, ServiceBusSubQueue
from azure.servicebus.aio import ServiceBusClient, ServiceBusReceiver, ServiceBusSender

from devhost.functionhost.app_settings import Connection, expand, resolve_connection
from devhost.functionhost.indexing import OutputBinding
from devhost.functionhost.invocation import InvalidReturnError

DEAD_LETTER_SUFFIX = "/$deadletterqueue"
"""Compared without regard to case; names the dead-letter queue of the queue before it."""

SOCKET_WAIT_SECONDS = 0.1
"""One wait for a frame. A settlement takes turns with the receive call that waits beside it, so it may take
two of these (with the SDK's default, 0.2, a redelivery is late); shorter waits cost idle processor time."""

_RETRIES = 2
_RETRY_FACTOR_SECONDS = 0.1
_LONGEST_RETRY_PAUSE_SECONDS = 2
"""Short, because the pump itself waits and reconnects."""


def split_queue_name(name: str) -> tuple[str, bool]:
    """The queue's own name, and whether its dead-letter queue is meant."""
    if name.lower().endswith(DEAD_LETTER_SUFFIX):
        return name[: -len(DEAD_LETTER_SUFFIX)], True
    return name, False


class _Account:
    """A client for one connection, with the credential it signs in with."""

    def __init__(self, connection: Connection) -> None:
        self._credential: Any = None
        if connection.connection_string is not None:
            self.client = ServiceBusClient.from_connection_string(
                connection.connection_string,
                retry_total=_RETRIES,
                retry_backoff_factor=_RETRY_FACTOR_SECONDS,
                retry_backoff_max=_LONGEST_RETRY_PAUSE_SECONDS,
            )
            return
        # Imported here: loading azure-identity takes a quarter of a second that a local stack never needs.
        from azure.identity.aio import DefaultAzureCredential  # noqa: PLC0415

        self._credential = DefaultAzureCredential()
        namespace = connection.fully_qualified_namespace or ""
        self.client = ServiceBusClient(
            namespace,
            self._credential,
            retry_total=_RETRIES,
            retry_backoff_factor=_RETRY_FACTOR_SECONDS,
            retry_backoff_max=_LONGEST_RETRY_PAUSE_SECONDS,
        )

    async def close(self) -> None:
        await self.client.close()
        if self._credential is not None:
            await self._credential.close()


class SdkReceiver:
    """A QueueReceiver over ``azure.servicebus.aio``, on a connection of its own."""

    def __init__(self, account: _Account, receiver: ServiceBusReceiver) -> None:
        self._account = account
        self._receiver = receiver

    @classmethod
    async def open(cls, connection: Connection, queue_name: str, prefetch_count: int) -> SdkReceiver:
        """Connect to a queue or, for ``<queue>/$deadletterqueue``, to its dead-letter queue.

        Raises:
            ServiceBusError: when the broker cannot be reached.
            ValueError: when the connection string is malformed.
        """
        account = _Account(connection)
        name, dead_letter = split_queue_name(queue_name)
        receiver = account.client.get_queue_receiver(
            name,
            sub_queue=ServiceBusSubQueue.DEAD_LETTER if dead_letter else None,
            prefetch_count=prefetch_count,
            socket_timeout=SOCKET_WAIT_SECONDS,
        )
        opened = cls(account, receiver)
        try:
            await receiver.__aenter__()
        except BaseException:
            await opened.close()
            raise
        return opened

    async def receive(self, max_messages: int, wait_seconds: float) -> Sequence[ServiceBusReceivedMessage]:
        return await self._receiver.receive_messages(max_messages, wait_seconds)

    async def complete(self, message: ServiceBusReceivedMessage) -> None:
        await self._receiver.complete_message(message)

    async def abandon(self, message: ServiceBusReceivedMessage) -> None:
        await self._receiver.abandon_message(message)

    async def renew(self, message: ServiceBusReceivedMessage) -> datetime:
        return _utc(await self._receiver.renew_message_lock(message))

    def locked_until(self, message: ServiceBusReceivedMessage) -> datetime:
        until = message.locked_until_utc
        if until is None:
            raise ValueError(f"the message {message.message_id!r} has no lock")
        return _utc(until)

    async def close(self) -> None:
        try:
            await self._receiver.close()
        finally:
            await self._account.close()


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _text(value: object) -> object:
    """JSON form of an application property: AMQP carries text as bytes, and types that JSON has not."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, datetime):
        return _utc(value).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)


def _body(message: ServiceBusReceivedMessage) -> bytes:
    body = message.body
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes):
        return body
    if isinstance(body, int | float | dict):
        return json.dumps(body, default=_text).encode()
    return b"".join(part if isinstance(part, bytes) else json.dumps(part).encode() for part in body or ())


def _fields(message: ServiceBusReceivedMessage) -> dict[str, object]:
    """Trigger metadata by the names that the host's Service Bus extension gives them."""
    properties = {
        str(_text(name)): _text(value) for name, value in (message.application_properties or {}).items()
    }
    fields: dict[str, object] = {
        "MessageId": message.message_id or "",
        "DeliveryCount": (message.delivery_count or 0) + 1,
        "SequenceNumber": message.sequence_number,
        "EnqueuedSequenceNumber": message.enqueued_sequence_number,
        "EnqueuedTimeUtc": message.enqueued_time_utc,
        "ExpiresAtUtc": message.expires_at_utc,
        "LockedUntil": message.locked_until_utc,
        "LockToken": message.lock_token,
        "ContentType": message.content_type,
        "CorrelationId": message.correlation_id,
        "Subject": message.subject,
        "Label": message.subject,
        "To": message.to,
        "ReplyTo": message.reply_to,
        "ReplyToSessionId": message.reply_to_session_id,
        "SessionId": message.session_id,
        "PartitionKey": message.partition_key,
        "DeadLetterSource": message.dead_letter_source,
    }
    known = {name: _text(value) for name, value in fields.items() if value is not None}
    return {**known, "ApplicationProperties": properties, "UserProperties": properties}


def decode_one(messages: Sequence[ServiceBusReceivedMessage]) -> Any:
    """One message as the ``azure.functions.ServiceBusMessage`` that the worker would build."""
    metadata = {name: Datum(json.dumps(value), "json") for name, value in _fields(messages[0]).items()}
    return ServiceBusMessageInConverter.decode(Datum(_body(messages[0]), "bytes"), trigger_metadata=metadata)


def decode_many(messages: Sequence[ServiceBusReceivedMessage]) -> Any:
    """A batch as the list of ``azure.functions.ServiceBusMessage`` that the worker would build."""
    rows = [_fields(message) for message in messages]
    names = {name for row in rows for name in row}
    metadata = {f"{name}Array": Datum(json.dumps([row.get(name) for row in rows]), "json") for name in names}
    bodies = SimpleNamespace(bytes=[_body(message) for message in messages])
    return ServiceBusMessageInConverter.decode(Datum(bodies, "collection_bytes"), trigger_metadata=metadata)


class QueueOutputs:
    """Sends output bindings; keeps one sender a queue open, because opening one takes half a second."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._accounts: dict[Connection, _Account] = {}
        self._senders: dict[tuple[Connection, str], ServiceBusSender] = {}

    async def send(self, output: OutputBinding, value: Any) -> None:
        """Send one message with ``value`` (text or bytes) as its body.

        Raises:
            InvalidReturnError: when the value is neither.
            ServiceBusError: when the broker does not take it.
        """
        if not isinstance(value, str | bytes):
            raise InvalidReturnError(
                f"output {output.name}: {type(value).__name__} is neither text nor bytes"
            )
        connection = resolve_connection(output.binding.connection, self._environment)
        queue = expand(output.binding.queue_name, self._environment)
        sender = self._senders.get((connection, queue))
        if sender is None:
            account = self._accounts.get(connection)
            if account is None:
                account = self._accounts[connection] = _Account(connection)
            sender = self._senders[(connection, queue)] = account.client.get_queue_sender(queue)
        await sender.send_messages(ServiceBusMessage(value, message_id=uuid.uuid4().hex))

    async def close(self) -> None:
        """Close all senders and connections."""
        for sender in self._senders.values():
            await sender.close()
        for account in self._accounts.values():
            await account.close()
        self._senders.clear()
        self._accounts.clear()
