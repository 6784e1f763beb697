"""The machine's clock and randomness."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from shared.domain.ids import BASE32


class SystemClock:
    """The wall clock of this machine."""

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        return datetime.now(UTC)


class SecretsTokenSource:
    """Tokens nobody can foresee."""

    def token(self, length: int) -> str:
        """`length` random characters of a-z2-7 (5 bits each)."""
        return "".join(secrets.choice(BASE32) for _ in range(length))

    def secret(self, length: int) -> str:
        """See `SecretSource.secret`: the same source serves both."""
        return self.token(length)
