"""Who calls: an authenticated principal, what it may do and how often (contract 2.1, 2.5)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """Roles of callers; `viewer` reads only."""

    ADMIN = "admin"
    OPERATOR = "operator"
    VIEWER = "viewer"


class Tier(StrEnum):
    """How much a caller may call in an hour."""

    STANDARD = "standard"
    PROFESSIONAL = "professional"
    ENTERPRISE = "enterprise"

    @property
    def hourly_limit(self) -> int:
        """Calls in one hour (contract 2.5)."""
        return {"standard": 1_000, "professional": 10_000, "enterprise": 100_000}[self.value]


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller: a stable id for audit and limits, a name for people, its role and its tier.

    `role` None: who it is is known, and that it may do nothing here.
    """

    id: str
    name: str
    role: Role | None
    tier: Tier = Tier.STANDARD
