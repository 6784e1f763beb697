"""Management locks that keep an account from being deleted.

A lock is inherited from the subscription and the resource group, and ReadOnly forbids deletion too:
https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources
"""

from __future__ import annotations

from typing import Final

from shared.rules.base import RuleMetadata, RuleResult
from shared.rules.columns import ColumnError, text_at
from shared.rules.property_rule import judged, resource_finding
from shared.rules.resources import ResourceColumns, SubscriptionResources

LOCK: Final = "microsoft.authorization/locks"
LOCK_PATHS: Final = ("properties.level",)
_KEEPS: Final = ("cannotdelete", "readonly")


def judge_lock(
    metadata: RuleMetadata, account: ResourceColumns, resources: SubscriptionResources
) -> RuleResult:
    """A lock at the account, its resource group or its subscription keeps it."""
    doubt = None
    for scope in _scopes(account.id):
        try:
            locks = resources.children(LOCK, scope)
        except ColumnError as error:
            doubt = doubt or str(error)
            continue
        if any((text_at(one.columns, "properties.level") or "").lower() in _KEEPS for one in locks):
            return judged(metadata, account.id, ())
    if doubt is not None:
        return judged(metadata, account.id, (), doubt)
    words = f"{account.name}: no lock at the account, its resource group or its subscription"
    return judged(metadata, account.id, [resource_finding(metadata, account.id, words, {"locks": []})])


def _scopes(account: str) -> tuple[str, str, str]:
    group = account.split("/providers/", 1)[0]
    return account, group, group.rsplit("/", 2)[0]
