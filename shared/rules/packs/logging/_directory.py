"""Logs of a directory: what all its diagnostic settings of one kind export together.

https://learn.microsoft.com/entra/identity/monitoring-health/howto-configure-diagnostic-settings
"""

from __future__ import annotations

from shared.rules.base import RuleMetadata, RuleResult
from shared.rules.diagnostic_settings import PATHS, missing
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import SubscriptionRule
from shared.rules.resources import SubscriptionResources


def directory_exports(metadata: RuleMetadata, *categories: str) -> SubscriptionRule:
    """Each category is exported by some setting of the type that the rule reads."""
    kind = metadata.reads[0]

    def judge(metadata: RuleMetadata, resources: SubscriptionResources) -> RuleResult:
        settings = resources.children(kind, resources.id)
        lacking = missing(settings, categories, "allLogs")
        if not lacking:
            return judged(metadata, resources.id, ())
        words = f"No diagnostic setting of the directory exports {', '.join(lacking)}"
        evidence = {"missing": lacking, "settings": [one.name for one in settings[:20]]}
        return judged(metadata, resources.id, [resource_finding(metadata, resources.id, words, evidence)])

    return SubscriptionRule(metadata, {kind: PATHS}, judge)
