"""The storage accounts that a subscription's activity log is exported to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.columns import ColumnError, text_at
from shared.rules.diagnostic_settings import SETTINGS
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import RelatedRule
from shared.rules.resources import ResourceColumns, SubscriptionResources

SUBSCRIPTIONS: Final = "microsoft.resources/subscriptions"
ACCOUNTS: Final = "microsoft.storage/storageaccounts"
_DESTINATION: Final = "properties.storageAccountId"

Fault = Callable[[ResourceColumns, SubscriptionResources], str | None]
"""What is wrong with an account, in words; None when nothing is. Raises ColumnError when it cannot tell."""


def stored_log_rule(metadata: RuleMetadata, columns: dict[str, tuple[str, ...]], fault: Fault) -> RelatedRule:
    """No account that the activity log is exported to has the fault; not applicable without such an account.

    Args:
        columns: what `fault` looks at.
    """

    def judge(
        metadata: RuleMetadata, subscription: ResourceColumns, resources: SubscriptionResources
    ) -> RuleResult:
        named = {
            text_at(one.columns, _DESTINATION): one.name
            for one in resources.children(SETTINGS, subscription.id)
        }
        findings, doubt = [], None
        for destination, setting in sorted((key, value) for key, value in named.items() if key):
            try:
                account = _account(destination, resources)
                words = fault(account, resources)
            except ColumnError as error:
                doubt = str(error)
                continue
            if words is not None:
                evidence = {"diagnostic_setting": setting, "storage_account": account.id}
                findings.append(
                    resource_finding(metadata, subscription.id, words, evidence, subject=account.id)
                )
        if not any(named):
            return RuleResult(metadata.rule_id, subscription.id, RuleStatus.NOT_APPLICABLE)
        return judged(metadata, subscription.id, findings, doubt)

    return RelatedRule(metadata, {SUBSCRIPTIONS: (), SETTINGS: (_DESTINATION,), **columns}, judge)


def _account(destination: str, resources: SubscriptionResources) -> ResourceColumns:
    found = resources.find(ACCOUNTS, destination)
    if found is None:
        raise ColumnError(resources.doubt(ACCOUNTS) or f"{destination} is not in this subscription")
    return found
