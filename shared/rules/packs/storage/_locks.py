"""Management locks that keep an account from being deleted.

One list of the subscription has all of them. A lock is inherited from the subscription and the resource
group, and ReadOnly forbids deletion too:
https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources
"""

from __future__ import annotations

from typing import Final

from shared.domain.resource import parent_id
from shared.rules.base import RuleMetadata, RuleResult
from shared.rules.columns import text_at
from shared.rules.property_rule import judged, resource_finding
from shared.rules.resources import ResourceColumns, SubscriptionResources

LOCK: Final = "microsoft.authorization/locks"
LOCK_PATHS: Final = ("properties.level",)
_KEEPS: Final = ("cannotdelete", "readonly")


def locked_scopes(resources: SubscriptionResources) -> frozenset[str]:
    """Lower-cased ids of what cannot be deleted, with all below it."""
    return frozenset(
        parent_id(one.key)
        for one in resources.of(LOCK)
        if (text_at(one.columns, "properties.level") or "").lower() in _KEEPS
    )


def judge_lock(
    metadata: RuleMetadata, account: ResourceColumns, resources: SubscriptionResources, locked: frozenset[str]
) -> RuleResult:
    """A lock at the account, its resource group or its subscription keeps it."""
    if locked & set(_scopes(account.key)):
        return judged(metadata, account.id, ())
    doubt = resources.doubt(LOCK) or resources.unlisted(LOCK, resources.id)
    if doubt is not None:
        return judged(metadata, account.id, (), doubt)
    words = f"{account.name}: no lock at the account, its resource group or its subscription"
    return judged(metadata, account.id, [resource_finding(metadata, account.id, words, {"locks": []})])


def _scopes(account: str) -> tuple[str, str, str]:
    group = account.split("/providers/", 1)[0]
    return account, group, group.rsplit("/", 2)[0]
