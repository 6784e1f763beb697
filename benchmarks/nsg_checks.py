"""Every `network.nsg.*` rule on NSGs of ten rules, all different, beside Prowler's own port checks.

Unit: (check x NSG) a second of process CPU time, one process each, one after the other in the same run. Ours
from rules as read (what a scan's collection makes of an NSG) to findings: compiling the rules is in it.
Prowler's from the objects of its collector to reports. `from_arm` counts our reading of ARM's JSON as well,
which Prowler's figure leaves out. Aims: at least 40 times Prowler's; at most 1 KB retained for a finding.
"""

from __future__ import annotations

import gc
import os
import random
import time
import tracemalloc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from corpus.exposure.environments import PEERS, PeerUnavailableError, peers_folder, run_script
from shared.cycle_collector import search_seldom
from shared.domain.finding import Observation
from shared.domain.resource import Resource, parse_row
from shared.exposure import SubscriptionNetwork, project
from shared.rules.base import RuleScope
from shared.rules.registry import AnyRule, all_rules, column_plan
from shared.rules.resources import ResourceColumns, SubscriptionResources

AS_OF: Final = datetime(2026, 1, 1, tzinfo=UTC)
SUBSCRIPTION: Final = "00000000-0000-0000-0000-000000000001"
RULES: Final = 10
RUNS: Final = 3
_SCRIPT: Final = Path(__file__).with_name("peers") / "time_prowler.py"
_PORTS: Final = ("22", "80", "443", "445", "1433", "3306", "3389", "5432", "5985-5986", "8080-8090", "9200")


def run(groups: int = 2_000, prowler_groups: int = 1_000) -> dict[str, Any]:
    """Figures of both tools and their ratio: the best of `RUNS` runs each, in turns."""
    search_seldom()
    rows = list(network_security_groups(groups, seed=1))
    timed: list[Timing] = []
    theirs: list[dict[str, Any]] = []
    skipped = None
    for _ in range(RUNS):
        timed.append(measure(rows))
        if skipped is None:
            try:
                theirs.append(run_script(PEERS["prowler"], peers_folder(), _SCRIPT, rows[:prowler_groups]))
            except PeerUnavailableError as error:
                skipped = str(error)
    checks = timed[0].checks
    per_second = max(groups * checks / one.checking for one in timed)
    from_arm = max(groups * checks / (one.reading + one.checking) for one in timed)
    figures: dict[str, Any] = {
        "groups": groups,
        "rules_of_a_group": RULES,
        "checks": checks,
        "findings": timed[0].findings,
        "checks_per_second": round(per_second),
        "checks_per_second_from_arm": round(from_arm),
        "bytes_per_finding": round(_bytes_per_finding(rows)),
    }
    if not theirs:
        return {**figures, "prowler": f"skipped: {skipped}"}
    peer = min(theirs, key=lambda one: float(one["seconds"]))
    rate = peer["checks"] * peer["groups"] / peer["seconds"]
    return {
        **figures,
        "prowler": {
            "version": peer["version"],
            "checks": peer["checks"],
            "groups": peer["groups"],
            "checks_per_second": round(rate),
            "bytes_per_finding": round(peer["bytes_per_report"]),
        },
        "ratio": round(per_second / rate, 1),
        "ratio_from_arm": round(from_arm / rate, 1),
    }


@dataclass(frozen=True, slots=True)
class Timing:
    """Process CPU seconds of one pass."""

    checks: int
    findings: int
    reading: float
    checking: float


def nsg_rules() -> tuple[AnyRule, ...]:
    """Every rule about NSGs."""
    return tuple(rule for rule in all_rules() if rule.metadata.rule_id.startswith("network.nsg."))


def measure(rows: Sequence[dict[str, Any]]) -> Timing:
    """Read and check NSGs once, as ARM returns them."""
    rules = nsg_rules()
    gc.collect()
    projections, columns = [], []
    reading = checking = 0.0
    for row in rows:  # one after the other, as a scan collects them
        began = time.process_time()
        resource = parse_row(row)
        projections.append(project(resource))
        read = time.process_time()
        # Shadowed rules and open egress are judged when the columns are made: that is checking.
        columns.append(_columns(resource))
        checking += time.process_time() - read
        reading += read - began
    began = time.process_time()
    observations = _check(rules, projections, columns)
    checking += time.process_time() - began
    return Timing(len(rules), len(observations), reading, checking)


def _columns(resource: Resource) -> ResourceColumns:
    return ResourceColumns(resource.id, resource.type, column_plan().columns(resource) or {})


def _check(
    rules: Sequence[AnyRule], projections: Sequence[dict[str, Any]], columns: Sequence[ResourceColumns]
) -> list[Observation]:
    network = SubscriptionNetwork.build(projections)
    resources = SubscriptionResources.build(SUBSCRIPTION, columns, as_of=AS_OF)
    return [
        observation
        for rule in rules
        for result in rule.evaluate(network if rule.metadata.scope is RuleScope.NETWORK else resources)
        for observation in result.observations
    ]


def _bytes_per_finding(rows: Sequence[dict[str, Any]]) -> float:
    """What the findings alone keep allocated (tracemalloc), once network and rules are let go."""
    resources = [parse_row(row) for row in rows]
    projections, columns = [project(one) for one in resources], list(map(_columns, resources))
    _check(nsg_rules(), projections, columns)  # fills the caches that every scan shares
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    observations = _check(nsg_rules(), projections, columns)
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (after - before) / len(observations)


def network_security_groups(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """NSGs as ARM returns them; each has addresses of its own. One rule in twelve lets the internet in."""
    draw = random.Random(seed)
    for number in range(count):
        name = f"nsg-{number:06d}"
        base = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Network"
        identity = f"{base}/networkSecurityGroups/{name}"
        rules = [_rule(draw, identity, place) for place in range(RULES)]
        yield {
            "id": identity,
            "name": name,
            "type": "Microsoft.Network/networkSecurityGroups",
            "location": "westeurope",
            "properties": {"securityRules": rules, "subnets": [], "networkInterfaces": []},
        }


def _rule(draw: random.Random, group: str, place: int) -> dict[str, Any]:
    private = f"10.{draw.randrange(256)}.{draw.randrange(256)}.0/24"
    office = f"20.{draw.randrange(256)}.{draw.randrange(256)}.{draw.randrange(256)}/32"
    everybody = draw.choice(("*", "Internet", "0.0.0.0/0"))
    source = draw.choices(
        (private, office, "VirtualNetwork", "AzureLoadBalancer", everybody), (6, 2, 2, 1, 1)
    )[0]
    ports = draw.sample(_PORTS, draw.choice((1, 1, 1, 2, 3)))
    name = f"rule-{place}"
    properties = {
        "priority": 100 + 10 * place,
        "direction": "Outbound" if draw.random() < 0.1 else "Inbound",
        "access": "Deny" if draw.random() < 0.2 else "Allow",
        "protocol": draw.choice(("Tcp", "Tcp", "Tcp", "Udp", "*")),
        "sourcePortRange": "*",
        "sourcePortRanges": [],
        "destinationPortRange": ports[0] if len(ports) == 1 else None,
        "destinationPortRanges": ports if len(ports) > 1 else [],
        "sourceAddressPrefix": source,
        "sourceAddressPrefixes": [],
        "destinationAddressPrefix": draw.choice(("*", "*", f"10.0.{draw.randrange(256)}.0/24")),
        "destinationAddressPrefixes": [],
    }
    return {"id": f"{group}/securityRules/{name}", "name": name, "properties": properties}


if __name__ == "__main__":
    print(run(int(os.environ.get("GROUPS", "2000"))))
