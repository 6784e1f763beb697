"""Histories, suppressions, configuration and attempts in memory: twins of the adapters in `tables`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from itertools import count

from shared.adapters.memory.paging import cut_page, newest_first
from shared.domain.config import ConfigChange, StoredConfig
from shared.domain.finding import FindingChange
from shared.domain.idempotency import Attempt
from shared.domain.page import Page, PageRequest, Versioned
from shared.domain.suppression import Suppression
from shared.ports.errors import AlreadyExistsError, MissingError, VersionConflictError

_LAST = 999_999_999


class MemoryFindingHistoryStore:
    """Twin of `TableFindingHistoryStore`."""

    def __init__(self) -> None:
        self._changes: defaultdict[str, dict[int, FindingChange]] = defaultdict(dict)

    async def aclose(self) -> None:
        """Nothing to release."""

    async def file(self, changes: Sequence[tuple[str, FindingChange]]) -> None:
        """See `FindingHistoryStore.file`."""
        for fingerprint, change in changes:
            self._changes[fingerprint].setdefault(change.number, change)

    async def page(self, fingerprint: str, request: PageRequest) -> Page[FindingChange]:
        """See `FindingHistoryStore.page`."""
        stored = self._changes.get(fingerprint, {})
        return cut_page(
            [(f"{_LAST - number:09d}", stored[number]) for number in sorted(stored, reverse=True)], request
        )


class MemorySuppressionStore:
    """Twin of `TableSuppressionStore`."""

    def __init__(self) -> None:
        self._rows: dict[str, Versioned[Suppression]] = {}
        self._versions = count(1)

    async def aclose(self) -> None:
        """Nothing to release."""

    async def insert(self, suppression: Suppression) -> None:
        """See `SuppressionStore.insert`."""
        if suppression.suppression_id in self._rows:
            raise AlreadyExistsError("that suppression exists")
        self._write(suppression)

    def _write(self, one: Suppression) -> None:
        self._rows[one.suppression_id] = Versioned(one, str(next(self._versions)))

    async def get(self, suppression_id: str) -> Versioned[Suppression] | None:
        """See `SuppressionStore.get`."""
        return self._rows.get(suppression_id)

    async def replace(self, suppression: Suppression, etag: str) -> None:
        """See `SuppressionStore.replace`."""
        stored = self._rows.get(suppression.suppression_id)
        if stored is None:
            raise MissingError("no such suppression")
        if stored.etag != etag:
            raise VersionConflictError("the suppression was written by somebody else")
        self._write(suppression)

    async def page(self, request: PageRequest) -> Page[Suppression]:
        """See `SuppressionStore.page`."""
        rows = [(newest_first(key), stored.value) for key, stored in self._rows.items()]
        return cut_page(sorted(rows, key=lambda row: row[0]), request)

    async def unsettled(self) -> list[Versioned[Suppression]]:
        """See `SuppressionStore.unsettled`."""
        rows = sorted(self._rows.items(), key=lambda row: newest_first(row[0]))
        return [one for _, one in rows if not (one.value.settled and one.value.ended_at is not None)]


class MemoryConfigStore:
    """Twin of `TableConfigStore`."""

    def __init__(self) -> None:
        self._stored = Versioned(StoredConfig(), "")
        self._history: list[ConfigChange] = []

    async def aclose(self) -> None:
        """Nothing to release."""

    async def get(self) -> Versioned[StoredConfig]:
        """See `ConfigStore.get`."""
        return self._stored

    async def replace(self, stored: StoredConfig, etag: str) -> None:
        """See `ConfigStore.replace`.

        Raises:
            ValueError: the document has no change that made it.
        """
        if stored.change is None:
            raise ValueError("a configuration is written together with its change")
        if self._stored.etag != etag:
            raise VersionConflictError("the configuration was written by somebody else")
        self._stored = Versioned(stored, str(stored.number))
        self._history.append(stored.change)

    async def history(self, request: PageRequest) -> Page[ConfigChange]:
        """See `ConfigStore.history`."""
        return cut_page([(f"{_LAST - one.number:09d}", one) for one in reversed(self._history)], request)


class MemoryIdempotencyStore:
    """Twin of `TableIdempotencyStore`."""

    def __init__(self) -> None:
        self._attempts: dict[str, Versioned[Attempt]] = {}
        self._versions = count(1)

    async def aclose(self) -> None:
        """Nothing to release."""

    async def get(self, key: str) -> Versioned[Attempt] | None:
        """See `IdempotencyStore.get`."""
        return self._attempts.get(key)

    async def insert(self, attempt: Attempt) -> str:
        """See `IdempotencyStore.insert`."""
        if attempt.key in self._attempts:
            raise AlreadyExistsError("that key is held")
        return self._write(attempt)

    def _write(self, attempt: Attempt) -> str:
        etag = str(next(self._versions))
        self._attempts[attempt.key] = Versioned(attempt, etag)
        return etag

    async def replace(self, attempt: Attempt, etag: str) -> str:
        """See `IdempotencyStore.replace`."""
        stored = self._attempts.get(attempt.key)
        if stored is None:
            raise MissingError("nobody holds that key")
        if stored.etag != etag:
            raise VersionConflictError("somebody else holds that key")
        return self._write(attempt)

    async def delete(self, key: str, etag: str) -> None:
        """See `IdempotencyStore.delete`."""
        stored = self._attempts.get(key)
        if stored is not None and stored.etag == etag and stored.value.answer is None:
            del self._attempts[key]

    async def sweep(self, begun_before: datetime) -> int:
        """See `IdempotencyStore.sweep`."""
        old = [key for key, one in self._attempts.items() if one.value.begun_at < begun_before]
        for key in old:
            del self._attempts[key]
        return len(old)
