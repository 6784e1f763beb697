"""Which findings a list is about. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shared.domain.finding import Finding, FindingStatus
from shared.domain.severity import Severity


@dataclass(frozen=True, slots=True)
class FindingFilter:
    """All members that are set must hold; empty ones mean "any".

    `rules` limits to a set of rules (those of a framework) beside `rule_id`, which names one.
    `detected_after` is inclusive and `detected_before` exclusive. `text` is looked for without case in title,
    description, names, ids, notes and assignee.
    """

    statuses: tuple[FindingStatus, ...] = ()
    severities: tuple[Severity, ...] = ()
    rule_id: str | None = None
    resource_id: str | None = None
    subscription_id: str | None = None
    rules: frozenset[str] | None = None
    text: str | None = None
    detected_after: datetime | None = None
    detected_before: datetime | None = None
    assigned_to: str | None = None

    def matches(self, finding: Finding) -> bool:
        """Whether the finding belongs to the list. ARM ids and people are compared without case."""
        seen = finding.observation
        return (
            (not self.statuses or finding.status in self.statuses)
            and (not self.severities or seen.severity in self.severities)
            and (self.rule_id is None or self.rule_id == seen.rule_id)
            and (self.rules is None or seen.rule_id in self.rules)
            and _same(self.resource_id, seen.resource_id)
            and _same(self.subscription_id, seen.subscription_id)
            and _same(self.assigned_to, finding.assigned_to)
            and (self.detected_after is None or finding.detected_at >= self.detected_after)
            and (self.detected_before is None or finding.detected_at < self.detected_before)
            and self._speaks_of(finding)
        )

    def _speaks_of(self, finding: Finding) -> bool:
        if self.text is None:
            return True
        seen = finding.observation
        texts = (
            seen.title,
            seen.description,
            seen.resource_name,
            seen.resource_group,
            seen.resource_id,
            seen.rule_id,
            finding.id,
            finding.assigned_to,
            finding.resolution_notes,
        )
        wanted = self.text.casefold()
        return any(wanted in text.casefold() for text in texts if text)


def _same(wanted: str | None, given: str | None) -> bool:
    return wanted is None or (given is not None and wanted.lower() == given.lower())
