"""References to other subscriptions, through whole scans: read where the scan has them, named where not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.domain.page import PageRequest
from tests.unit.engine.simulation import Faults
from tests.unit.engine.test_confirming import arm, findings, machines, scanned, world

ALL = PageRequest(limit=200)
SSH_RULE = "network.nsg.ssh_from_internet"


def spread(*moved: str) -> list[dict[str, Any]]:
    """A machine with SSH open to the internet in s1; what is `moved` lies in s2."""
    rows = machines("s1")
    nic = arm("s1", "Microsoft.Network/networkInterfaces", "nic0")
    rows[0]["properties"]["networkInterfaces"] = [{"id": nic}]
    text = json.dumps(rows)
    for kind in moved:
        text = text.replace(f"/subscriptions/s1/resourceGroups/rg/providers/{kind}", arm("s2", kind, "")[:-1])
    found: list[dict[str, Any]] = json.loads(text)
    return found


ADDRESS, GROUP = "Microsoft.Network/publicIPAddresses", "Microsoft.Network/networkSecurityGroups"


@pytest.mark.parametrize("moved", [(), (ADDRESS,), (GROUP,), (ADDRESS, GROUP)])
async def test_the_same_is_found_wherever_the_parts_lie(moved: tuple[str, ...]) -> None:
    place = world({}, *spread(*moved), limits=None, subscriptions=("s1", "s2"))
    scan = await scanned(place)
    [machine] = await findings(place, scan)
    assert machine.observation.resource_id == arm("s1", "Microsoft.Compute/virtualMachines", "vm0")
    assert machine.observation.severity.value == "critical"
    [row] = (await place.results.exposures(scan.scan_id, ALL, None)).items
    assert (row.public_ip, row.verdict.value, row.ports) == ("20.1.2.0", "exposed", ("22",))
    [of_rule] = await findings(place, scan, SSH_RULE)
    where = "s2" if GROUP in moved else "s1"
    assert of_rule.observation.resource_id == f"{arm(where, GROUP, 'nsg0')}/securityRules/ssh"
    assert of_rule.observation.severity.value == "critical"
    assert not (await place.results.failures(scan.scan_id, ALL, None)).items


async def test_what_no_subscription_of_the_scan_holds_is_named() -> None:
    rows = [one for one in spread(ADDRESS) if "/s2/" not in one["id"]]
    place = world({}, *rows, limits=None, subscriptions=("s1", "s2"))
    scan = await scanned(place)
    [failure] = (await place.results.failures(scan.scan_id, ALL, None)).items
    assert failure.resource_id == arm("s2", ADDRESS, "pip0").lower()
    [row] = (await place.results.exposures(scan.scan_id, ALL, None)).items
    assert row.public_ip is None


@pytest.mark.parametrize("seed", range(3))
async def test_duplicates_and_several_workers_change_nothing(seed: int) -> None:
    faults = Faults(duplicate=0.3, workers=3)
    rows = spread(ADDRESS)
    place = world({}, *rows, limits=None, subscriptions=("s1", "s2"), faults=faults, seed=seed)
    scan = await scanned(place)
    [machine] = await findings(place, scan)
    assert machine.observation.severity.value == "critical"
