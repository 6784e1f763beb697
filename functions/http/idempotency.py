"""The `Idempotency-Key` of a POST (contract 2.6): run once, replay afterwards."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from pydantic import BaseModel

from functions.http.conditional import representation
from functions.http.exchange import Call, Reply
from shared.domain.errors import ConflictError, InvalidRequestError, Reason
from shared.domain.idempotency import Attempt, KeptAnswer
from shared.domain.ids import IdKind, make_id
from shared.services.idempotency import Claim, IdempotentCalls

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
MAX_KEY: Final = 255


def idempotency_key(headers: Mapping[str, str]) -> str | None:
    """The caller's key, or None.

    Raises:
        InvalidRequestError: not 1 to 255 visible ASCII characters.
    """
    key = headers.get(HEADER)
    if key is None:
        return None
    if not 0 < len(key) <= MAX_KEY or any(not "!" <= char <= "~" for char in key):
        raise InvalidRequestError.of(
            HEADER, Reason.INVALID_FORMAT, f"{HEADER} must have 1 to {MAX_KEY} visible ASCII characters"
        )
    return key


def call_digest(principal_id: str, method: str, path: str, key: str) -> str:
    """What makes two calls the same: caller, method, path and key."""
    return hashlib.sha256("\n".join((principal_id, method, path, key)).encode()).hexdigest()


def body_digest(body: BaseModel) -> str:
    """Fingerprint of what a body says; spaces and the order of members say nothing."""
    return hashlib.sha256(body.model_dump_json(exclude_unset=True).encode()).hexdigest()


def repeatable_id(call: Call[Any, Any], kind: IdKind) -> str | None:
    """The id that every attempt of a call with an idempotency key gives to what it makes; None without one.

    It has the second of the first attempt and a tail of the key's digest: a second attempt meets what the
    first has made.
    """
    attempt = call.attempt
    return None if attempt is None else make_id(kind, attempt.begun_at, attempt.key[:8])


async def once(
    calls: IdempotentCalls,
    digest: str,
    body: BaseModel,
    run: Callable[[Attempt], Awaitable[Reply]],
    *,
    secret_answer: bool = False,
) -> Reply:
    """The answer of `run`, or the one it gave before. Failures are not kept: the call may be tried again.

    Raises:
        KeyReusedError: the key came with another body before.
        ConflictError: that call is running, or its answer could not be kept.
    """
    claim = await calls.begin(digest, body_digest(body))
    if isinstance(claim, KeptAnswer):
        return _replayed(claim)
    try:
        reply = await run(claim.attempt)
    except Exception:
        await calls.release(claim)
        raise
    await _keep(calls, claim, reply, secret_answer=secret_answer)
    return reply


async def _keep(calls: IdempotentCalls, claim: Claim, reply: Reply, *, secret_answer: bool) -> None:
    body = reply.body if isinstance(reply.body, bytes) else representation(reply.body)
    kept = KeptAnswer(
        status=reply.status,
        media_type=reply.media_type,
        headers=dict(reply.headers),
        body=None if secret_answer else body,
    )
    await calls.finish(claim, kept)


def _replayed(answer: KeptAnswer) -> Reply:
    if answer.body is None:
        raise ConflictError("That call was done; its answer was not kept", {"status": answer.status})
    reply = Reply(answer.status, answer.body, answer.headers, answer.media_type)
    return replace(reply, headers={**reply.headers, REPLAYED: "true"})
