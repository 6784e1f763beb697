"""Time and randomness as parameters."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The wall clock."""

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        ...


class TokenSource(Protocol):
    """Randomness for names that only have to be unique."""

    def token(self, length: int) -> str:
        """`length` random characters of a-z2-7."""
        ...


class SecretSource(Protocol):
    """Randomness that nobody can guess, for credentials."""

    def secret(self, length: int) -> str:
        """`length` random characters of a-z2-7: five bits each."""
        ...
