"""A clock that stands still until it is moved, and repeatable tokens."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from shared.domain.ids import BASE32


class MemoryClock:
    """The time it was last set to."""

    def __init__(self, start: datetime = datetime(2025, 8, 5, 17, 42, 58, tzinfo=UTC)) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        return self._now

    def set(self, at: datetime) -> None:
        """Jump to a moment, backwards too. `at` must be aware."""
        self._now = at.astimezone(UTC)

    def advance(self, by: timedelta | float) -> datetime:
        """Move on by a span or by seconds; the new moment."""
        self._now += by if isinstance(by, timedelta) else timedelta(seconds=by)
        return self._now


class MemoryTokenSource:
    """The same tokens for the same seed."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose, never a secret

    def token(self, length: int) -> str:
        """`length` characters of a-z2-7."""
        return "".join(self._random.choices(BASE32, k=length))

    def secret(self, length: int) -> str:
        """The same for what would be a credential."""
        return self.token(length)
