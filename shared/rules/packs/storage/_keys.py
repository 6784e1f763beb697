"""The age of an account's two access keys.

`keyCreationTime` is when a key was made or last rotated. "Older accounts may have a null value", until the
key is rotated: https://learn.microsoft.com/azure/storage/common/storage-account-keys-manage. So a key without
it is as old as its account, or was rotated before Azure recorded that; no key is older than its account.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from shared.domain.timestamps import wire_time
from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.instants import instant_at
from shared.rules.packs.storage._accounts import uses_keys
from shared.rules.property_rule import judged, resource_finding
from shared.rules.resources import ResourceColumns, SubscriptionResources

MOST: Final = timedelta(days=90)
"""CIS Microsoft Azure Foundations Benchmark, periodic regeneration of access keys."""

_CREATED: Final = "properties.creationTime"
_KEYS: Final = {name: f"properties.keyCreationTime.{name}" for name in ("key1", "key2")}
PATHS: Final = (_CREATED, *_KEYS.values(), *uses_keys.paths)


def judge_age(
    metadata: RuleMetadata, account: ResourceColumns, resources: SubscriptionResources
) -> RuleResult:
    """Each key is at most `MOST` old; not applicable where keys open nothing."""
    if uses_keys.judge(account.columns).status is not RuleStatus.PASS:
        return RuleResult(metadata.rule_id, account.id, RuleStatus.NOT_APPLICABLE)
    made = instant_at(account.columns, _CREATED)
    findings, doubts = [], []
    for name, path in _KEYS.items():
        created = instant_at(account.columns, path)
        since = created or made
        if since is None:
            doubts.append(f"{path} and {_CREATED}: missing")
            continue
        age = resources.as_of - since
        if age <= MOST:
            continue
        words = f"{account.name}: {name} is {age.days} days old, expected at most {MOST.days}"
        evidence: dict[str, object] = {"key": name, "created_on": wire_time(since), "age_days": age.days}
        if created is None:
            how = f"was not rotated since Azure records it, expected every {MOST.days} days"
            words = f"{account.name}: {name} {how}"
            evidence = {"key": name, "created_on": None, "account_created_on": wire_time(since)}
        findings.append(resource_finding(metadata, account.id, words, evidence, discriminator=name))
    return judged(metadata, account.id, findings, doubts[0] if doubts else None)
