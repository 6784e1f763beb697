"""An Event Grid custom topic in process: takes what the publisher client posts, checks the key, keeps it.

`POST /_local/eventgrid/api/events` is the topic; `GET /_local/eventgrid/events?after=N` lists what arrived
to whoever has the admin's API key.
"""

from __future__ import annotations

import hmac
import json
from collections import deque
from typing import Any, Final
from urllib.parse import parse_qs

from devhost.functionhost.asgi import Receive, Scope, Send

PREFIX: Final = "/_local/eventgrid"
TOPIC: Final = f"{PREFIX}/api/events"
LISTING: Final = f"{PREFIX}/events"
KEPT: Final = 10_000
MAX_BODY: Final = 1024 * 1024
"""Event Grid takes at most 1 MB in one request (learn.microsoft.com/azure/event-grid/quotas-limits)."""


class EventSink:
    """The newest 10,000 events that were published, numbered from 1."""

    def __init__(self, key: str, listing_key: str) -> None:
        """`key` is the topic's, `listing_key` the API key that may read what arrived."""
        self._key = key
        self._listing_key = listing_key
        self._events: deque[tuple[int, dict[str, Any]]] = deque(maxlen=KEPT)
        self._count = 0

    def serves(self, path: str) -> bool:
        """Whether this path is the sink's."""
        return path in (TOPIC, LISTING)

    def after(self, number: int) -> list[dict[str, Any]]:
        """Events numbered above `number`."""
        return [event for index, event in self._events if index > number]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI request."""
        if scope["path"] == LISTING and scope["method"] == "GET":
            if not self._may_list(scope):
                await _answer(send, 401, b"")
                return
            query = parse_qs(scope["query_string"].decode("latin1"))
            given = query.get("after", ["0"])[0]
            number = int(given) if given.isdecimal() else 0
            body = json.dumps({"events": self.after(number), "last": self._count}).encode()
            await _answer(send, 200, body)
        elif scope["path"] == TOPIC and scope["method"] == "POST":
            await _answer(send, await self._take(scope, receive), b"")
        else:
            await _answer(send, 404, b"")

    def _may_list(self, scope: Scope) -> bool:
        headers = {name.decode("latin1").lower(): value for name, value in scope["headers"]}
        given = headers.get("authorization", b"").removeprefix(b"Bearer ")
        return hmac.compare_digest(given, self._listing_key.encode())

    async def _take(self, scope: Scope, receive: Receive) -> int:
        headers = {name.decode("latin1").lower(): value for name, value in scope["headers"]}
        if not hmac.compare_digest(headers.get("aeg-sas-key", b""), self._key.encode()):
            return 401
        body, more = b"", True
        while more:
            part = await receive()
            body += part.get("body", b"")
            more = part.get("more_body", False)
            if len(body) > MAX_BODY:
                return 413
        try:
            events = json.loads(body)
        except ValueError:
            return 400
        for event in events if isinstance(events, list) else [events]:
            if not isinstance(event, dict) or not event.get("id"):
                return 400
            self._count += 1
            self._events.append((self._count, event))
        return 200


async def _answer(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
