"""The configuration document: read through a short cache, replaced whole, with its history."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from shared.domain.config import Config, ConfigChange, StoredConfig, config_fields
from shared.domain.errors import ConflictError
from shared.domain.page import Page, PageRequest
from shared.domain.principal import Principal
from shared.domain.timestamps import whole_second
from shared.ports.clock import Clock
from shared.ports.errors import VersionConflictError
from shared.ports.lifecycle_stores import ConfigStore
from shared.services.engine import UPDATE_TRIES

CACHE: Final = timedelta(seconds=5)
"""How long another process may go on with the document before a change."""


class Configuration:
    """B-12, B-13 and what other use cases ask of the document."""

    def __init__(self, store: ConfigStore, clock: Clock, environments: Mapping[str, tuple[str, ...]]) -> None:
        """Args:
        environments: of the setting ENVIRONMENTS; the document's go before them.
        """
        self._store = store
        self._clock = clock
        self._environments = environments
        self._kept: tuple[datetime, StoredConfig] | None = None

    async def current(self) -> Config:
        """The document with its secrets, at most `CACHE` old."""
        return (await self._recent()).config

    async def written(self) -> bool:
        """Whether anybody ever put a document in place; else all is default."""
        return (await self._recent()).number > 0

    async def _recent(self) -> StoredConfig:
        now = self._clock.now()
        if self._kept is None or now - self._kept[0] >= CACHE:
            self._kept = now, (await self._store.get()).value
        return self._kept[1]

    async def stored(self) -> Config:
        """The document with its secrets, as it is this moment."""
        return (await self._store.get()).value.config

    async def environments(self) -> Mapping[str, tuple[str, ...]]:
        """Every environment that has a meaning, by name."""
        return {**self._environments, **(await self.current()).environments}

    async def expiring_days(self) -> int | None:
        """The document's; None while nobody put a document in place: then the setting holds."""
        recent = await self._recent()
        return recent.config.expiring_days if recent.number else None

    async def replace(
        self,
        config: Config,
        principal: Principal,
        request_id: str,
        check: Callable[[Config], None] | None = None,
    ) -> Config:
        """Put a whole document in place; a webhook given as its mask stays what it is.

        `check` sees the document that is replaced, and may refuse by raising.

        Raises:
            ConflictError: others keep writing it.
        """
        for _ in range(UPDATE_TRIES):
            found = await self._store.get()
            before = found.value.config
            if check is not None:
                check(before)
            after = config.keeping_secrets_of(before)
            if after == before:
                return after
            number = found.value.number + 1
            change = ConfigChange(
                number=number,
                at=whole_second(self._clock.now()),
                by=principal.id,
                request_id=request_id,
                fields=config_fields(before, after),
            )
            try:
                await self._store.replace(
                    StoredConfig(config=after, number=number, change=change), found.etag
                )
            except VersionConflictError:
                continue
            self._kept = None
            return after
        raise ConflictError("Others keep changing the configuration; try again")

    async def history(self, request: PageRequest) -> Page[ConfigChange]:
        """Changes newest first, with their exact number."""
        return await self._store.history(request)
