"""When the customer-managed key that encrypts an account ends.

`currentVersionedKeyExpirationTimestamp` is the end of the key version in use (read-only):
https://learn.microsoft.com/rest/api/storagerp/storage-accounts/get-properties
"""

from __future__ import annotations

from typing import Final

from shared.domain.timestamps import wire_time
from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.expectations import is_one_of
from shared.rules.instants import ends_soon, instant_at
from shared.rules.property_rule import judged, resource_finding
from shared.rules.resources import ResourceColumns, SubscriptionResources

_own_key: Final = is_one_of(
    "properties.encryption.keySource", "Microsoft.Keyvault", absent="Microsoft.Storage"
)
_END: Final = "properties.encryption.keyvaultproperties.currentVersionedKeyExpirationTimestamp"
PATHS: Final = (*_own_key.paths, _END)


def judge_end(
    metadata: RuleMetadata, account: ResourceColumns, resources: SubscriptionResources
) -> RuleResult:
    """The key version has not ended and does not end soon; not applicable without a key of one's own."""
    if _own_key.judge(account.columns).status is not RuleStatus.PASS:
        return RuleResult(metadata.rule_id, account.id, RuleStatus.NOT_APPLICABLE)
    ends = instant_at(account.columns, _END)
    if ends is None or (ends > resources.as_of and not ends_soon(ends, resources)):
        return judged(metadata, account.id, ())
    verb = "expires" if ends > resources.as_of else "expired"
    words = f"{account.name}: its customer-managed key {verb} on {ends.date()}"
    # The key itself is counted among what expires soon where its vault lists it, once for all accounts.
    evidence = {"expires_on": wire_time(ends)}
    return judged(metadata, account.id, [resource_finding(metadata, account.id, words, evidence)])
