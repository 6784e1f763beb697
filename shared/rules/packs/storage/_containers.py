"""Containers that anybody may read.

The account's own setting, where it is false, overrides that of every container:
https://learn.microsoft.com/azure/storage/blobs/anonymous-read-access-configure
"""

from __future__ import annotations

from typing import Final

from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.columns import ColumnError, text_at, value_at
from shared.rules.packs.storage._accounts import serves
from shared.rules.property_rule import judged, resource_finding
from shared.rules.resources import ResourceColumns, SubscriptionResources

CONTAINER: Final = "microsoft.storage/storageaccounts/blobservices/containers"
CONTAINER_PATHS: Final = ("properties.publicAccess", "properties.deleted")

_SWITCH: Final = "properties.allowBlobPublicAccess"
_has_blobs: Final = serves("blob")
ACCOUNT_PATHS: Final = (_SWITCH, *_has_blobs.paths)

_OPEN: Final = {
    "blob": "its blobs can be read without signing in",
    "container": "its blobs can be listed and read without signing in",
}


def judge_containers(
    metadata: RuleMetadata, account: ResourceColumns, resources: SubscriptionResources
) -> RuleResult:
    """No container of the account lets anonymous readers in; each that does is a finding."""
    if _has_blobs.judge(account.columns).status is not RuleStatus.PASS:
        return RuleResult(metadata.rule_id, account.id, RuleStatus.NOT_APPLICABLE)
    if value_at(account.columns, _SWITCH) is False:
        return judged(metadata, account.id, ())
    findings, doubts = [], []
    for one in resources.children(CONTAINER, account.id):
        try:
            level = level_of(one)
        except ColumnError as error:
            doubts.append(f"{one.name}: {error}")
            continue
        if level in _OPEN:
            words = f"{one.name} of {account.name}: {_OPEN[level]}"
            read = {"properties.publicAccess": level, _SWITCH: value_at(account.columns, _SWITCH)}
            evidence = {"properties": read}
            findings.append(resource_finding(metadata, account.id, words, evidence, subject=one.id))
    return judged(metadata, account.id, findings, doubts[0] if doubts else None)


def level_of(container: ResourceColumns) -> str:
    """`none`, `blob` or `container`; absent is `none`: private unless configured, and so is a deleted one."""
    if value_at(container.columns, "properties.deleted") is True:
        return "none"
    level = (text_at(container.columns, "properties.publicAccess") or "none").lower()
    if level not in ("none", *_OPEN):
        raise ColumnError(f"properties.publicAccess: {level!r} is unknown")
    return level
