"""A scanner small enough to know every right answer: a resource marked `bad` is one finding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from shared.domain.coverage import CoverageStatus, ReadFailure, TypeCoverage
from shared.domain.finding import Observation
from shared.domain.resource import UnreadableResourceError, parse_row
from shared.domain.severity import Severity
from shared.ports.inventory import InventoryQuery
from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.scanners.base import Collected, Focus, Projection, Related

TYPE = "microsoft.network/networksecuritygroups"
RULE = "network.test.bad"


def metadata() -> RuleMetadata:
    return RuleMetadata(
        rule_id=RULE,
        title="Nothing is marked bad",
        finding_title="Marked bad",
        description="A mark for tests.",
        severity=Severity.HIGH,
        risk_score=50,
        resource_type=TYPE,
        reads=(TYPE,),
        references=("https://example.com",),
        remediation_steps=("Take the mark away",),
        auto_remediable=False,
    )


class ProbeScanner:
    name = "network"
    query = InventoryQuery.NETWORK
    types: tuple[str, ...] = (TYPE,)
    noticed_types: Mapping[str, str] = {}

    def rules(self) -> Sequence[RuleMetadata]:
        return [metadata()]

    def collect(self, rows: Iterable[Any], focus: Focus) -> Collected:
        collected, read, failed = Collected(), Counter[str](), Counter[str]()
        for row in rows:
            try:
                one = parse_row(row)
                if not focus.expects(one.subscription_id):
                    raise UnreadableResourceError("not asked for", one.id, one.type)
            except UnreadableResourceError as error:
                collected.failures.append(
                    ReadFailure(resource_id=error.resource_id, type=error.type, reason=error.reason)
                )
                if error.resource_id and focus.expects(error.resource_id.split("/")[2]):
                    failed[error.resource_id.split("/")[2]] += 1
                continue
            projection = {"id": one.id, "bad": bool(one.properties.get("bad"))}
            collected.projections.setdefault(one.subscription_id, []).append(projection)
            collected.resources_read += 1
            read[one.subscription_id] += 1
        collected.types = [
            TypeCoverage(
                subscription_id=subscription,
                type=TYPE,
                status=CoverageStatus.READ,
                asked=read[subscription] + failed[subscription],
                read=read[subscription],
                failed=failed[subscription],
            )
            for subscription in {*read, *failed}
        ]
        return collected

    def relate(
        self,
        subscription_id: str,
        projections: Iterable[Projection],
        focus: Focus,
        asked: Sequence[TypeCoverage] = (),
        *,
        as_of: datetime,
    ) -> Related:
        related = Related()
        for one in projections:
            found = [observation(one["id"])] if one["bad"] else []
            related.observations += found
            related.results.append(
                RuleResult(
                    RULE, one["id"], RuleStatus.FAIL if found else RuleStatus.PASS, observations=tuple(found)
                )
            )
        return related


def observation(resource_id: str) -> Observation:
    return Observation(
        rule_id=RULE,
        resource_id=resource_id,
        evaluated_id=resource_id,
        subscription_id=resource_id.split("/")[2],
        resource_group=resource_id.split("/")[4],
        resource_name=resource_id.rsplit("/", 1)[1],
        resource_type="NETWORK_SECURITY_GROUP",
        severity=Severity.HIGH,
        title="Marked bad",
        description="Marked bad",
        risk_score=50,
        auto_remediable=False,
        remediation_steps=("Take the mark away",),
        evidence={},
    )


def resource(subscription: str, number: int, *, bad: bool) -> dict[str, Any]:
    name = f"nsg-{number:04d}"
    return {
        "id": f"/subscriptions/{subscription}/resourceGroups/rg/providers/"
        f"Microsoft.Network/networkSecurityGroups/{name}",
        "name": name,
        "type": "Microsoft.Network/networkSecurityGroups",
        "location": "westeurope",
        "properties": {"bad": bad},
    }
