"""A dependency whose health is what it was told."""

from __future__ import annotations


class MemoryHealthProbe:
    """Answers `problem`, which may be set; None means healthy."""

    def __init__(self, name: str, problem: str | None = None) -> None:
        self._name = name
        self.problem = problem

    @property
    def name(self) -> str:
        """`storage` or `broker`."""
        return self._name

    async def check(self) -> str | None:
        """See `HealthProbe.check`."""
        return self.problem
