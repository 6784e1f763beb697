"""Handing out API keys, listing and revoking them, and judging those that callers present (X-17).

A judged key is remembered for `CACHE_SECONDS`: that is how long a revoked one may still work in another
process, and how often its record is read. Its last use is written at most once in `USE_SECONDS`.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from shared.domain.api_key import (
    PREFIX_LENGTH,
    SECRET_LENGTH,
    ApiKeyRecord,
    digest_of,
    fits,
    key_id_of,
    key_text,
    prefix_of,
)
from shared.domain.errors import InvalidRequestError, NotFoundError, Reason, UnauthorizedError
from shared.domain.page import Page, PageRequest, Versioned
from shared.domain.principal import Principal, Role, Tier
from shared.domain.timestamps import whole_second
from shared.ports.clock import Clock, SecretSource
from shared.ports.errors import AlreadyExistsError, MissingError, PortError
from shared.ports.identity import ApiKeyStore

CACHE_SECONDS: Final = 60
USE_SECONDS: Final = 15 * 60
MAX_CACHED: Final = 10_000
DEFAULT_LIFETIME: Final = timedelta(days=365)
MAX_LIFETIME: Final = timedelta(days=730)
_TRIES: Final = 5

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """What the administrator asks for. `expires_at` None: after `DEFAULT_LIFETIME`."""

    name: str
    role: Role
    tier: Tier = Tier.STANDARD
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """What was read of a prefix, and when (epoch seconds); None: there is no such key."""

    found: Versioned[ApiKeyRecord] | None
    read_at: float


class ApiKeys:
    """The use cases of keys, and the verifier of those that callers present. One instance a process."""

    def __init__(self, store: ApiKeyStore, pepper: str, clock: Clock, secrets: SecretSource) -> None:
        self._store = store
        self._pepper = pepper
        self._clock = clock
        self._secrets = secrets
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._revoked: OrderedDict[str, None] = OrderedDict()
        """Revoked here: a record that was being read meanwhile is not believed."""
        self._use_written: dict[str, float] = {}

    async def create(self, wanted: NewApiKey, created_by: str) -> tuple[ApiKeyRecord, str]:
        """A new key: its record, and its text, which is shown this once and kept nowhere.

        Raises:
            InvalidRequestError: it would expire in the past, or later than `MAX_LIFETIME` from now.
        """
        now = whole_second(self._clock.now())
        expires_at = now + DEFAULT_LIFETIME if wanted.expires_at is None else wanted.expires_at
        if not now < expires_at <= now + MAX_LIFETIME:
            requirement = f"Expires at must lie ahead, at most {MAX_LIFETIME.days} days"
            raise InvalidRequestError.of("expires_at", Reason.OUT_OF_RANGE, requirement)
        for _ in range(_TRIES):
            prefix = self._secrets.secret(PREFIX_LENGTH)
            text = key_text(prefix, self._secrets.secret(SECRET_LENGTH))
            record = ApiKeyRecord(
                key_id=key_id_of(prefix),
                digest=digest_of(text, self._pepper),
                name=wanted.name,
                role=wanted.role,
                tier=wanted.tier,
                created_at=now,
                created_by=created_by,
                expires_at=expires_at,
            )
            try:
                await self._store.insert(record)
            except AlreadyExistsError:
                continue
            return record, text
        raise RuntimeError("no free prefix: the source of secrets repeats itself")

    async def revoke(self, key_id: str) -> None:
        """Remove a key; this process refuses it at once.

        Raises:
            NotFoundError: there is none with that id.
        """
        try:
            await self._store.delete(key_id)
        except MissingError as error:
            raise NotFoundError("API key not found") from error
        self._revoked[key_id] = None
        if len(self._revoked) > MAX_CACHED:
            self._revoked.popitem(last=False)

    async def page(self, request: PageRequest) -> Page[ApiKeyRecord]:
        """Keys newest first."""
        return await self._store.page(request)

    async def principal_of(self, token: str) -> Principal | None:
        """See `TokenVerifier.principal_of`: any token that has the form of our keys is judged here."""
        prefix = prefix_of(token)
        if prefix is None:
            return None
        found = (await self._record(key_id_of(prefix))).found
        if found is None or found.value.key_id in self._revoked or not fits(token, self._pepper, found.value):
            raise UnauthorizedError("Invalid credentials")
        if found.value.expires_at <= self._clock.now():
            raise UnauthorizedError("API key has expired")
        await self._note_use(found)
        return found.value.principal

    async def _record(self, key_id: str) -> _Known:
        now = self._clock.now().timestamp()
        known = self._known.get(key_id)
        if known is None or not 0 <= now - known.read_at < CACHE_SECONDS:
            known = _Known(await self._store.get(key_id), now)
            self._known.pop(key_id, None)
            self._known[key_id] = known
            if len(self._known) > MAX_CACHED:
                self._known.popitem(last=False)
        return known

    async def _note_use(self, found: Versioned[ApiKeyRecord]) -> None:
        """Write the time of use now and then. That it fails is no reason to refuse the caller."""
        record, now = found.value, self._clock.now()
        last = record.last_used_at.timestamp() if record.last_used_at else 0.0
        last = max(last, self._use_written.get(record.key_id, 0.0))
        if now.timestamp() - last < USE_SECONDS:
            return
        if len(self._use_written) > MAX_CACHED:
            self._use_written.clear()
        self._use_written[record.key_id] = now.timestamp()
        used = record.model_copy(update={"last_used_at": whole_second(now)})
        try:
            await self._store.replace(used, found.etag)
        except PortError as error:  # another process noted it, or it was revoked, or storage is away
            _log.info("last use of %s was not written: %s", record.key_id, error)
