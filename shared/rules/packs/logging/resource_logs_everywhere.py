"""`logging.resource_logs_everywhere`.

The types are those that the built-in policies "Resource logs in ... should be enabled" name, which the
Microsoft cloud security benchmark assigns to LT-3:
https://learn.microsoft.com/security/benchmark/azure/mcsb-logging-threat-detection
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.columns import ColumnError, Fact
from shared.rules.diagnostic_settings import SETTINGS, exports_logs
from shared.rules.property_rule import judged, resource_finding, unread
from shared.rules.resources import ResourceColumns, SubscriptionResources

_TYPES: Final = (
    "microsoft.batch/batchaccounts",
    "microsoft.containerservice/managedclusters",
    "microsoft.databricks/workspaces",
    "microsoft.devices/iothubs",
    "microsoft.eventhub/namespaces",
    "microsoft.keyvault/vaults",
    "microsoft.logic/workflows",
    "microsoft.machinelearningservices/workspaces",
    "microsoft.search/searchservices",
    "microsoft.servicebus/namespaces",
    "microsoft.streamanalytics/streamingjobs",
    "microsoft.web/sites",
)


@dataclass(frozen=True, slots=True)
class ResourceLogsRule:
    """Each resource of the types exports at least one log by a diagnostic setting of its own."""

    metadata: RuleMetadata
    types: tuple[str, ...]
    facts: tuple[Fact, ...] = field(default=())

    @property
    def columns(self) -> dict[str, tuple[str, ...]]:
        """What must be kept: paths by type."""
        return {**{kind: () for kind in self.types}, SETTINGS: exports_logs.paths}

    def evaluate(self, subject: SubscriptionResources) -> Iterator[RuleResult]:
        """One result for each resource of the types, and for each that could not be read."""
        for kind in self.types:
            for resource in subject.of(kind):
                try:
                    yield self._judge(resource, subject)
                except ColumnError as error:
                    yield judged(self.metadata, resource.id, (), str(error))
            yield from unread(self.metadata, subject, kind)

    def _judge(self, resource: ResourceColumns, subject: SubscriptionResources) -> RuleResult:
        settings = subject.children(SETTINGS, resource.id)
        if any(exports_logs.judge(one.columns).status is RuleStatus.PASS for one in settings):
            return judged(self.metadata, resource.id, ())
        words = f"{resource.name} exports no logs"
        evidence = {"type": resource.type, "settings": [one.name for one in settings[:20]]}
        return judged(
            self.metadata, resource.id, [resource_finding(self.metadata, resource.id, words, evidence)]
        )


RULE = ResourceLogsRule(
    RuleMetadata(
        rule_id="logging.resource_logs_everywhere",
        title="Each supporting resource exports logs",
        finding_title="Resource exports no logs",
        description=(
            "No diagnostic setting of a resource exports a log: what happened in it cannot be reconstructed. "
            "Judged are the types whose resource logs Microsoft's cloud security benchmark asks for."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="RESOURCE",
        reads=(*_TYPES, SETTINGS),
        references=(
            "https://learn.microsoft.com/rest/api/monitor/diagnostic-settings/list",
            "https://learn.microsoft.com/security/benchmark/azure/mcsb-logging-threat-detection",
        ),
        remediation_steps=(
            "Create a diagnostic setting of the resource that sends its logs to a workspace",
            "Or assign the built-in policies that create such settings",
        ),
        auto_remediable=False,
    ),
    _TYPES,
)
