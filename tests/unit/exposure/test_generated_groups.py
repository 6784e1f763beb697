"""Generated NSGs with labels from another evaluator: which ports does each NSG by itself open?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shared.domain.exposure import Protocol, SourceClass
from shared.domain.resource import parse_row
from shared.exposure import project
from shared.exposure.addresses import Family
from shared.exposure.admission import Admission, admissions
from shared.exposure.sources import classify, is_azure
from shared.exposure.tables import NetworkTables

FIXTURES = Path(__file__).parents[2] / "fixtures" / "exposure"
PORTS: list[int] = json.loads((FIXTURES / "ports.json").read_text())["ports"]
ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in (FIXTURES / "generated.jsonl").read_text().splitlines()
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_ports_open_to_any_internet_host(row: dict[str, Any]) -> None:
    """`any_internet_host` is a stranger whom no rule names: its ports are a subset of class `internet`, and
    what is `internet` beside it is admitted to some sampled host, or takes named prefixes to be so."""
    resource = parse_row(row["nsg"])
    [group] = NetworkTables.read([project(resource)]).groups.values()
    for protocol in (Protocol.TCP, Protocol.UDP):
        opened = [a for a in admissions(group.rules, (4,)) if a.protocol is protocol and a.family == 4]
        internet = ports([a for a in opened if classify(a.sources, 4) is SourceClass.INTERNET])
        anybody = ports([a for a in opened if a.sources.addresses])
        expected = row["expected"][protocol.value]
        assert set(expected["any_internet_host"]) <= internet
        assert set(expected["some_public_host"]) <= anybody
        if not names_large_prefix(row):
            assert internet == set(expected["any_internet_host"])


def ports(found: list[Any]) -> set[int]:
    return {port for port in PORTS for one in found if one.low <= port < one.high}


def names_large_prefix(row: dict[str, Any]) -> bool:
    """Whether a rule names a public prefix that counts as the internet without being all of it."""
    large = {"0.0.0.0/1", "128.0.0.0/1", "13.64.0.0/11"}
    for rule in row["nsg"]["properties"]["securityRules"]:
        fields = rule["properties"]
        if large & {fields.get("sourceAddressPrefix"), *fields.get("sourceAddressPrefixes", ())}:
            return True
    return False


@pytest.mark.parametrize("family", (4, 6))
def test_wide_admissions_are_the_wide_ones_of_all(family: Family) -> None:
    for row in ROWS:
        [group] = NetworkTables.read([project(parse_row(row["nsg"]))]).groups.values()
        every = set(admissions(group.rules, (family,)))
        wide = set(admissions(group.rules, (family,), wide_only=True))
        assert wide <= every
        assert not any(map(is_wide, every - wide)), row["id"]


def is_wide(admission: Admission) -> bool:
    """Whether it lets the internet or every Azure customer in."""
    to_internet = classify(admission.sources, admission.family) is SourceClass.INTERNET
    return to_internet or any(map(is_azure, admission.sources.tags))
