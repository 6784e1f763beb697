"""The registry: which rules exist, and what it refuses."""

from __future__ import annotations

import pytest

from shared.exposure import NETWORK_TYPES
from shared.rules.base import RuleMetadata, RuleScope
from shared.rules.packs.network import rdp_from_internet, ssh_from_internet
from shared.rules.registry import RuleRegistrationError, all_rules, get, network_rules, register


def test_rules_of_this_build() -> None:
    assert [rule.metadata.rule_id for rule in all_rules()] == [
        "network.exposure.vm_effective",
        "network.nsg.database_ports_from_internet",
        "network.nsg.rdp_from_internet",
        "network.nsg.ssh_from_internet",
    ]
    assert network_rules() == all_rules()


def test_get() -> None:
    assert get("network.nsg.ssh_from_internet") is ssh_from_internet.RULE
    with pytest.raises(KeyError):
        get("network.nsg.nothing")


def test_two_rules_with_one_id_are_refused() -> None:
    with pytest.raises(RuleRegistrationError, match="repeats"):
        register(
            [("a.ssh_from_internet", ssh_from_internet.RULE), ("b.ssh_from_internet", ssh_from_internet.RULE)]
        )


def test_a_file_named_otherwise_is_refused() -> None:
    with pytest.raises(RuleRegistrationError, match="file name"):
        register([("packs.network.ssh_from_internet", rdp_from_internet.RULE)])


def test_a_module_without_a_rule_is_refused() -> None:
    with pytest.raises(RuleRegistrationError, match="no constant RULE"):
        register([("packs.network.nothing", None)])


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.metadata.rule_id)
def test_metadata(rule: object) -> None:
    metadata = getattr(rule, "metadata", None)
    assert isinstance(metadata, RuleMetadata)
    assert metadata.reads == NETWORK_TYPES and metadata.scope is RuleScope.NETWORK
    assert all(link.startswith("https://learn.microsoft.com/") for link in metadata.references)
    assert len(set(metadata.controls)) == len(metadata.controls) > 0
    assert metadata.title != metadata.finding_title
