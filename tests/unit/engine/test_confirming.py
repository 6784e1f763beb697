"""Azure's word on critical findings, through whole scans: recorded, bounded, and never in the way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from shared.adapters.memory.reads import MemoryAzureReads
from shared.domain.finding import FrozenFinding
from shared.domain.page import PageRequest
from shared.domain.scan import Scan, ScanRequest, ScanStatus, ScanType
from shared.domain.severity import Severity
from shared.ports.errors import InventoryDeniedError, InventoryError
from shared.rules.registry import network_rules
from shared.scanners.confirmable import IP_FLOW_ACTION
from shared.scanners.registry import BuiltScanners
from shared.services.engine import ConfirmationLimits, Engine
from shared.services.start_scan import StartScan
from tests.unit.engine.simulation import Crashing, Faults, World, known
from tests.unit.engine.test_cases import CALLER

LIMITS = ConfirmationLimits(packets=20, seconds=5)
EFFECTIVE = "network.exposure.vm_effective"
OPEN = {"access": "Allow", "ruleName": "securityRules/ssh"}
DENIED = {"access": "Deny", "ruleName": "deny-ssh"}
NOBODY: dict[str, Any] = {
    "value": [
        {
            "association": {"subnet": {"id": "s"}},
            "effectiveSecurityRules": [
                {
                    "name": "defaultSecurityRules/DenyAllInBound",
                    "priority": 65500,
                    "direction": "Inbound",
                    "access": "Deny",
                    "protocol": "All",
                    "sourceAddressPrefix": "*",
                    "destinationAddressPrefix": "*",
                }
            ],
        }
    ]
}


@dataclass
class ConfirmingWorld(World):
    """The network rules over real projections, and an Azure that can be asked."""

    limits: ConfirmationLimits | None = None
    reads: MemoryAzureReads = field(default_factory=MemoryAzureReads)

    def engine(self, rate: float | None = None) -> Engine:
        scanners = BuiltScanners(network_rules(), collectors=(), confirm=self.limits is not None)
        crash = self.faults.crash if rate is None else rate
        reads: Any = Crashing(self.reads, self.dice, crash)
        return replace(super().engine(rate), scanners=scanners, reads=reads, confirm=self.limits)


def arm(subscription: str, kind: str, name: str) -> str:
    return f"/subscriptions/{subscription}/resourceGroups/rg/providers/{kind}/{name}"


def machines(subscription: str, count: int = 1) -> list[dict[str, Any]]:
    """Machines with SSH open to the internet, each behind its own address and NSG."""
    rows = []
    for number in range(count):
        group = arm(subscription, "Microsoft.Network/networkSecurityGroups", f"nsg{number}")
        address = arm(subscription, "Microsoft.Network/publicIPAddresses", f"pip{number}")
        nic = arm(subscription, "Microsoft.Network/networkInterfaces", f"nic{number}")
        machine = arm(subscription, "Microsoft.Compute/virtualMachines", f"vm{number}")
        fields = {
            "priority": 100,
            "direction": "Inbound",
            "access": "Allow",
            "protocol": "Tcp",
            "sourcePortRange": "*",
            "sourceAddressPrefix": "*",
            "destinationPortRange": "22",
            "destinationAddressPrefix": "*",
        }
        configuration = {"privateIPAddress": f"10.0.0.{4 + number}", "publicIPAddress": {"id": address}}
        rows += [
            row(group, {"securityRules": [{"name": "ssh", "properties": fields}]}),
            row(address, {"ipAddress": f"20.1.2.{number}"}) | {"sku": {"name": "Standard"}},
            row(
                nic,
                {
                    "virtualMachine": {"id": machine},
                    "networkSecurityGroup": {"id": group},
                    "ipConfigurations": [{"id": f"{nic}/ipConfigurations/a", "properties": configuration}],
                },
            ),
        ]
    return rows


def row(identity: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    kind = "/".join(identity.split("/")[6:8])
    return {"id": identity, "type": kind, "location": "westeurope", "properties": dict(properties)}


def azure(
    subscription: str, count: int = 1, *, flow: Any = OPEN, effective: Any = NOBODY, watched: bool = True
) -> dict[str, Any]:
    watcher = arm(subscription, "Microsoft.Network/networkWatchers", "nw")
    answers: dict[str, Any] = {
        f"/subscriptions/{subscription}/providers/Microsoft.Network/networkWatchers": (
            [{"id": watcher, "location": "West Europe"}] if watched else []
        ),
        f"{watcher}/ipFlowVerify": flow,
    }
    for number in range(count):
        nic = arm(subscription, "Microsoft.Network/networkInterfaces", f"nic{number}")
        answers[nic] = {"id": nic, "location": "westeurope"}
        answers[f"{nic}/effectiveNetworkSecurityGroups"] = effective
    return answers


def world(
    answers: Mapping[str, Any],
    *rows: dict[str, Any],
    limits: ConfirmationLimits | None = LIMITS,
    subscriptions: tuple[str, ...] = ("s1",),
    faults: Faults | None = None,
    seed: int = 5,
) -> ConfirmingWorld:
    return ConfirmingWorld(
        seed,
        faults or Faults(),
        list(rows),
        list(subscriptions),
        limits=limits,
        reads=MemoryAzureReads(answers),
    )


async def scanned(place: World) -> Scan:
    place.clock.advance(timedelta(minutes=20))
    request = ScanRequest(scan_type=ScanType.NETWORK)
    scan = await StartScan(place.calm, known()).start(request, CALLER)
    return await place.run(scan.scan_id)


async def findings(place: World, scan: Scan, rule: str = EFFECTIVE) -> list[FrozenFinding]:
    page = await place.results.findings(scan.scan_id, PageRequest(limit=200), None)
    return [one for one in page.items if one.observation.rule_id == rule]


async def notes(place: World, scan: Scan) -> list[str | None]:
    page = await place.results.exposures(scan.scan_id, PageRequest(limit=200), None)
    return [one.note for one in page.items]


async def word(place: World, scan: Scan) -> dict[str, Any]:
    [finding] = await findings(place, scan)
    found: dict[str, Any] = finding.observation.evidence["confirmation"]
    return found


def asked(place: ConfirmingWorld) -> int:
    return sum("ipflowverify" in path for path, _ in place.reads.bodies)


async def test_it_is_off_unless_it_is_wanted() -> None:
    place = world(azure("s1"), *machines("s1"), limits=None)
    scan = await scanned(place)
    [finding] = await findings(place, scan)
    assert "confirmation" not in finding.observation.evidence and not place.reads.calls


async def test_a_confirmed_exposure_says_so_in_finding_and_row() -> None:
    place = world(azure("s1"), *machines("s1"))
    scan = await scanned(place)
    for rule in (EFFECTIVE, "network.nsg.ssh_from_internet"):
        [finding] = await findings(place, scan, rule)
        found = finding.observation.evidence["confirmation"]
        assert (found["result"], found["by"]) == ("confirmed", "ip_flow_verify")
        assert found["at"] and "tcp 22" in found["reason"]
        assert finding.observation.severity is Severity.CRITICAL
    [note] = await notes(place, scan)
    assert note is not None and note.startswith("Azure confirms it: IP flow verify lets tcp 22")
    assert asked(place) == 1, "one packet serves both findings"


async def test_a_contradicted_exposure_stays_one_step_lower_and_says_why() -> None:
    place = world(azure("s1", flow=DENIED), *machines("s1"))
    before = world({}, *machines("s1"), limits=None)
    [plain] = await findings(before, await scanned(before))
    scan = await scanned(place)
    [finding] = await findings(place, scan)
    observation = finding.observation
    assert observation.evidence["confirmation"]["result"] == "contradicted"
    assert observation.severity is Severity.HIGH
    assert "Azure contradicts it: IP flow verify denies tcp 22" in observation.description
    assert observation.risk_score == plain.observation.risk_score - 15
    assert finding.fingerprint == plain.fingerprint
    assert sum(one["points"] for one in observation.evidence["risk_factors"]) == observation.risk_score
    [note] = await notes(place, scan)
    assert note is not None and note.startswith("Azure contradicts it")
    assert scan.totals is not None


NEVER: Callable[[Any], Any] = lambda _: asyncio.get_running_loop().create_future()  # noqa: E731


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"watched": False, "effective": InventoryError("x: 400 VmNotRunning", status=400)},
            "no network watcher",
        ),
        ({"flow": InventoryDeniedError("no", status=403), "effective": NEVER}, IP_FLOW_ACTION),
        ({"flow": {"access": "Perhaps"}, "effective": {"value": []}}, "answer not understood"),
        (
            {"flow": DENIED, "effective": InventoryDeniedError("no", status=403)},
            "effectiveNetworkSecurityGroups",
        ),
        ({"flow": NEVER, "effective": NEVER}, "no result within 0.1 s"),
        ({"flow": RuntimeError("bug")}, "RuntimeError"),
    ],
)
async def test_whatever_goes_wrong_is_named_and_stops_nothing(changes: dict[str, Any], reason: str) -> None:
    place = world(azure("s1", **changes), *machines("s1"), limits=ConfirmationLimits(packets=20, seconds=0.3))
    scan = await scanned(place)
    found = await word(place, scan)
    assert found["result"] == "not_confirmable" and reason in found["reason"]
    [finding] = await findings(place, scan)
    assert finding.observation.severity is Severity.CRITICAL
    assert scan.status in (ScanStatus.COMPLETED, ScanStatus.PARTIAL)


async def test_packets_without_an_answer_in_the_whole_time_are_told_apart() -> None:
    limits = ConfirmationLimits(packets=20, seconds=0.3)
    place = world(azure("s1", 9, flow=NEVER, effective=NEVER), *machines("s1", 9), limits=limits)
    scan = await scanned(place)
    reasons = {one.observation.evidence["confirmation"]["reason"] for one in await findings(place, scan)}
    assert "Azure gave no answer within 0.3 s." in reasons


async def test_no_more_packets_than_the_limit_are_asked_about_in_a_scan() -> None:
    subscriptions = ("s1", "s2", "s3")
    rows = [one for each in subscriptions for one in machines(each, 4)]
    answers = {path: one for each in subscriptions for path, one in azure(each, 4).items()}
    limits = ConfirmationLimits(packets=5, seconds=5)
    place = world(answers, *rows, limits=limits, subscriptions=subscriptions)
    scan = await scanned(place)
    results = [one.observation.evidence["confirmation"] for one in await findings(place, scan)]
    assert asked(place) == 5
    assert sum(one["result"] == "confirmed" for one in results) == 5
    assert {one["reason"] for one in results if one["result"] != "confirmed"} == {
        "Azure was not asked: the packets of a scan are used up."
    }


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(
    "faults", [Faults(crash=0.02), Faults(crash=0.02, duplicate=0.1, workers=2)], ids=["alone", "two workers"]
)
async def test_a_shard_that_runs_again_says_the_same(seed: int, faults: Faults) -> None:
    counted = iter(range(1000))

    def flow(_: Any) -> dict[str, str]:
        return {"access": "Allow", "ruleName": f"rule-{next(counted)}"}

    place = world(azure("s1", flow=flow), *machines("s1"), faults=faults, seed=seed)
    scan = await scanned(place)
    await place.drain()
    [finding] = await findings(place, scan)
    stored = [one async for one in await place.findings.of_subscription("s1")]
    [record] = [one.value for one in stored if one.value.observation.rule_id == EFFECTIVE]
    [note] = await notes(place, scan)
    words = [one.observation.evidence["confirmation"] for one in (finding, record)]
    assert [one["result"] for one in words] == ["confirmed", "confirmed"]
    if faults.workers == 1:
        # Azure's answer differs every time; the one that was kept first is the one that stays.
        assert words[0] == words[1] and note == f"Azure confirms it: {words[0]['reason']}"
