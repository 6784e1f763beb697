"""Stores of what people decide: histories, suppressions, configuration, and answers to repeat."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from shared.domain.config import ConfigChange, StoredConfig
from shared.domain.finding import FindingChange
from shared.domain.idempotency import Attempt
from shared.domain.page import Page, PageRequest, Versioned
from shared.domain.suppression import Suppression


class FindingHistoryStore(Protocol):
    """Changes of findings, by fingerprint and number. An entry, once written, never changes."""

    async def file(self, changes: Sequence[tuple[str, FindingChange]]) -> None:
        """Write entries of (fingerprint, change); one that is there already is left as it is."""
        ...

    async def page(self, fingerprint: str, request: PageRequest) -> Page[FindingChange]:
        """Entries newest first, with their exact number."""
        ...


class SuppressionStore(Protocol):
    """Suppressions, newest first by (created_at, id)."""

    async def insert(self, suppression: Suppression) -> None:
        """Write a new one.

        Raises:
            AlreadyExistsError: the id is taken.
        """
        ...

    async def get(self, suppression_id: str) -> Versioned[Suppression] | None:
        """One, or None."""
        ...

    async def replace(self, suppression: Suppression, etag: str) -> None:
        """Write it if its stored version is still `etag`.

        Raises:
            VersionConflictError: somebody else wrote it.
            MissingError: it is not there.
        """
        ...

    async def page(self, request: PageRequest) -> Page[Suppression]:
        """All of them, ended ones too, with their exact number."""
        ...

    async def unsettled(self) -> list[Versioned[Suppression]]:
        """Those that are not ended and settled: active, or not yet told to every finding."""
        ...


class ConfigStore(Protocol):
    """The one configuration document and its history."""

    async def get(self) -> Versioned[StoredConfig]:
        """The document; all defaults, with an empty version, while it was never written."""
        ...

    async def replace(self, stored: StoredConfig, etag: str) -> None:
        """Write the document and the entry of its history at once, if the stored version is still `etag`.

        Raises:
            VersionConflictError: somebody else wrote it.
        """
        ...

    async def history(self, request: PageRequest) -> Page[ConfigChange]:
        """Changes newest first, with their exact number."""
        ...


class IdempotencyStore(Protocol):
    """Attempts by the digest of their key."""

    async def get(self, key: str) -> Versioned[Attempt] | None:
        """What is known of the key, also when it has expired; or None."""
        ...

    async def insert(self, attempt: Attempt) -> str:
        """Claim a key that nobody holds; the version.

        Raises:
            AlreadyExistsError: somebody does.
        """
        ...

    async def replace(self, attempt: Attempt, etag: str) -> str:
        """Take over or finish; the new version.

        Raises:
            VersionConflictError: somebody else wrote it.
            MissingError: it is gone.
        """
        ...

    async def delete(self, key: str, etag: str) -> None:
        """Free a key whose attempt failed; absent or changed is no error."""
        ...

    async def sweep(self, begun_before: datetime) -> int:
        """Remove attempts begun before that moment; how many."""
        ...
