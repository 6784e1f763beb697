"""The age of an account's two access keys.

`keyCreationTime` is null for a key that was not rotated since Azure records it:
https://learn.microsoft.com/azure/storage/common/sas-expiration-policy. No key is older than its account.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

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
        if created is None and made is not None and resources.as_of - made <= MOST:
            continue
        if created is None:
            doubts.append(f"{path}: missing, Azure tells the age of a key only once it was rotated")
            continue
        age = resources.as_of - created
        if age > MOST:
            words = f"{account.name}: {name} is {age.days} days old, expected at most {MOST.days}"
            evidence = {"key": name, "created_on": created.isoformat(), "age_days": age.days}
            findings.append(resource_finding(metadata, account.id, words, evidence, discriminator=name))
    return judged(metadata, account.id, findings, doubts[0] if doubts else None)
