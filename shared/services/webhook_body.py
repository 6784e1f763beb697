"""The body of a webhook, exactly as contract section 8 lists it, and the headers around it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

import orjson

from shared.domain.events import LoggedEvent
from shared.domain.timestamps import wire_time
from shared.domain.webhook_signatures import SIGNATURE, signature_headers
from shared.domain.webhooks import Webhook

SEQUENCE: Final = "X-Security-Copilot-Sequence"
"""Header with the event's number among those of its subject, from 1."""
EVENT: Final = "X-Security-Copilot-Event-Id"


def envelope(kind: str, at: datetime, data: Mapping[str, Any]) -> bytes:
    """The three members, compact."""
    return orjson.dumps({"event_type": kind, "timestamp": wire_time(at), "data": data})


def body_of(entry: LoggedEvent) -> bytes:
    """The body of an event; the same at every attempt."""
    return envelope(entry.event.type.value, entry.event.time, entry.event.data)


def headers_of(webhook: Webhook, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """Content type and both signatures, at the time of the attempt."""
    signatures = signature_headers(webhook.signing_secrets(at), message_id, at, body)
    if webhook.signature_header is not None:
        signatures[webhook.signature_header] = signatures[SIGNATURE]
    return {"Content-Type": "application/json", **signatures}


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """The header Retry-After (RFC 9110, 10.2.3): seconds or a date; None where it is absent or malformed."""
    if value is None or len(value) > 100:
        return None
    if value.strip().isascii() and value.strip().isdigit():
        return timedelta(seconds=min(int(value), 10**8))
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    if at.tzinfo is None:
        return None
    return max(at - now, timedelta())
