"""Unrestricted egress: what the user's rules let out to every port of the internet."""

from __future__ import annotations

from typing import Any

import pytest

from shared.rules.packs.network._egress import LET_OUT
from tests.unit.exposure import azure


def out(name: str, priority: int = 100, **fields: Any) -> dict[str, Any]:
    given = {"direction": "Outbound", "protocol": "*", "destinationPortRange": "*", **fields}
    return azure.rule(name, priority=priority, **given)


def let_out(*rules: dict[str, Any]) -> list[tuple[str, list[str]]]:
    found = LET_OUT.compute(azure.nsg("nsg", rules))
    return [(one["name"], one["protocols"]) for one in found]


BOTH = ["tcp", "udp"]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([out("all")], [("all", BOTH)]),
        ([out("internet", destinationAddressPrefix="Internet")], [("internet", BOTH)]),
        ([out("tcp", protocol="Tcp", destinationPortRange="1-65535")], [("tcp", ["tcp"])]),
        ([out("six", destinationAddressPrefix="::/0")], [("six", BOTH)]),
        ([out("few", destinationAddressPrefix="203.0.113.0/24")], []),
        ([out("private", destinationAddressPrefix="10.0.0.0/8")], []),
        ([out("tag", destinationAddressPrefix="AzureCloud")], []),
        ([out("high", destinationPortRange="1024-65535")], []),
        ([out("inbound", direction="Inbound")], []),
        ([out("no", access="Deny"), out("late", 200)], []),
        ([out("no-smtp", access="Deny", protocol="Tcp", destinationPortRange="25"), out("all", 200)],
         [("all", ["udp"])]),
    ],
)  # fmt: skip
def test_what_is_let_out(rules: list[dict[str, Any]], expected: list[tuple[str, list[str]]]) -> None:
    assert let_out(*rules) == expected


def test_two_halves_together_are_blamed_on_the_first() -> None:
    # Neither half of a /8 is the internet by itself: 2^23 addresses each, the limit is 2^24.
    halves = (
        out("low", destinationAddressPrefix="20.0.0.0/9"),
        out("high", 110, destinationAddressPrefix="20.128.0.0/9"),
    )
    assert let_out(*halves) == [("low", BOTH)]


def test_sources_of_application_security_groups_are_understood() -> None:
    rule = out("asg", sourceAddressPrefix=None, sourceApplicationSecurityGroups=[{"id": "/asg/web"}])
    assert let_out(rule) == [("asg", BOTH)]
