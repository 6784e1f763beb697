"""The registry: which rules exist, and what it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from shared.exposure import NETWORK_TYPES
from shared.rules.base import RuleMetadata, RuleScope
from shared.rules.packs.network import basic_sku, rdp_from_internet, ssh_from_internet
from shared.rules.registry import (
    RuleRegistrationError,
    all_rules,
    directory_rules,
    estate_rules,
    get,
    network_rules,
    register,
    resource_rules,
)

BY_SERVICE = {
    "appgw": "http2 min_tls waf_enabled",
    "bastion": "exists",
    "exposure": "vm_effective",
    "firewall": "idps threat_intel",
    "flowlog": "nsg_retention nsg_to_log_analytics vnet_retention vnet_to_log_analytics",
    "frontdoor": "waf_prevention",
    "lb": "nat_to_management_port",
    "nic": "ip_forwarding",
    "nsg": "any_port_from_internet database_ports_from_internet http_from_internet "
    "kube_api_and_docker_from_internet legacy_cleartext_from_internet not_attached rdp_from_internet "
    "shadowed_rule smb_from_internet ssh_from_internet udp_from_internet unrestricted_egress "
    "winrm_from_internet",
    "nsp": "paas_associated",
    "publicip": "basic_sku dangling",
    "route": "default_to_internet",
    "subnet": "gateway_without_nsg has_nsg private_outbound",
    "vnet": "ddos",
    "vpn": "connection_ikev2 p2s_entra_only",
    "waf": "bot_protection prevention_mode request_body_check",
    "watcher": "enabled_in_used_regions",
}


def test_rules_of_the_network() -> None:
    expected = [f"network.{one}.{name}" for one, names in BY_SERVICE.items() for name in names.split()]
    found = [rule.metadata.rule_id for rule in all_rules() if rule.metadata.service == "network"]
    assert found == expected
    kinds = (network_rules(), resource_rules(), directory_rules(), estate_rules())
    assert {id(rule) for rules in kinds for rule in rules} == {id(rule) for rule in all_rules()}


def test_columns_of_types_that_a_rule_does_not_read_are_refused() -> None:
    wrong = replace(basic_sku.RULE, metadata=basic_sku.RULE.metadata.model_copy(update={"reads": ("x",)}))

    class Mismatched:
        metadata = wrong.metadata
        columns: Mapping[str, tuple[str, ...]] = {"microsoft.network/publicipaddresses": ("sku.name",)}
        facts = ()

        def evaluate(self, subject: object) -> list[object]:
            return []

    with pytest.raises(RuleRegistrationError, match="does not read"):
        register([("packs.network.basic_sku", Mismatched())])


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
    if metadata.scope is RuleScope.NETWORK:
        assert metadata.reads == NETWORK_TYPES
    else:
        assert all(kind == kind.lower() for kind in metadata.reads)
    assert all(link.startswith("https://learn.microsoft.com/") for link in metadata.references)
    assert metadata.title != metadata.finding_title
