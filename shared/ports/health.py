"""Whether what the service depends on answers."""

from __future__ import annotations

from typing import Protocol


class HealthProbe(Protocol):
    """Asks one dependency."""

    @property
    def name(self) -> str:
        """`storage` or `broker`."""
        ...

    async def check(self) -> str | None:
        """None when it answers within a few seconds, else why not, in words without secrets."""
        ...
