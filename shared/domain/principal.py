"""Who calls: an authenticated principal and what it may do (contract 2.1)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """Roles of callers; `viewer` reads only."""

    ADMIN = "admin"
    OPERATOR = "operator"
    VIEWER = "viewer"


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller: a stable id for audit and limits, a name for people, its role."""

    id: str
    name: str
    role: Role
