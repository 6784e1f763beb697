"""Keys, secrets and certificates of a vault: whether they are in use, when they end, who manages them.

Listed by the data plane, with attributes in Unix seconds; an attribute that is not set is absent:
https://learn.microsoft.com/rest/api/keyvault/keys/get-keys/get-keys (likewise secrets and certificates).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.columns import ColumnError
from shared.rules.expectations import MET, Columns, Expectation, Verdict, is_false, is_true, unmet
from shared.rules.instants import epoch_at
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import RelatedRule
from shared.rules.resources import ResourceColumns, SubscriptionResources

VAULT: Final = "microsoft.keyvault/vaults"
KEY: Final = "microsoft.keyvault/vaults/keys"
SECRET: Final = "microsoft.keyvault/vaults/secrets"  # noqa: S105 - a resource type
CERTIFICATE: Final = "microsoft.keyvault/vaults/certificates"

LIST_KEYS: Final = "https://learn.microsoft.com/rest/api/keyvault/keys/get-keys/get-keys"
LIST_SECRETS: Final = "https://learn.microsoft.com/rest/api/keyvault/secrets/get-secrets/get-secrets"
LIST_CERTIFICATES: Final = (
    "https://learn.microsoft.com/rest/api/keyvault/certificates/get-certificates/get-certificates"
)

ENDS: Final = "properties.attributes.exp"
BEGINS: Final = "properties.attributes.nbf"
CREATED: Final = "properties.attributes.created"

is_enabled: Final = is_true("properties.attributes.enabled", absent=True)
"""Can be used. Objects are enabled unless disabled."""

is_own: Final = is_false("properties.managed", absent=False)
"""Not the key or the secret behind a certificate, whose life is the certificate's."""


def _ends(columns: Columns) -> Verdict:
    return MET if epoch_at(columns, ENDS) is not None else unmet("has no expiration date")


has_end: Final = Expectation((ENDS,), _ends)
"""An expiration date is set."""

Objection = tuple[str, dict[str, Any]]
"""Words that follow the object's name, and evidence."""

Look = Callable[[ResourceColumns, SubscriptionResources], Objection | None]


def each_object(
    metadata: RuleMetadata, look: Look, paths: tuple[str, ...], concerned: Expectation = is_enabled
) -> RelatedRule:
    """Judges each vault by its objects of the second type read; each that `look` objects to is a finding.

    Args:
        look: what is wrong with one object, None when nothing. Raises ColumnError where it cannot tell.
        paths: columns that `look` reads.
        concerned: which objects are looked at; a vault without one is not applicable.
    """
    kind = metadata.reads[1]

    def judge(metadata: RuleMetadata, vault: ResourceColumns, resources: SubscriptionResources) -> RuleResult:
        findings, doubts, looked = [], [], 0
        for one in resources.children(kind, vault.id):
            try:
                if concerned.judge(one.columns).status is not RuleStatus.PASS:
                    continue
                looked += 1
                objection = look(one, resources)
            except ColumnError as error:
                doubts.append(f"{one.name}: {error}")
                continue
            if objection is not None:
                words, evidence = objection
                description = f"{one.name} of {vault.name} {words}"
                findings.append(resource_finding(metadata, vault.id, description, evidence, subject=one.id))
        if not looked and not doubts:
            return RuleResult(metadata.rule_id, vault.id, RuleStatus.NOT_APPLICABLE)
        return judged(metadata, vault.id, findings, doubts[0] if doubts else None)

    columns = {VAULT: (), kind: tuple(dict.fromkeys((*concerned.paths, *paths)))}
    return RelatedRule(metadata, columns, judge)


def instant(one: ResourceColumns, path: str) -> datetime:
    """The instant that every object has at `path`.

    Raises:
        ColumnError: it is missing, or no instant.
    """
    found = epoch_at(one.columns, path)
    if found is None:
        raise ColumnError(f"{path}: missing")
    return found
