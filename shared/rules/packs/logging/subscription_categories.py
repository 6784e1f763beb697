"""`logging.subscription_categories`.

All settings count together: one may export some categories, another the rest.
"""

from __future__ import annotations

from typing import Final

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult
from shared.rules.diagnostic_settings import PATHS, SETTINGS, missing
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import RelatedRule
from shared.rules.resources import ResourceColumns, SubscriptionResources

_SUBSCRIPTIONS: Final = "microsoft.resources/subscriptions"
_NEEDED: Final = ("Administrative", "Alert", "Policy", "Security")
"""CIS Microsoft Azure Foundations Benchmark, "diagnostic setting captures appropriate categories"."""


def _judge(
    metadata: RuleMetadata, subscription: ResourceColumns, resources: SubscriptionResources
) -> RuleResult:
    settings = resources.children(SETTINGS, subscription.id)
    lacking = missing(settings, _NEEDED, "allLogs")
    if not lacking:
        return judged(metadata, subscription.id, ())
    words = f"No diagnostic setting of the subscription exports {', '.join(lacking)}"
    evidence = {"missing": lacking, "settings": [one.name for one in settings[:20]]}
    return judged(metadata, subscription.id, [resource_finding(metadata, subscription.id, words, evidence)])


RULE = RelatedRule(
    RuleMetadata(
        rule_id="logging.subscription_categories",
        title="Activity log export covers the needed categories",
        finding_title="Activity log export lacks needed categories",
        description=(
            "Diagnostic settings of a subscription leave out events of the categories Administrative, Alert, "
            "Policy or Security: they are forgotten after 90 days and reach no monitoring."
        ),
        severity=Severity.HIGH,
        risk_score=75,
        resource_type="SUBSCRIPTION",
        reads=(_SUBSCRIPTIONS, SETTINGS),
        references=(
            "https://learn.microsoft.com/rest/api/monitor/subscription-diagnostic-settings/list",
            "https://learn.microsoft.com/azure/azure-monitor/platform/activity-log-schema",
        ),
        remediation_steps=("Add the missing categories to a diagnostic setting of the subscription",),
        auto_remediable=False,
    ),
    {_SUBSCRIPTIONS: (), SETTINGS: PATHS},
    _judge,
)
