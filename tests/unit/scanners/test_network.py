"""The network scanner: what it asks for, what it keeps of a page, and which rules see it."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from shared.domain.coverage import CoverageStatus, TypeCoverage
from shared.domain.scan import ScanRequest, ScanType
from shared.exposure import NETWORK_TYPES
from shared.rules.base import RuleStatus
from shared.scanners.base import Collected, Focus, Outcome, Related, Scanner
from shared.scanners.network_details import ADMIN_RULES
from shared.scanners.registry import BuiltScanners
from tests.unit.exposure import azure
from tests.unit.exposure.azure import SUBSCRIPTION, arm_id

GATEWAY = "microsoft.network/applicationgateways"
BASTION = "microsoft.network/bastionhosts"


AS_OF = datetime(2026, 6, 1, tzinfo=UTC)


def row(kind: str, name: str, properties: Any, **more: Any) -> dict[str, Any]:
    identity = arm_id(kind, name)
    return {"id": identity, "type": f"Microsoft.Network/{kind}", "properties": properties, **more}


def gateway(name: str = "gw", **properties: Any) -> dict[str, Any]:
    return row(
        "applicationGateways", name, {"enableHttp2": True, "sslCertificates": ["x" * 9000], **properties}
    )


def scanner() -> Scanner:
    found = BuiltScanners().of(ScanRequest(scan_type=ScanType.NETWORK))
    assert found is not None
    return found


def collected(*rows: Any, focus: Focus | None = None) -> Collected:
    return scanner().collect(rows, focus or Focus())


def related(found: Collected, *asked: TypeCoverage, focus: Focus | None = None) -> Related:
    # Projections travel as JSON between the stages.
    columns = json.loads(json.dumps(found.projections.get(SUBSCRIPTION, [])))
    return scanner().relate(SUBSCRIPTION, columns, focus or Focus(), asked, as_of=AS_OF)


def test_it_asks_for_what_its_rules_read() -> None:
    types = scanner().reading.types
    assert set(NETWORK_TYPES) < set(types) and len(types) == len(set(types))
    assert {"microsoft.network/networkwatchers/flowlogs", GATEWAY, BASTION} <= set(types)


def test_only_declared_columns_are_kept() -> None:
    [projection] = collected(gateway()).projections[SUBSCRIPTION]
    assert projection["columns"] == {"properties": {"enableHttp2": True}}
    assert "x" * 100 not in json.dumps(projection)


def test_an_entry_point_that_is_read_is_still_named_as_not_followed() -> None:
    kind = "microsoft.network/virtualnetworkgateways"
    found = collected(row("virtualNetworkGateways", "vpn", {}), row("virtualNetworkGateways", "other", {}))
    assert [(one.type, one.status, one.asked) for one in found.types] == [
        (kind, CoverageStatus.READ, 2),
        (kind, CoverageStatus.SKIPPED, 2),
    ]
    assert found.resources_read == 2


def test_a_type_that_no_rule_reads_is_only_named() -> None:
    found = collected(row("networkManagers", "m", {}))
    assert [one.status for one in found.types] == [CoverageStatus.SKIPPED]
    assert not found.projections and not found.resources_read


def test_rules_of_both_kinds_judge_one_resource() -> None:
    address = row("publicIPAddresses", "pip", {"ipAddress": "20.1.2.3"}, sku={"name": "Basic"})
    found = {one.rule_id for one in related(collected(address)).observations}
    assert {"network.publicip.basic_sku", "network.publicip.dangling"} <= found


def test_what_cannot_be_read_is_an_error_of_its_rules_only() -> None:
    found = related(collected(row("applicationGateways", "gw", None)))
    errors = {rule_id for rule_id, one in found.outcomes.items() if one.tally[RuleStatus.ERROR]}
    assert errors == {"network.appgw.http2", "network.appgw.min_tls", "network.appgw.waf_enabled"}


def test_a_denied_type_is_not_taken_for_an_empty_one() -> None:
    network = row("virtualNetworks", "vnet", {"subnets": []}, location="westeurope")
    denied = TypeCoverage(
        subscription_id=SUBSCRIPTION, type=BASTION, status=CoverageStatus.DENIED, reason="no permission"
    )
    outcomes = related(collected(network), denied).outcomes
    assert outcomes["network.bastion.exists"] == Outcome(
        Counter([RuleStatus.ERROR]), reason=f"{BASTION} was not read whole: no permission"
    )
    watched = outcomes["network.watcher.enabled_in_used_regions"]
    assert watched.tally == Counter([RuleStatus.FAIL])
    assert watched.settled == {f"/subscriptions/{SUBSCRIPTION}"}


def test_admin_rules_that_may_not_be_read_leave_exposures_unverified() -> None:
    group = azure.nsg("nsg", [azure.rule()])
    public = azure.public_ip()
    parts = [group, public, azure.virtual_network(), azure.interface(nic_nsg=group, public=public)]
    rows = [
        {"id": one.id, "type": one.type, "properties": dict(one.properties), "sku": {"name": "Standard"}}
        for one in parts
    ]
    denied = TypeCoverage(
        subscription_id=SUBSCRIPTION, type=ADMIN_RULES, status=CoverageStatus.DENIED, reason="no permission"
    )
    for asked, verdict, severity in (((), "exposed", "critical"), ((denied,), "unverified", "high")):
        found = related(collected(*rows), *asked)
        assert [row.verdict for row in found.exposures] == [verdict]
        ssh = [one for one in found.observations if one.rule_id == "network.nsg.ssh_from_internet"]
        assert [one.severity for one in ssh] == [severity]


def test_a_narrow_scan_says_nothing_of_the_rest() -> None:
    one, other = gateway(enableHttp2=False), gateway("other", enableHttp2=False)
    focus = Focus(resources=frozenset({one["id"].lower()}))
    found = related(collected(one, other, focus=focus), focus=focus)
    assert set(found.looked_at) == {one["id"].lower()}
    assert {finding.resource_id for finding in found.observations} == {one["id"]}
