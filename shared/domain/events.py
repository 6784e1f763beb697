"""Events the product announces (contract section 8). Ids are deterministic, so a repeat is recognised."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.ids import IdKind, make_id

_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_TAIL: Final = 8


class EventType(StrEnum):
    """Kinds of events (contract section 4)."""

    SCAN_STARTED = "scan.started"
    SCAN_COMPLETED = "scan.completed"
    SCAN_FAILED = "scan.failed"
    FINDING_CREATED = "finding.created"
    FINDING_RESOLVED = "finding.resolved"
    FINDING_REOPENED = "finding.reopened"
    REMEDIATION_APPLIED = "remediation.applied"
    REPORT_COMPLETED = "report.completed"


class Event(BaseModel):
    """One event: `subject` is `findings/{id}` or `scans/{id}`, `data` as contract section 8 lists it."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    event_id: str
    type: EventType
    subject: str
    time: datetime
    environment: str
    data: dict[str, Any]


class LoggedEvent(BaseModel):
    """An event with its place in the log: what every feed hands on.

    `position` counts all events from 1 without gaps; `sequence` counts those of the subject, from 1, without
    gaps. Both are given once, with the entry itself, and stay.
    """

    model_config = ConfigDict(frozen=True, defer_build=True)

    position: int = Field(ge=1)
    sequence: int = Field(ge=1)
    logged_at: datetime
    event: Event

    @property
    def public_id(self) -> str:
        """`evt-20250805-174301-0000002s`: the event's id on every channel, the same at every delivery."""
        return make_id(IdKind.EVENT, self.event.time, _base36(self.position))

    @property
    def message_id(self) -> str:
        """The public id in the form of the `webhook-id` header (contract section 8)."""
        _, day, second, tail = self.public_id.split("-")
        return f"msg_{day}{second}{tail}"


def _base36(number: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text.rjust(_TAIL, "0")
