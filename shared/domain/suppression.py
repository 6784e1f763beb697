"""Suppressions (X-19): what somebody decided not to hear of, why, and until when. Pure.

A suppression silences every finding it matches, those that are there and those that come; when it ends, by
its date or by removal, each finding goes back to the state before. A person who moves a suppressed finding
overrules the suppression for that finding.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.finding import ChangeSource, Finding, FindingStatus, Observation
from shared.domain.lifecycle import Author, with_history

SUPPRESSIBLE = frozenset({FindingStatus.OPEN, FindingStatus.IN_PROGRESS})
"""States that a suppression silences; what is resolved or a false positive makes no noise."""


class SuppressionScope(BaseModel):
    """Which findings: all members that are set must hold. At least one is set.

    `tag_name` alone means a resource that has the tag, with `tag_value` one that has it with that value.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    rule_id: str | None = None
    resource_id: str | None = None
    resource_group: str | None = None
    subscription_id: str | None = None
    tag_name: str | None = None
    tag_value: str | None = None

    def matches(self, observation: Observation) -> bool:
        """Whether it is about that observation. ARM names are compared without case."""
        return (
            (self.rule_id is None or self.rule_id == observation.rule_id)
            and (self.resource_id is None or _covers(self.resource_id, observation))
            and _same(self.resource_group, observation.resource_group)
            and _same(self.subscription_id, observation.subscription_id)
            and self._tagged(observation)
        )

    def _tagged(self, observation: Observation) -> bool:
        if self.tag_name is None:
            return True
        tags = {name.lower(): value for name, value in observation.tags}
        value = tags.get(self.tag_name.lower())
        return value is not None and (self.tag_value is None or value == self.tag_value)


def _same(wanted: str | None, given: str) -> bool:
    return wanted is None or wanted.lower() == given.lower()


def _covers(wanted: str, observation: Observation) -> bool:
    """The resource itself, what it was judged through, and everything below it."""
    root = wanted.lower().rstrip("/")
    ids = (observation.resource_id.lower(), observation.evaluated_id.lower())
    return any(one == root or one.startswith(f"{root}/") for one in ids)


class Suppression(BaseModel):
    """One decision to stay silent, until `expires_at`."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    suppression_id: str
    scope: SuppressionScope
    reason: str
    created_at: datetime
    created_by: str
    expires_at: datetime
    ended_at: datetime | None = Field(default=None, description="when it was removed or ran out")
    ended_by: str | None = None
    settled: bool = Field(
        default=False, description="every finding it matches has been told of its present state"
    )

    def active(self, at: datetime) -> bool:
        """Whether it silences at that moment."""
        return self.ended_at is None and at < self.expires_at


def silenced(
    record: Finding, suppressions: Iterable[Suppression], at: datetime, request_id: str | None
) -> Finding:
    """The record under the active suppressions among those given; the very record where nothing changes.

    A finding whose suppression is over goes to the next one that matches, else back to its state before.
    """
    mine = [
        one
        for one in suppressions
        if one.active(at)
        and one.suppression_id not in record.waived
        and one.scope.matches(record.observation)
    ]
    current = record.suppressed_by
    if record.status is FindingStatus.SUPPRESSED:
        if current is None or any(one.suppression_id == current for one in mine):
            return record
        if mine:
            return record.model_copy(update={"suppressed_by": mine[0].suppression_id})
        restored = record.model_copy(
            update={
                "status": record.before_suppression or FindingStatus.OPEN,
                "suppressed_by": None,
                "before_suppression": None,
            }
        )
        return with_history(record, restored, Author(ChangeSource.SUPPRESSION, current, at, request_id))
    if record.status not in SUPPRESSIBLE or not mine:
        return record
    first = mine[0].suppression_id
    quiet = record.model_copy(
        update={
            "status": FindingStatus.SUPPRESSED,
            "suppressed_by": first,
            "before_suppression": record.status,
        }
    )
    return with_history(record, quiet, Author(ChangeSource.SUPPRESSION, first, at, request_id))
