"""API keys, quotas and the audit trail in memory."""

from __future__ import annotations

from itertools import count

from shared.adapters.memory.paging import cut_page
from shared.domain.api_key import ApiKeyRecord
from shared.domain.audit import AuditEntry, AuditIntent, AuditOutcome, AuditPage
from shared.domain.page import Page, PageRequest, Versioned
from shared.domain.quota import Window
from shared.ports.errors import AlreadyExistsError, MissingError, VersionConflictError

_LAST_SECOND = 999_999_999_999


class MemoryApiKeyStore:
    """Twin of `TableApiKeyStore`."""

    def __init__(self) -> None:
        self._records: dict[str, Versioned[ApiKeyRecord]] = {}
        self._versions = count(1)

    async def aclose(self) -> None:
        """Nothing to release."""

    async def insert(self, record: ApiKeyRecord) -> None:
        """See `ApiKeyStore.insert`."""
        if record.key_id in self._records:
            raise AlreadyExistsError(f"API key {record.key_id} exists")
        self._records[record.key_id] = Versioned(record, str(next(self._versions)))

    async def get(self, key_id: str) -> Versioned[ApiKeyRecord] | None:
        """See `ApiKeyStore.get`."""
        return self._records.get(key_id)

    async def replace(self, record: ApiKeyRecord, etag: str) -> None:
        """See `ApiKeyStore.replace`."""
        stored = self._records.get(record.key_id)
        if stored is None:
            raise MissingError(f"API key {record.key_id} is not stored")
        if stored.etag != etag:
            raise VersionConflictError(f"API key {record.key_id} was written by somebody else")
        self._records[record.key_id] = Versioned(record, str(next(self._versions)))

    async def delete(self, key_id: str) -> None:
        """See `ApiKeyStore.delete`."""
        if self._records.pop(key_id, None) is None:
            raise MissingError(f"API key {key_id} is not stored")

    async def page(self, request: PageRequest) -> Page[ApiKeyRecord]:
        """See `ApiKeyStore.page`."""
        rows = sorted(
            (
                (f"{_LAST_SECOND - int(stored.value.created_at.timestamp()):012d}{key_id}", stored.value)
                for key_id, stored in self._records.items()
            ),
            key=lambda row: row[0],
        )
        return cut_page(rows, request)


class MemoryQuotaStore:
    """Twin of `TableQuotaStore`. `writes` counts them."""

    def __init__(self) -> None:
        self._windows: dict[str, Versioned[Window]] = {}
        self._versions = count(1)
        self.writes = 0

    async def aclose(self) -> None:
        """Nothing to release."""

    async def read(self, principal_id: str) -> Versioned[Window] | None:
        """See `QuotaStore.read`."""
        return self._windows.get(principal_id)

    async def write(self, principal_id: str, window: Window, etag: str | None) -> str:
        """See `QuotaStore.write`."""
        stored = self._windows.get(principal_id)
        if etag is None and stored is not None:
            raise AlreadyExistsError("the window is there")
        if etag is not None and stored is None:
            raise MissingError("the window is not there")
        if stored is not None and stored.etag != etag:
            raise VersionConflictError("the window was written by another process")
        self.writes += 1
        version = str(next(self._versions))
        self._windows[principal_id] = Versioned(window, version)
        return version


class MemoryAuditLog:
    """Twin of `TableAuditLog`."""

    def __init__(self) -> None:
        self._intents: dict[str, AuditIntent] = {}
        self._outcomes: dict[str, AuditOutcome] = {}

    async def aclose(self) -> None:
        """Nothing to release."""

    async def begin(self, intent: AuditIntent) -> None:
        """See `AuditLog.begin`."""
        self._intents.setdefault(intent.request_id, intent)

    async def end(self, intent: AuditIntent, outcome: AuditOutcome) -> None:
        """See `AuditLog.end`."""
        self._outcomes.setdefault(intent.request_id, outcome)

    async def page(self, limit: int, after: str | None = None) -> AuditPage:
        """See `AuditLog.page`."""
        rows = sorted(
            (
                (f"{_LAST_SECOND - int(intent.at.timestamp()):012d}{request_id}", intent)
                for request_id, intent in self._intents.items()
            ),
            key=lambda row: row[0],
        )
        page = cut_page(rows, PageRequest(limit, 0, after))
        entries = tuple(AuditEntry(intent, self._outcomes.get(intent.request_id)) for intent in page.items)
        return AuditPage(entries, page.next_after)
