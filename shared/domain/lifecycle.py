"""The life of a finding under scans: seen, seen again, fixed, gone, back. Pure.

A scan never overwrites what one with a later read time wrote; what people set survives every scan.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from shared.domain.finding import Finding, FindingStatus, Observation, Resolution
from shared.domain.ids import id_time

RESOLVABLE: Final = frozenset({FindingStatus.OPEN, FindingStatus.IN_PROGRESS, FindingStatus.SUPPRESSED})
"""States that a scan may turn into resolved; a false positive stays what a person called it."""

SCANNER: Final = "scanner"
"""`resolved_by` where no person resolved it."""


class Change(StrEnum):
    """What a scan did to a record."""

    CREATED = "created"
    SEEN = "seen"
    REOPENED = "reopened"
    RESOLVED = "resolved"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Sighting:
    """The scan that speaks, and how old the data behind its word is."""

    scan_id: str
    read_at: datetime


def first_seen(observation: Observation, finding_id: str, by: Sighting) -> Finding:
    """A new record. It was detected in the second that its id carries (contract I-8)."""
    return Finding(
        id=finding_id,
        fingerprint=observation.fingerprint,
        observation=observation,
        scan_id=by.scan_id,
        detected_at=id_time(finding_id),
        last_seen_at=by.read_at,
        read_at=by.read_at,
    )


def seen_again(record: Finding, observation: Observation, by: Sighting) -> tuple[Finding, Change]:
    """The record after an observation of the same problem."""
    if record.read_at > by.read_at or (record.read_at == by.read_at and record.scan_id == by.scan_id):
        return record, Change.KEPT
    seen = record.model_copy(
        update={
            "observation": observation,
            "scan_id": by.scan_id,
            "last_seen_at": by.read_at,
            "read_at": by.read_at,
        }
    )
    if record.status is not FindingStatus.RESOLVED:
        return seen, Change.SEEN
    if record.resolved_at is not None and record.resolved_at > by.read_at:
        # Resolved after this data was read: the data cannot contradict it.
        return record, Change.KEPT
    reopened = seen.model_copy(
        update={
            "status": FindingStatus.OPEN,
            "reopened_at": by.read_at,
            "resolved_at": None,
            "resolved_by": None,
            "resolution": None,
            "resolution_notes": None,
        }
    )
    return reopened, Change.REOPENED


def not_seen(record: Finding, resolution: Resolution, by: Sighting) -> tuple[Finding, Change]:
    """The record after a scan that looked where the problem was and did not find it."""
    if record.status not in RESOLVABLE or record.read_at >= by.read_at:
        return record, Change.KEPT
    resolved = record.model_copy(
        update={
            "status": FindingStatus.RESOLVED,
            "scan_id": by.scan_id,
            "read_at": by.read_at,
            "resolved_at": by.read_at,
            "resolved_by": SCANNER,
            "resolution": resolution,
        }
    )
    return resolved, Change.RESOLVED
