"""Rules over server parameters of flexible servers: configurations of PostgreSQL and MySQL.

https://learn.microsoft.com/rest/api/postgresql/configurations/list-by-server
https://learn.microsoft.com/rest/api/mysql/flexibleserver/configurations/list-by-server
"""

from __future__ import annotations

from typing import Final

from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.columns import ColumnError, value_at
from shared.rules.expectations import Expectation, Verdict, is_one_of
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import RelatedRule
from shared.rules.resources import ResourceColumns, SubscriptionResources

_VALUE: Final = "properties.value"

is_on: Final = is_one_of(_VALUE, "on", absent=None)
"""A flag that is on."""


def server_parameter(
    metadata: RuleMetadata, name: str, expected: Expectation, lacking: str, *, absent: Verdict | None = None
) -> RelatedRule:
    """The parameter called `name` meets `expected`, else "<server> <lacking>".

    Args:
        metadata: reads the servers and their configurations, in this order.
        absent: the verdict on a server whose list has no such parameter; None: it cannot be told, since every
            version is documented to have it.
    """
    servers, configurations = metadata.reads

    def judge(
        metadata: RuleMetadata, server: ResourceColumns, resources: SubscriptionResources
    ) -> RuleResult:
        found = [one for one in resources.children(configurations, server.id) if one.name.lower() == name]
        if not found and absent is None:
            raise ColumnError(f"{server.name} has no parameter {name}")
        verdict = expected.judge(found[0].columns) if found or absent is None else absent
        if verdict.status is not RuleStatus.FAIL:
            return RuleResult(metadata.rule_id, server.id, verdict.status)
        value = value_at(found[0].columns, _VALUE) if found else None
        finding = resource_finding(
            metadata, server.id, f"{server.name} {lacking}", {"parameter": name, "value": value}
        )
        return judged(metadata, server.id, [finding])

    return RelatedRule(metadata, {servers: (), configurations: expected.paths}, judge)
