"""`defender.system_updates`: what Defender for Cloud says of machines that look for updates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from shared.domain.resource import parent_id
from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.columns import ColumnError, Fact, text_at
from shared.rules.property_rule import judged, resource_finding, unread
from shared.rules.resources import ResourceColumns, SubscriptionResources

_ASSESSMENTS: Final = "microsoft.security/assessments"
_MACHINES: Final = "microsoft.compute/virtualmachines"
_KEY: Final = "90386950-71ca-4357-a12e-486d1679427c"
"""Machines should be configured to periodically check for missing system updates."""
_STATUS: Final = "properties.status.code"


@dataclass(frozen=True, slots=True)
class Assessed:
    """Every machine that was assessed is healthy; a virtual machine that was not is an error."""

    metadata: RuleMetadata
    columns: Mapping[str, tuple[str, ...]]
    facts: tuple[Fact, ...] = ()

    def evaluate(self, subject: SubscriptionResources) -> Iterator[RuleResult]:
        """One result for each machine."""
        found = {one.owners()[0]: one for one in subject.of(_ASSESSMENTS) if one.name.lower() == _KEY}
        machines = {one.key: one.id for one in subject.of(_MACHINES)}
        for key, assessment in found.items():
            yield self._judge(machines.get(key, parent_id(assessment.id)), assessment)
        for key, machine in machines.items():
            if key not in found:
                reason = subject.doubt(_ASSESSMENTS) or "Defender for Cloud has not assessed it"
                yield RuleResult(self.metadata.rule_id, machine, RuleStatus.ERROR, reason=reason)
        yield from unread(self.metadata, subject, _MACHINES)

    def _judge(self, machine: str, assessment: ResourceColumns) -> RuleResult:
        rule_id = self.metadata.rule_id
        try:
            status = (text_at(assessment.columns, _STATUS) or "").lower()
        except ColumnError as error:
            return RuleResult(rule_id, machine, RuleStatus.ERROR, reason=str(error))
        if status == "notapplicable":
            return RuleResult(rule_id, machine, RuleStatus.NOT_APPLICABLE)
        if status not in {"healthy", "unhealthy"}:
            return RuleResult(rule_id, machine, RuleStatus.ERROR, reason=f"{_STATUS}: {status or 'missing'}")
        if status == "healthy":
            return judged(self.metadata, machine, ())
        words = f"{machine.rsplit('/', 1)[-1]} does not check for missing updates periodically"
        evidence = {"assessment": assessment.id, "status": "Unhealthy"}
        return judged(self.metadata, machine, [resource_finding(self.metadata, machine, words, evidence)])


RULE = Assessed(
    RuleMetadata(
        rule_id="defender.system_updates",
        title="Machines check for updates",
        finding_title="Machine does not check for updates",
        description=(
            "Defender for Cloud finds a machine that is not configured to look for missing system updates "
            "periodically: what it lacks is not known."
        ),
        severity=Severity.HIGH,
        risk_score=70,
        resource_type="VIRTUAL_MACHINE",
        reads=(_ASSESSMENTS, _MACHINES),
        references=(
            "https://learn.microsoft.com/rest/api/defenderforcloud/assessments/list",
            "https://learn.microsoft.com/azure/update-manager/assessment-options",
        ),
        remediation_steps=(
            "Set the patch assessment mode of the machine to AutomaticByPlatform",
            "Assign the policy that configures periodic checking for missing system updates",
        ),
        auto_remediable=False,
    ),
    {_ASSESSMENTS: (_STATUS,), _MACHINES: ()},
)
