"""Stores behind identity: API keys, hourly quotas, the audit trail."""

from __future__ import annotations

from typing import Protocol

from shared.domain.api_key import ApiKeyRecord
from shared.domain.audit import AuditIntent, AuditOutcome, AuditPage
from shared.domain.page import Page, PageRequest, Versioned
from shared.domain.quota import Window


class ApiKeyStore(Protocol):
    """Records of API keys, newest first by (created_at, key_id)."""

    async def insert(self, record: ApiKeyRecord) -> None:
        """Write a new record.

        Raises:
            AlreadyExistsError: the id is taken.
        """
        ...

    async def get(self, key_id: str) -> Versioned[ApiKeyRecord] | None:
        """The record and its version, in one read; None also for what is no id of a key."""
        ...

    async def replace(self, record: ApiKeyRecord, etag: str) -> None:
        """Write the record if its stored version is still `etag`.

        Raises:
            VersionConflictError: somebody else wrote it.
            MissingError: it is not there.
        """
        ...

    async def delete(self, key_id: str) -> None:
        """Remove a record.

        Raises:
            MissingError: it is not there.
        """
        ...

    async def page(self, request: PageRequest) -> Page[ApiKeyRecord]:
        """Records newest first, with their exact number."""
        ...


class QuotaStore(Protocol):
    """One window a principal, shared by all processes."""

    async def read(self, principal_id: str) -> Versioned[Window] | None:
        """The stored window, or None."""
        ...

    async def write(self, principal_id: str, window: Window, etag: str | None) -> str:
        """Write the window if its stored version is still `etag` (None: if there is none); the new version.

        Raises:
            AlreadyExistsError, VersionConflictError, MissingError: another process wrote it; read again.
            StorageUnavailableError: it may or may not have been written.
        """
        ...


class AuditLog(Protocol):
    """Writes of callers. Only ever appended to."""

    async def begin(self, intent: AuditIntent) -> None:
        """Record that a write is about to be judged. The same request id again changes nothing."""
        ...

    async def end(self, intent: AuditIntent, outcome: AuditOutcome) -> None:
        """Record how it ended; the first outcome stands."""
        ...

    async def page(self, limit: int, after: str | None = None) -> AuditPage:
        """Up to `limit` entries newest first, behind the position `after` of an earlier page."""
        ...
