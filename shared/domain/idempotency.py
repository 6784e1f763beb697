"""Idempotency keys (contract 2.6): the answer to a POST, kept so that a repeat gets the same one. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

KEPT: Final = timedelta(hours=24)
"""How long an answer can be replayed."""

LEASE: Final = timedelta(minutes=5)
"""After that an attempt without an answer counts as dead: the platform ends HTTP calls at 230 s."""

MAX_ANSWER: Final = 512 * 1024
"""Bytes of an answer that are kept."""


class KeptAnswer(BaseModel):
    """A successful answer. `body` None: it was too large to keep, or held a secret that is shown once."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", defer_build=True, ser_json_bytes="base64", val_json_bytes="base64"
    )

    status: int
    media_type: str
    headers: dict[str, str]
    body: bytes | None


class Attempt(BaseModel):
    """What is known of one key: who runs it since when, and how it ended.

    `begun_at` is the first attempt's and stays over a take-over: ids derived from it and the key are the
    same in every attempt, so that a second one finds what the first has made.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    key: str = Field(description="digest over caller, method, path and the caller's key")
    body_digest: str
    begun_at: datetime
    leased_until: datetime
    answer: KeptAnswer | None = None

    def expired(self, now: datetime) -> bool:
        """Whether the key is free again."""
        return now >= self.begun_at + KEPT
