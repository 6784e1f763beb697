"""The webhook that Event Grid calls: ``/runtime/webhooks/eventgrid?functionName=<name>&code=<system key>``.

Behaviour after the Event Grid extension of the Functions host (Azure/azure-functions-eventgrid-extension,
EventGridExtensionConfigProvider) and, for CloudEvents, section 4 of the CloudEvents HTTP webhook
specification (abuse protection).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from typing import Any

from azure.functions.eventgrid import EventGridEventInConverter
from azure.functions.meta import Datum

from devhost.functionhost.asgi import (
    BodyTooLargeError,
    Receive,
    Response,
    Scope,
    header_map,
    query_map,
    read_body,
)
from devhost.functionhost.http import presented_key
from devhost.functionhost.indexing import IndexedFunction
from devhost.functionhost.invocation import Invoker, log_failure
from devhost.functionhost.keys import HostKeys

WEBHOOK_PATH = "/runtime/webhooks/eventgrid"
SYSTEM_KEY = "eventgrid_extension"
MAX_BODY_BYTES = 1_048_576
"""Event Grid sends at most 1 MB a request (learn.microsoft.com/azure/event-grid/event-schema)."""
MAX_EVENTS = 5000
"""Largest batch that Event Grid delivers (event delivery, output batching)."""


class BadEventsError(ValueError):
    """The body holds no events in a schema of Event Grid."""


def _json_response(status: int, document: object) -> Response:
    return Response(
        status, json.dumps(document).encode(), ((b"content-type", b"application/json; charset=utf-8"),)
    )


def _plain(status: int, text: str) -> Response:
    return Response(status, text.encode(), ((b"content-type", b"text/plain; charset=utf-8"),))


def _parse_events(body: bytes) -> list[dict[str, Any]]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadEventsError(f"the body is no JSON that can be read: {error}") from error
    events = document if isinstance(document, list) else [document]
    if len(events) > MAX_EVENTS:
        raise BadEventsError(f"more than {MAX_EVENTS} events")
    if not all(isinstance(event, dict) for event in events):
        raise BadEventsError("an event must be an object")
    return events


def decode_event(event: dict[str, Any]) -> Any:
    """An event of either schema as the object that a function takes, by the SDK's own converter.

    Raises:
        BadEventsError: when a field does not fit, e.g. an unreadable time.
    """
    try:
        return EventGridEventInConverter.decode(Datum(json.dumps(event), "json"), trigger_metadata=None)
    except (TypeError, ValueError) as error:
        raise BadEventsError(f"event {event.get('id')!r}: {error}") from error


def _validation_answer(body: bytes) -> Response:
    events = _parse_events(body)
    data = events[0].get("data") if events else None
    code = data.get("validationCode") if isinstance(data, dict) else None
    if not isinstance(code, str):
        raise BadEventsError("the validation event has no data.validationCode")
    return _json_response(200, {"validationResponse": code})


class EventGridWebhook:
    """Hands Event Grid's deliveries to the event functions of an app."""

    def __init__(self, functions: Iterable[IndexedFunction], *, keys: HostKeys, invoker: Invoker) -> None:
        self._functions = {function.name: function for function in functions}
        self._keys = keys
        self._invoker = invoker

    async def handle(self, scope: Scope, receive: Receive) -> Response:
        """Answer one request. Raises ClientGoneError when the client left."""
        headers = header_map(scope["headers"])
        query = query_map(scope["query_string"])
        if not self._keys.opens_webhook(SYSTEM_KEY, presented_key(headers, query)):
            return Response(401)
        name = next((value for key, value in query.items() if key.lower() == "functionname"), "")
        function = self._functions.get(name)
        if function is None:
            return _plain(404, f"cannot find function: '{name}'")
        if scope["method"] == "OPTIONS":
            return self._abuse_protection(headers)
        try:
            body = await read_body(headers, receive, MAX_BODY_BYTES)
            return await self._deliver(function, headers, body)
        except BodyTooLargeError:
            return Response(413)
        except BadEventsError as error:
            return _plain(400, str(error))

    @staticmethod
    def _abuse_protection(headers: dict[str, str]) -> Response:
        origin = headers.get("webhook-request-origin")
        if origin is None:
            return Response(400)
        return Response(
            200,
            headers=((b"webhook-allowed-origin", origin.encode("latin-1")), (b"webhook-allowed-rate", b"*")),
        )

    async def _deliver(self, function: IndexedFunction, headers: dict[str, str], body: bytes) -> Response:
        kind = headers.get("aeg-event-type", "").lower()
        if kind == "subscriptionvalidation":
            return _validation_answer(body)
        if kind == "unsubscribe":
            return Response(202)
        if kind != "notification":
            return Response(400)
        events = [decode_event(event) for event in _parse_events(body)]
        # All at once, as the extension does; one failure makes Event Grid deliver the whole request again.
        results = await asyncio.gather(
            *(asyncio.create_task(self._invoker.invoke(function, event, headers)) for event in events),
            return_exceptions=True,
        )
        failures = [result for result in results if isinstance(result, BaseException)]
        for failure in failures:
            log_failure(function.name, failure)
        return Response(500) if failures else Response(202)
