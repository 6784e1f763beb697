"""Signatures of webhooks: the one of the product's own API, and Standard Webhooks beside it. Pure.

Own scheme (contract section 8): `sha256=` and the lower-case hex HMAC-SHA256 of the raw body under the UTF-8
bytes of the secret. Standard Webhooks 1.0 (https://github.com/standard-webhooks/standard-webhooks, spec):
`v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`; several of them, separated by spaces, while a secret
rotates.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

SIGNATURE: Final = "X-Security-Copilot-Signature"
ID: Final = "webhook-id"
TIMESTAMP: Final = "webhook-timestamp"
SIGNATURES: Final = "webhook-signature"

TOLERANCE_SECONDS: Final = 300
ENCODED: Final = "whsec_"
"""Secrets that begin so carry the key of Standard Webhooks in base64 behind it, as its libraries expect."""
_PREFIX: Final = "v1,"


def message_key(secret: str) -> bytes:
    """The key of Standard Webhooks: what `whsec_` encodes, else the secret's UTF-8 bytes.

    Raises:
        ValueError: what follows `whsec_` is no base64, or the key is empty.
    """
    encoded = secret.startswith(ENCODED)
    key = base64.b64decode(secret.removeprefix(ENCODED), validate=True) if encoded else secret.encode()
    if not key:
        raise ValueError("a secret must not be empty")
    return key


def body_signature(secret: str, body: bytes) -> str:
    """The own scheme's header value."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def message_signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """One signature of Standard Webhooks; `timestamp` in epoch seconds.

    Raises:
        ValueError: see `message_key`.
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    return _PREFIX + base64.b64encode(hmac.new(message_key(secret), signed, hashlib.sha256).digest()).decode()


def signature_headers(secrets: Sequence[str], message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """Headers of one attempt, sent at `at`. The first of the secrets is the one in force, the rest expire."""
    timestamp = int(at.timestamp())
    return {
        SIGNATURE: body_signature(secrets[0], body),
        ID: message_id,
        TIMESTAMP: str(timestamp),
        SIGNATURES: " ".join(message_signature(one, message_id, timestamp, body) for one in secrets),
    }


def verify_body(secret: str, signature: str, body: bytes) -> bool:
    """Whether the own scheme's header fits the body."""
    return hmac.compare_digest(body_signature(secret, body).encode(), signature.encode("utf-8", "replace"))


def verify_message(
    secret: str,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
    tolerance: int = TOLERANCE_SECONDS,
) -> bool:
    """Whether one of the signatures fits and the attempt is at most `tolerance` seconds away from `now`.

    Header names in any case. Anything missing or malformed is a refusal, never an error.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    message_id, stamp = lowered.get(ID, ""), lowered.get(TIMESTAMP, "")
    given = lowered.get(SIGNATURES, "")
    if not message_id or not given or not stamp.isascii() or not stamp.isdecimal() or len(stamp) > 15:
        return False
    if abs(now.timestamp() - int(stamp)) > tolerance:
        return False
    try:
        expected = message_signature(secret, message_id, int(stamp), body).encode()
    except ValueError:
        return False
    return any([hmac.compare_digest(expected, one.encode("utf-8", "replace")) for one in given.split(" ")])
