"""`identity.global_admin_count`."""

from __future__ import annotations

from typing import Final

from shared.domain.resource import Resource
from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult
from shared.rules.columns import ColumnError, Fact, read_fact, text_at, value_at
from shared.rules.packs.identity._admin_roles import GLOBAL_ADMINISTRATOR
from shared.rules.packs.identity._tenant import tenant_metadata
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import SubscriptionRule
from shared.rules.resources import ResourceColumns, SubscriptionResources

_ROLES: Final = "graph/directoryroles"
_HOLDERS: Final = "graph/directoryrolemembers"
_FEWEST: Final = 2
_MOST: Final = 4


def _kind(resource: Resource) -> str:
    named = resource.properties.get("@odata.type")
    if not isinstance(named, str):
        raise ValueError("@odata.type: missing")
    return named.rsplit(".", 1)[-1].lower()


_KIND: Final = Fact("kind", _HOLDERS, _kind)


def _people(holder: ResourceColumns) -> list[str]:
    if read_fact(holder.columns, _KIND.name) != "group":
        return [holder.name.lower()]
    members = value_at(holder.columns, "properties.members")
    if not isinstance(members, list) or not all(isinstance(one, str) for one in members):
        raise ColumnError(f"members of group {holder.name} were not read")
    return [one.lower() for one in members]


def _judge(metadata: RuleMetadata, subject: SubscriptionResources) -> RuleResult:
    roles = [
        one
        for one in subject.whole(_ROLES)
        if (text_at(one.columns, "properties.roleTemplateId") or "").lower() == GLOBAL_ADMINISTRATOR
    ]
    if not roles:
        raise ColumnError("the role Global Administrator was not read")
    holders: set[str] = set()
    doubt: str | None = None
    for holder in subject.children(_HOLDERS, roles[0].id):
        try:
            holders.update(_people(holder))
        except ColumnError as error:
            doubt = doubt or str(error)
    if len(holders) > _MOST or (doubt is None and len(holders) < _FEWEST):
        count = f"{len(holders)} global {'administrator' if len(holders) == 1 else 'administrators'}"
        words = f"The directory has {count}, expected {_FEWEST} to {_MOST}"
        evidence = {"count": len(holders), "principals": sorted(holders)[:20]}
        return judged(metadata, subject.id, [resource_finding(metadata, subject.id, words, evidence)], doubt)
    return judged(metadata, subject.id, (), doubt)


RULE = SubscriptionRule(
    tenant_metadata(
        "identity.global_admin_count",
        ("Few global administrators", "Too many or too few global administrators"),
        (
            "Fewer than two hold the role Global Administrator, so that one lost account locks everybody "
            "out, or more than four, each of whom can take over everything. Groups count with their members."
        ),
        Severity.HIGH,
        70,
        reads=(_ROLES, _HOLDERS),
        references=(
            "https://learn.microsoft.com/graph/api/directoryrole-list-members",
            "https://learn.microsoft.com/entra/identity/role-based-access-control/best-practices",
        ),
        steps=(
            "Give those who need less the role that they need",
            "Make the role eligible in Privileged Identity Management; keep two emergency access accounts",
        ),
    ),
    {_ROLES: ("properties.roleTemplateId",), _HOLDERS: ("properties.members",)},
    _judge,
    (_KIND,),
)
