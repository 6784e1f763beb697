"""Suppressions (X-19): made, ended, applied to findings that are there, and undone.

The suppression is written first, unsettled; then every finding it may match is brought to what all
suppressions together say; then it is settled. A crash in between leaves it unsettled, and the timer goes over
it again: applying is idempotent. New findings are judged where they are recorded.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from shared.domain.errors import ConflictError, InvalidRequestError, NotFoundError, Reason
from shared.domain.finding import Finding
from shared.domain.finding_filter import FindingFilter
from shared.domain.idempotency import Attempt
from shared.domain.ids import IdKind, is_id, make_id
from shared.domain.page import Page, PageRequest, Versioned
from shared.domain.principal import Principal
from shared.domain.suppression import Suppression, SuppressionScope, silenced
from shared.domain.timestamps import whole_second
from shared.ports.errors import AlreadyExistsError, VersionConflictError
from shared.services.engine import UPDATE_TRIES, Engine
from shared.services.finding_changes import Replacement, save_with_history
from shared.services.resource_tags import with_tags

MAX_ACTIVE: Final = 500
"""Suppressions in force at once: each shard of a scan looks at all of them."""

LONGEST: Final = timedelta(days=366)
PATIENCE: Final = timedelta(seconds=20)
"""How long a call goes over findings; what is left then is the timer's."""

_BATCH: Final = 200
log = logging.getLogger(__name__)


class Suppressions:
    """Use cases of X-19 and of the timer that ends them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._store = engine.suppressions
        self._findings = engine.findings
        self._clock = engine.clock

    async def create(
        self,
        scope: SuppressionScope,
        reason: str,
        expires_at: datetime,
        author: Principal,
        attempt: Attempt | None = None,
    ) -> Suppression:
        """Silence what matches from now on, and what is there already.

        Raises:
            InvalidRequestError: it would end in the past, or more than `LONGEST` from now.
            ConflictError: `MAX_ACTIVE` are in force.
        """
        now = whole_second(self._clock.now() if attempt is None else attempt.begun_at)
        if not now < expires_at <= now + LONGEST:
            raise InvalidRequestError.of(
                "expires_at", Reason.OUT_OF_RANGE, f"Expires at must lie within the next {LONGEST.days} days"
            )
        if len(await self._store.unsettled()) >= MAX_ACTIVE:
            raise ConflictError(f"At most {MAX_ACTIVE} suppressions may be in force", {"limit": MAX_ACTIVE})
        tail = self._engine.tokens.token(8) if attempt is None else attempt.key[:8]
        made = Suppression(
            suppression_id=make_id(IdKind.SUPPRESSION, now, tail),
            scope=scope,
            reason=reason,
            created_at=now,
            created_by=author.id,
            expires_at=expires_at,
        )
        try:
            await self._store.insert(made)
        except AlreadyExistsError:
            log.info("%s was made by an earlier attempt of this call", made.suppression_id)
        return await self._settle(made.suppression_id)

    async def get(self, suppression_id: str) -> Suppression:
        """One.

        Raises:
            NotFoundError: no such suppression.
        """
        return (await self._stored(suppression_id)).value

    async def page(self, request: PageRequest) -> Page[Suppression]:
        """All of them newest first, ended ones too."""
        return await self._store.page(request)

    async def end(self, suppression_id: str, author: Principal) -> None:
        """Take it back: every finding it silenced returns to the state before. Ended already is no error.

        Raises:
            NotFoundError: no such suppression.
        """
        for _ in range(UPDATE_TRIES):
            stored = await self._stored(suppression_id)
            if stored.value.ended_at is None:
                ended = {"ended_at": self._clock.now(), "ended_by": author.id, "settled": False}
                try:
                    await self._store.replace(stored.value.model_copy(update=ended), stored.etag)
                except VersionConflictError:
                    continue
            await self._settle(suppression_id)
            return
        raise ConflictError("Others keep changing this suppression; try again")

    async def sweep(self) -> int:
        """End what ran out and finish what a crash cut short; how many were settled.

        Raises:
            ExceptionGroup: what kept some from being settled; the others are.
        """
        now, done = self._clock.now(), 0
        errors: list[Exception] = []
        for stored in await self._store.unsettled():
            one = stored.value
            if one.ended_at is None and not one.active(now):
                ended = {"ended_at": one.expires_at, "ended_by": "expiry", "settled": False}
                try:
                    await self._store.replace(one.model_copy(update=ended), stored.etag)
                except VersionConflictError:
                    continue
            elif one.settled:
                continue
            try:
                await self._settle(one.suppression_id, None)
            except Exception as error:  # one that cannot be settled holds up no other
                errors.append(error)
            else:
                done += 1
        if errors:
            raise ExceptionGroup("suppressions could not be settled", errors)
        return done

    async def _settle(self, suppression_id: str, patience: timedelta | None = PATIENCE) -> Suppression:
        """Bring every finding it may match to what all suppressions say, then note that this is done.

        When patience ends first, it stays unsettled and the timer goes on with it.
        """
        until = None if patience is None else self._clock.now() + patience
        for _ in range(UPDATE_TRIES):
            stored = await self._stored(suppression_id)
            if stored.value.settled:
                return stored.value
            if not await self._apply(stored.value, until):
                return stored.value
            settled = stored.value.model_copy(update={"settled": True})
            try:
                await self._store.replace(settled, stored.etag)
            except VersionConflictError:
                continue
            return settled
        raise ConflictError("Others keep changing this suppression; try again")

    async def _apply(self, one: Suppression, until: datetime | None) -> bool:
        everything = [each.value for each in await self._store.unsettled()]
        batch: list[Versioned[Finding]] = []
        async for found in self._touched(one):
            batch.append(found)
            if len(batch) >= _BATCH:
                await self._write(batch, everything)
                batch = []
                if until is not None and self._clock.now() >= until:
                    return False
        await self._write(batch, everything)
        return True

    async def _write(self, batch: Sequence[Versioned[Finding]], suppressions: Sequence[Suppression]) -> None:
        now = self._clock.now()
        waiting = list(batch)
        for _ in range(UPDATE_TRIES):
            changes: list[Replacement] = []
            tagged = await with_tags(
                self._engine.inventory, [one.value.observation for one in waiting], suppressions
            )
            for stored, observation in zip(waiting, tagged, strict=True):
                seen = stored.value.model_copy(update={"observation": observation})
                record = silenced(seen, suppressions, now, None)
                if record != seen:
                    changes.append((record, stored))
            if not changes:
                return
            lost = set(await save_with_history(self._findings, self._engine.history, changes))
            again = [stored for _, stored in changes if stored.value.fingerprint in lost]
            waiting = [
                found
                for stored in again
                if (
                    found := await self._findings.find(
                        stored.value.observation.subscription_id, stored.value.fingerprint
                    )
                )
            ]
            if not waiting:
                return
        raise ConflictError("Others keep changing the findings of this suppression; try again")

    async def _touched(self, one: Suppression) -> AsyncIterator[Versioned[Finding]]:
        """Every finding that the suppression may match or silence."""
        subscription = one.scope.subscription_id or _subscription_of(one.scope.resource_id)
        if subscription is not None:
            async for found in await self._findings.of_subscription(subscription):
                yield found
            return
        where = FindingFilter(rule_id=one.scope.rule_id)
        after = None
        while True:
            page = await self._findings.page(PageRequest(limit=_BATCH, after=after), where)
            for record in page.items:
                current = await self._findings.find(record.observation.subscription_id, record.fingerprint)
                if current is not None:
                    yield current
            after = page.next_after
            if after is None:
                return

    async def _stored(self, suppression_id: str) -> Versioned[Suppression]:
        stored = await self._store.get(suppression_id) if is_id(IdKind.SUPPRESSION, suppression_id) else None
        if stored is None:
            raise NotFoundError("Suppression not found")
        return stored


def _subscription_of(resource_id: str | None) -> str | None:
    parts = (resource_id or "").split("/")
    return (parts[2] or None) if len(parts) > 2 and parts[1].lower() == "subscriptions" else None
