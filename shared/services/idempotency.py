"""Idempotent calls (contract 2.6): claim a key, run, keep the answer; or replay what was kept.

A claim is a lease. An attempt that dies leaves it behind, and after `LEASE` the next one takes over with the
first one's time, so that ids made from it and the key find what the first attempt has done.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from dataclasses import dataclass

from shared.domain.errors import ConflictError, KeyReusedError
from shared.domain.idempotency import KEPT, LEASE, MAX_ANSWER, Attempt, KeptAnswer
from shared.domain.page import Versioned
from shared.ports.clock import Clock
from shared.ports.errors import AlreadyExistsError, MissingError, PortError, VersionConflictError
from shared.ports.lifecycle_stores import IdempotencyStore

_TRIES = 5
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to run a call once."""

    attempt: Attempt
    etag: str


class IdempotentCalls:
    """Keeps answers for `KEPT`."""

    def __init__(self, store: IdempotencyStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def begin(self, key: str, body_digest: str) -> Claim | KeptAnswer:
        """Claim the key, or the answer that its call got.

        Raises:
            KeyReusedError: the key belongs to a call with another body.
            ConflictError: that call is running.
        """
        for _ in range(_TRIES):
            now = self._clock.now()
            fresh = Attempt(key=key, body_digest=body_digest, begun_at=now, leased_until=now + LEASE)
            stored = await self._store.get(key)
            try:
                if stored is None:
                    return Claim(fresh, await self._store.insert(fresh))
                if stored.value.expired(now):
                    return Claim(fresh, await self._store.replace(fresh, stored.etag))
                return await self._held(stored, fresh)
            except (AlreadyExistsError, VersionConflictError, MissingError):
                continue
        raise ConflictError("A call with this Idempotency-Key is running")

    async def _held(self, stored: Versioned[Attempt], fresh: Attempt) -> Claim | KeptAnswer:
        held = stored.value
        if held.body_digest != fresh.body_digest:
            raise KeyReusedError("This Idempotency-Key was used with another body")
        if held.answer is not None:
            return held.answer
        if fresh.begun_at < held.leased_until:
            raise ConflictError("A call with this Idempotency-Key is running")
        resumed = held.model_copy(update={"leased_until": fresh.leased_until})
        return Claim(resumed, await self._store.replace(resumed, stored.etag))

    async def finish(self, claim: Claim, answer: KeptAnswer) -> None:
        """Keep a successful answer. What was done is done: a failure here is only told in the log."""
        if answer.body is not None and len(answer.body) > MAX_ANSWER:
            answer = answer.model_copy(update={"body": None})
        await _quietly(self._store.replace(claim.attempt.model_copy(update={"answer": answer}), claim.etag))

    async def release(self, claim: Claim) -> None:
        """Free the key after a call that failed, so that it may be tried again."""
        await _quietly(self._store.delete(claim.attempt.key, claim.etag))

    async def sweep(self) -> int:
        """Remove what can no longer be replayed; how many."""
        return await self._store.sweep(self._clock.now() - KEPT)


async def _quietly(work: Awaitable[object]) -> None:
    try:
        await work
    except PortError as error:
        log.warning("the outcome of an idempotent call could not be kept: %s", error)
