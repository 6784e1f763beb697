"""The life of a finding: under scans (seen, seen again, fixed, gone, back) and in people's hands. Pure.

A scan never overwrites what one with a later read time wrote; what people set survives every scan. Every
change but a mere sighting is an entry of the finding's history, which the record itself carries until it is
filed: see `shared/services/finding_changes.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from shared.domain.errors import ConflictError
from shared.domain.finding import (
    ChangedField,
    ChangeSource,
    Finding,
    FindingChange,
    FindingStatus,
    Observation,
    Priority,
    Resolution,
)
from shared.domain.ids import id_time

RESOLVABLE: Final = frozenset({FindingStatus.OPEN, FindingStatus.IN_PROGRESS, FindingStatus.SUPPRESSED})
"""States that a scan may turn into resolved; a false positive stays what a person called it."""

SCANNER: Final = "scanner"
"""`resolved_by` where no person resolved it."""

_OPEN, _WORK = FindingStatus.OPEN, FindingStatus.IN_PROGRESS
_DONE, _QUIET, _FALSE = FindingStatus.RESOLVED, FindingStatus.SUPPRESSED, FindingStatus.FALSE_POSITIVE

TRANSITIONS: Final[Mapping[FindingStatus, frozenset[FindingStatus]]] = {
    _OPEN: frozenset({_WORK, _DONE, _QUIET, _FALSE}),
    _WORK: frozenset({_OPEN, _DONE, _QUIET, _FALSE}),
    _DONE: frozenset({_OPEN, _WORK, _FALSE}),
    _QUIET: frozenset({_OPEN, _WORK, _DONE, _FALSE}),
    _FALSE: frozenset({_OPEN, _WORK}),
}
"""Where people may move a finding; staying is always allowed. The same table is in docs/findings.md."""

_TRACKED: Final = (
    "status",
    "severity",
    "assigned_to",
    "priority",
    "resolved_by",
    "resolved_at",
    "resolution",
    "resolution_notes",
    "suppressed_by",
)
"""Members whose changes are history."""


class Change(StrEnum):
    """What a scan did to a record."""

    CREATED = "created"
    SEEN = "seen"
    REOPENED = "reopened"
    RESOLVED = "resolved"
    MISSED = "missed"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Sighting:
    """The scan that speaks, and how old the data behind its word is."""

    scan_id: str
    read_at: datetime


@dataclass(frozen=True, slots=True)
class Author:
    """Who makes a change: a principal (with the call), a scan or a suppression."""

    source: ChangeSource
    by: str
    at: datetime
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """What somebody wants of a finding. `given` names the members that are meant; others stay as they are."""

    given: frozenset[str]
    status: FindingStatus | None = None
    resolution_notes: str | None = None
    resolved_by: str | None = None
    assigned_to: str | None = None
    priority: Priority | None = None


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
            "missed": False,
        }
    )
    if record.status is not FindingStatus.RESOLVED:
        return with_history(record, seen, _scan(by)), Change.SEEN
    if record.resolved_at is not None and record.resolved_at > by.read_at:
        # Resolved after this data was read: the data cannot contradict it.
        return record, Change.KEPT
    reopened = seen.model_copy(update={**_UNRESOLVED, "status": _OPEN, "reopened_at": by.read_at})
    return with_history(record, reopened, _scan(by)), Change.REOPENED


def not_seen(record: Finding, resolution: Resolution, by: Sighting) -> tuple[Finding, Change]:
    """The record after a scan that looked where the problem was and did not find it."""
    if record.status not in RESOLVABLE or record.read_at >= by.read_at:
        return record, Change.KEPT
    resolved = record.model_copy(
        update={
            **_LOUD,
            "status": FindingStatus.RESOLVED,
            "scan_id": by.scan_id,
            "read_at": by.read_at,
            "resolved_at": by.read_at,
            "resolved_by": SCANNER,
            "resolution": resolution,
        }
    )
    return with_history(record, resolved, _scan(by)), Change.RESOLVED


def not_looked_at(record: Finding, by: Sighting) -> tuple[Finding, Change]:
    """The record after a scan that ran its rule over the whole subscription and has no word of it."""
    if record.missed or record.status is FindingStatus.RESOLVED or record.read_at >= by.read_at:
        return record, Change.KEPT
    return record.model_copy(update={"missed": True, "read_at": by.read_at}), Change.MISSED


def edited(record: Finding, edit: Edit, author: Author) -> Finding:
    """The record after a person's edit; the very record where nothing changes.

    Raises:
        ConflictError: people may not move a finding from where it is to there.
    """
    update: dict[str, Any] = {
        name: getattr(edit, name)
        for name in ("resolution_notes", "assigned_to", "priority")
        if name in edit.given
    }
    target = edit.status if "status" in edit.given and edit.status is not None else record.status
    if target is not record.status:
        if target not in TRANSITIONS[record.status]:
            raise ConflictError(
                f"A finding that is {record.status.value} cannot become {target.value}",
                {
                    "status": record.status.value,
                    "allowed": sorted(one.value for one in TRANSITIONS[record.status]),
                },
            )
        update |= _moved(record, target, author)
    if "resolved_by" in edit.given and target is FindingStatus.RESOLVED:
        update["resolved_by"] = edit.resolved_by or author.by
    return with_history(record, record.model_copy(update=update), author)


def _moved(record: Finding, target: FindingStatus, author: Author) -> dict[str, Any]:
    update: dict[str, Any] = {"status": target}
    if record.status is FindingStatus.RESOLVED:
        update |= {**_UNRESOLVED, "resolution_notes": record.resolution_notes}
        if target in (_OPEN, _WORK):
            update["reopened_at"] = author.at
    if record.status is FindingStatus.SUPPRESSED:
        update |= _LOUD
        if record.suppressed_by is not None:
            update["waived"] = (*record.waived, record.suppressed_by)
    if target is FindingStatus.SUPPRESSED:
        update["before_suppression"] = record.status
    if target is FindingStatus.RESOLVED:
        update |= {"resolved_at": author.at, "resolved_by": author.by, "resolution": Resolution.MANUAL}
    return update


def with_history(before: Finding, after: Finding, author: Author) -> Finding:
    """`after` with the entry of its history that leads there; none where nothing tracked differs."""
    old, new = _shown(before), _shown(after)
    fields = tuple(
        ChangedField(field=name, before=old[name], after=new[name])
        for name in _TRACKED
        if old[name] != new[name]
    )
    if not fields:
        return after
    number = before.changes + 1
    change = FindingChange(
        number=number,
        at=author.at,
        source=author.source,
        by=author.by,
        request_id=author.request_id,
        fields=fields,
    )
    return after.model_copy(update={"changes": number, "last_change": change})


def _shown(record: Finding) -> dict[str, Any]:
    shown = record.model_dump(mode="json", include=set(_TRACKED))
    return shown | {"severity": record.observation.severity.value}


def _scan(by: Sighting) -> Author:
    return Author(ChangeSource.SCAN, by.scan_id, by.read_at)


_UNRESOLVED: Final[Mapping[str, Any]] = {
    "resolved_at": None,
    "resolved_by": None,
    "resolution": None,
    "resolution_notes": None,
}
_LOUD: Final[Mapping[str, Any]] = {"suppressed_by": None, "before_suppression": None}
