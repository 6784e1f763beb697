"""The worked examples E01-E46 of the exposure specification, each through the whole join."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shared.domain.exposure import Exposure, Protocol, Verdict
from shared.exposure import project_admin_rules
from shared.exposure.destinations import Destination
from shared.exposure.first_match import RuleSet
from shared.exposure.nsg import DEFAULT_RULES, read_rules
from shared.exposure.path import Stages, judge
from shared.exposure.ports import write_ports
from tests.unit.exposure import azure

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "fixtures" / "exposure" / "nsg-level.json").read_text()
)
UNVERIFIED = {"E22": "tcp:22", "E32": "icmp:*"}
"""Rows of status A that are not exposed: "How verdicts read in the tables"."""
FLOATING = {"E45", "E46"}


def test_there_are_46_examples() -> None:
    assert [case["id"] for case in CASES] == [f"E{n:02}" for n in range(1, 47)]


@pytest.mark.parametrize("case", [c for c in CASES if c["id"] not in FLOATING], ids=lambda case: case["id"])
def test_example(case: dict[str, Any]) -> None:
    rows = exposures(case)
    main = Verdict.POSSIBLE if case["id"] == "E41" else Verdict.EXPOSED
    assert notation(rows, main) == parts(case["expected"])
    assert notation(rows, Verdict.UNVERIFIED) == parts(UNVERIFIED.get(case["id"], "none"))
    other = {main, Verdict.UNVERIFIED}
    assert [row for row in rows if row.verdict not in other] == []


@pytest.mark.parametrize("case", [c for c in CASES if c["id"] in FLOATING], ids=lambda case: case["id"])
def test_example_with_floating_ip(case: dict[str, Any]) -> None:
    rules = RuleSet.compiled([*read_rules({"securityRules": named(case["subnet_nsg"])}), *DEFAULT_RULES])
    destination = Destination(4, int.from_bytes(bytes(map(int, case["destination"].split(".")))), False)
    found = judge(Stages(subnet=rules), destination, Protocol.TCP)
    assert {f"tcp:{','.join(write_ports(one.ports))}" for one in found} == parts(case["expected"])


def exposures(case: dict[str, Any]) -> list[Exposure]:
    resources, extra = [], []
    groups = {
        side: azure.nsg(side, named(case[side])) if case[side] is not None else None
        for side in ("subnet_nsg", "nic_nsg")
    }
    resources += [group for group in groups.values() if group is not None]
    routes = None
    if "0.0.0.0/0" in case["virtual_network_prefixes"]:
        routes = azure.route_table("routes", "0.0.0.0/0")
        resources.append(routes)
    network = azure.virtual_network(subnet_nsg=groups["subnet_nsg"], routes=routes)
    public = azure.public_ip(sku=case["public_ip_sku"])
    nic = azure.interface(
        address=case["destination"], public=public, nic_nsg=groups["nic_nsg"], asgs=case["nic_asgs"]
    )
    if case["admin_rules"]:
        extra.append(project_admin_rules(network.id, {"value": list(map(admin_rule, case["admin_rules"]))}))
    return list(azure.join(*resources, network, public, nic, extra=extra).exposures())


def named(group: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"name": f"r{n}", "properties": rule} for n, rule in enumerate(group["securityRules"])]


def admin_rule(flat: dict[str, Any]) -> dict[str, Any]:
    properties = dict(flat)
    properties["sources"] = [
        {"addressPrefixType": "IPPrefix", "addressPrefix": source} for source in flat["sources"]
    ]
    return {"id": f"/admin/rules/{flat['priority']}", "properties": properties}


def notation(rows: list[Exposure], verdict: Verdict) -> set[str]:
    """Rows in the notation of the specification's tables."""
    return {
        f"{row.protocol}:{','.join(row.ports)}"
        + ("" if row.source_class == "internet" else f"({row.source_class})")
        for row in rows
        if row.verdict is verdict
    }


def parts(expected: str) -> set[str]:
    return set() if expected == "none" else {part.strip() for part in expected.split(";")}
