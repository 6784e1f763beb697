"""The last steps of a call: run its handler once for each idempotency key, and tag what it shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from functions.http.conditional import condition, entity_tag, representation
from functions.http.exchange import Call, Reply, Route
from functions.http.idempotency import call_digest, idempotency_key, once
from shared.domain.idempotency import Attempt
from shared.services.application import Application


async def performed(
    route: Route[Any, Any], headers: Mapping[str, str], call: Call[Any, Any], app: Application
) -> Reply:
    """The handler's answer; of a POST with an idempotency key that was answered before, that answer.

    Raises:
        InvalidRequestError: the key has a wrong form.
        KeyReusedError, ConflictError: see `functions.http.idempotency.once`.
    """
    key = idempotency_key(headers) if route.repeatable else None
    if key is None:
        return await route.handler(call, app)

    async def run(attempt: Attempt) -> Reply:
        return await route.handler(replace(call, attempt=attempt), app)

    digest = call_digest(call.principal.id, route.method, call.path, key)
    return await once(app.idempotency, digest, call.body, run, secret_answer=route.secret_answer)


def tagged(route: Route[Any, Any], headers: Mapping[str, str], reply: Reply) -> Reply:
    """The answer with its entity tag; 304 without content where the caller has that representation already.

    Raises:
        InvalidRequestError: `If-None-Match` has a wrong form.
    """
    if not route.tagged or reply.status != 200:
        return reply
    body = reply.body if isinstance(reply.body, bytes) else representation(reply.body)
    tag = entity_tag(body)
    shown = {**reply.headers, "ETag": tag}
    if route.method == "GET":
        known = condition(headers, "If-None-Match")
        if known is not None and known.holds_weakly(tag):
            return Reply(304, b"", shown)
    return replace(reply, body=body, headers=shown)
