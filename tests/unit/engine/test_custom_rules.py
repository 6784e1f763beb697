"""`custom_rules`: the scan runs these rules of its type and no others, reads for them, and says only that."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.errors import InvalidRequestError, NotFoundError
from shared.domain.finding import FindingStatus
from shared.domain.scan import Scan, ScanRequest, ScanStatus, ScanType
from shared.rules.registry import all_rules
from shared.scanners.registry import BuiltScanners
from shared.services.engine import Engine
from shared.services.posture_queries import PostureQueries
from shared.services.start_scan import StartScan
from tests.unit.engine.simulation import Faults, World, known
from tests.unit.engine.test_cases import CALLER, ledger, records, rows

SSH, UNATTACHED = "network.nsg.ssh_from_internet", "network.nsg.not_attached"
GRID = "eventgrid.topic_public_network_access"
RULES = (SSH, UNATTACHED, GRID)
NSG = "/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Network/networkSecurityGroups/nsg"
TOPIC = "/subscriptions/s1/resourceGroups/rg/providers/Microsoft.EventGrid/topics/topic"
OPEN_SSH = {
    "name": "ssh",
    "properties": {
        "priority": 100,
        "direction": "Inbound",
        "access": "Allow",
        "protocol": "Tcp",
        "sourcePortRange": "*",
        "sourceAddressPrefix": "*",
        "destinationPortRange": "22",
        "destinationAddressPrefix": "*",
    },
}


def row(identity: str, kind: str, **properties: Any) -> dict[str, Any]:
    return {"id": identity, "type": kind, "location": "westeurope", "properties": properties}


def weak() -> list[dict[str, Any]]:
    """An NSG with SSH open that nothing uses, and a topic that is open to all networks."""
    return [
        row(NSG, "Microsoft.Network/networkSecurityGroups", securityRules=[OPEN_SSH]),
        row(TOPIC, "Microsoft.EventGrid/topics", publicNetworkAccess="Enabled"),
    ]


@dataclass
class RealRules(World):
    """Three real rules: two of the network scanner, one of compliance alone."""

    def engine(self, rate: float | None = None) -> Engine:
        chosen = [rule for rule in all_rules() if rule.metadata.rule_id in RULES]
        return replace(super().engine(rate), scanners=BuiltScanners(chosen, collectors=()))


async def scanned(place: World, scan_type: ScanType, *custom: str) -> Scan:
    place.clock.advance(timedelta(minutes=20))
    request = ScanRequest(scan_type=scan_type, custom_rules=custom)
    scan = await StartScan(place.calm, known()).start(request, CALLER)
    return await place.run(scan.scan_id)


def world() -> World:
    return RealRules(5, Faults(), weak(), ["s1"])


@pytest.mark.parametrize("scan_type", [ScanType.FULL, ScanType.COMPLIANCE_ONLY])
async def test_only_the_rules_that_are_named_run(scan_type: ScanType) -> None:
    place = world()
    scan = await scanned(place, scan_type, GRID)
    assert {one.observation.rule_id for one in await rows(place, scan)} == {GRID}
    coverage = await ledger(place, scan)
    assert [one.rule_id for one in coverage.rules] == [GRID]
    assert {one.type for one in coverage.resource_types} == {"microsoft.eventgrid/topics"}
    assert [one.name for one in coverage.scanners] == ["compliance"]
    assert scan.status is ScanStatus.COMPLETED and scan.errors == (), "all that was asked for was done"


async def test_without_names_all_rules_of_the_type_run() -> None:
    place = world()
    scan = await scanned(place, ScanType.COMPLIANCE_ONLY)
    assert {one.rule_id for one in (await ledger(place, scan)).rules} == set(RULES)


async def test_each_scanner_that_runs_a_named_rule_is_in_the_ledger() -> None:
    place = world()
    scan = await scanned(place, ScanType.FULL, SSH, GRID)
    coverage = await ledger(place, scan)
    assert [one.name for one in coverage.scanners] == ["network", "compliance"]
    assert [one.rule_id for one in coverage.rules] == sorted((SSH, GRID))


async def test_findings_of_other_rules_are_left_alone() -> None:
    place = world()
    await scanned(place, ScanType.COMPLIANCE_ONLY)
    before = {one.fingerprint: one for one in await records(place)}
    place.inventory.put(row(NSG, "Microsoft.Network/networkSecurityGroups", securityRules=[]))
    await scanned(place, ScanType.COMPLIANCE_ONLY, GRID)
    after = {one.fingerprint: one for one in await records(place)}
    others = [one for one in before.values() if one.observation.rule_id != GRID]
    assert others and all(after[one.fingerprint] == one for one in others)
    assert all(one.status is FindingStatus.OPEN for one in after.values())


async def test_a_rule_that_the_scan_type_does_not_run_is_refused_by_name() -> None:
    for scan_type, custom in ((ScanType.NETWORK, (SSH, GRID)), (ScanType.CVE_ONLY, (GRID,))):
        place = world()
        with pytest.raises(InvalidRequestError) as refused:
            await scanned(place, scan_type, *custom)
        assert refused.value.details == {"field": "custom_rules", "reason": "invalid_value"}
        assert GRID in str(refused.value) and scan_type.value in str(refused.value)
        assert SSH not in str(refused.value)
        assert (await place.scans.get("scan-20250805-180258")) is None


async def test_an_unknown_rule_is_refused_by_name() -> None:
    place = world()
    with pytest.raises(InvalidRequestError, match=r"no\.such_rule"):
        await scanned(place, ScanType.FULL, SSH, "no.such_rule")


async def test_some_rules_are_not_the_posture_of_the_whole() -> None:
    place = world()
    await scanned(place, ScanType.FULL, GRID)
    with pytest.raises(NotFoundError):
        await PostureQueries(place.calm).latest()
    whole = await scanned(place, ScanType.FULL)
    await scanned(place, ScanType.FULL, GRID)
    assert (await PostureQueries(place.calm).latest()).scan.scan_id == whole.scan_id


async def test_how_many_choices_of_rules_are_kept_is_bounded() -> None:
    place = world()
    scanners = place.calm.scanners
    assert isinstance(scanners, BuiltScanners)
    chosen = [ScanRequest(custom_rules=names) for names in ((SSH,), (GRID,), (SSH, GRID), (GRID, SSH))]
    first = scanners.of(chosen[2])
    assert first is not None and scanners.of(chosen[3]) is first, "the order does not matter"
    assert scanners.of(chosen[0]) is scanners.of(chosen[0])
