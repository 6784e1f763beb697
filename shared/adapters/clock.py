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
        # 32 divides 256, so every character is as likely as any other.
        return "".join(BASE32[byte % len(BASE32)] for byte in secrets.token_bytes(length))

    def secret(self, length: int) -> str:
        """See `SecretSource.secret`: the same source serves both."""
        return self.token(length)
