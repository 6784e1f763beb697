"""Events the product announces (contract section 8). Ids are deterministic, so a repeat is recognised."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict


class EventType(StrEnum):
    """Kinds of events (contract section 4)."""

    SCAN_STARTED = "scan.started"
    SCAN_COMPLETED = "scan.completed"
    SCAN_FAILED = "scan.failed"
    FINDING_CREATED = "finding.created"
    FINDING_RESOLVED = "finding.resolved"
    FINDING_REOPENED = "finding.reopened"


class Event(BaseModel):
    """One event: `subject` is `findings/{id}` or `scans/{id}`, `data` as contract section 8 lists it."""

    model_config = ConfigDict(frozen=True)

    event_id: str
    type: EventType
    subject: str
    time: datetime
    environment: str
    data: dict[str, Any]
