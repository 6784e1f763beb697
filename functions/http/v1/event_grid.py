"""`/v1/eventgrid`: the webhook form of a subscription to changes of resources, with both handshakes.

Its callers are Event Grid's subscriptions, which know one of a few keys and nothing else of this API. A
validation URL is never fetched: the code in the answer is enough.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
from typing import Final

from functions.http.client_address import network_of
from functions.http.exchange import Call, Reply, Sent
from shared.api.event_grid import MEDIA_TYPES, EventGridAnswer, EventGridQuery, parse_events
from shared.api.json_body import check_content_type
from shared.api.wire import EmptyBody
from shared.domain.errors import (
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    Reason,
    UnauthorizedError,
)
from shared.domain.resource_changes import ResourceChange, change_of
from shared.services.application import Application

log = logging.getLogger(__name__)

KEY_HEADER: Final = "X-Event-Grid-Key"
ORIGIN: Final = "WebHook-Request-Origin"
ALLOWED_ORIGIN: Final = "WebHook-Allowed-Origin"
ALLOWED_RATE: Final = "WebHook-Allowed-Rate"
_HOST: Final = re.compile(r"[A-Za-z0-9.-]{1,253}")


async def permit(call: Call[EmptyBody, EventGridQuery], app: Application) -> Reply:
    """Abuse protection of CloudEvents: says which origin may deliver, and how much (anything)."""
    sent = _admitted(call, app)
    origin = sent.headers.get(ORIGIN)
    if origin is None:
        raise InvalidRequestError.of(ORIGIN, Reason.MISSING, f"The header {ORIGIN} is required")
    if not _HOST.fullmatch(origin) or origin.lower() not in app.settings.events.eventgrid_origins:
        raise ForbiddenError("This origin may not deliver events")
    return Reply(200, b"", {"Allow": "POST, OPTIONS", ALLOWED_ORIGIN: origin, ALLOWED_RATE: "*"})


async def deliver(call: Call[EmptyBody, EventGridQuery], app: Application) -> Reply:
    """A validation event, or events of any kind: those of changed resources are noted."""
    sent = _admitted(call, app)
    check_content_type(sent.headers.get("Content-Type"), MEDIA_TYPES)
    events = parse_events(sent.content)
    code = events[0].validation_code
    if code is not None:
        return _reply(EventGridAnswer(validation_response=code))
    changes: list[ResourceChange] = []
    for event in events:
        try:
            change = change_of(event.kind, event.data)
        except ValueError as error:
            # Delivered again it would be no better.
            log.warning("an event of a changed resource cannot be used: %s", error)
            continue
        if change is not None:
            changes.append(change)
    noted = await app.resource_changes.note_all(changes)
    return _reply(EventGridAnswer(noted=noted, ignored=len(events) - noted))


def _admitted(call: Call[EmptyBody, EventGridQuery], app: Application) -> Sent:
    """The request of a caller with a key; refusals count against where it comes from.

    Raises:
        NotFoundError: the route is off.
        TooManyFailuresError, UnauthorizedError: as for every other caller.
    """
    keys = app.settings.events.eventgrid_keys
    sent = call.sent
    if not keys or sent is None:
        raise NotFoundError("There is nothing here: no key for Event Grid is set")
    given = call.query.key or sent.headers.get(KEY_HEADER)
    network = network_of(sent.address)
    app.failed_attempts.admit(network, given)
    digest = hashlib.sha256((given or "").encode(errors="surrogatepass")).digest()
    matches = [
        hmac.compare_digest(digest, hashlib.sha256(key.get_secret_value().encode()).digest()) for key in keys
    ]
    if not any(matches):
        app.failed_attempts.failed(network)
        raise UnauthorizedError("A key for Event Grid is required")
    app.failed_attempts.succeeded(given)
    return sent


def _reply(answer: EventGridAnswer) -> Reply:
    return Reply(200, answer.model_dump_json(by_alias=True, exclude_none=True).encode())
