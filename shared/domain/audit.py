"""The audit trail of writes: who did what, when, from where, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict


class AuditIntent(BaseModel):
    """What is recorded before a write is looked at. `address` None: the platform named none.

    `operation` is the route's name; `path` is the concrete path. Bodies are never kept.
    """

    model_config = ConfigDict(frozen=True, defer_build=True)

    request_id: str
    at: datetime
    principal_id: str
    principal_name: str
    role: str | None
    address: str | None
    method: str
    path: str
    operation: str


class AuditOutcome(BaseModel):
    """How it ended: HTTP status, the error's code if there was one, the resource made if one was."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    status: int
    code: str | None = None
    resource: str | None = None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One write. `outcome` None: the process ended, or storage failed, before it could be recorded."""

    intent: AuditIntent
    outcome: AuditOutcome | None


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Entries newest first, and the position after the last one if there are more."""

    entries: tuple[AuditEntry, ...]
    next_after: str | None
