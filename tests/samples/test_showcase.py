"""The committed demo estate is what its script makes, and holds what the demo is meant to show."""

from typing import Any

import orjson
import pytest

from samples import showcase


@pytest.fixture(scope="module")
def estate() -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in showcase.ESTATE_FILE.read_bytes().splitlines()]


@pytest.fixture(scope="module")
def truth() -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in showcase.TRUTH_FILE.read_bytes().splitlines()]


def test_committed_files_equal_what_the_script_makes() -> None:
    company = showcase.build()
    assert showcase.ESTATE_FILE.read_bytes() == showcase.estate_bytes(company)
    assert showcase.TRUTH_FILE.read_bytes() == showcase.truth_bytes(company)


def test_size_and_subscriptions(estate: list[dict[str, Any]]) -> None:
    assert 400 <= len(estate) <= 480
    assert sum(one["type"].startswith("Microsoft.Network/") for one in estate) < 80
    assert len({(one["id"].lower(), one["type"]) for one in estate}) == len(estate)
    subscriptions = {one["id"].split("/")[2] for one in estate if one["id"].startswith("/subscriptions/")}
    assert len(subscriptions) == 2
    assert "e17f4f74-0d91-4313-9716-0a2edcceefb7" in subscriptions


def test_the_honeypot_rule_is_effectively_exposed(
    estate: list[dict[str, Any]], truth: list[dict[str, Any]]
) -> None:
    (record,) = [one for one in truth if one.get("nsg_id") and "/Honeypot_group/" in one["nsg_id"]]
    (nsg,) = [one for one in estate if one["id"] == record["nsg_id"]]
    (address,) = [one for one in estate if one["id"] == record["public_ip_id"]]
    (rule,) = nsg["properties"]["securityRules"]
    assert rule["name"] == "SSH"
    assert rule["properties"]["sourceAddressPrefix"] == "0.0.0.0/0"
    assert rule["properties"]["destinationPortRange"] == "22"
    assert rule["properties"]["priority"] == 100
    assert address["sku"]["name"] == "Standard"
    assert (record["verdict"], record["max_severity"]) == ("exposed", "critical")
    assert record["findings"][0]["subject"] == "SSH"


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        ("network.nsg.rdp_from_internet", {"verdict": "exposed", "severity": "critical"}),
        ("network.nsg.rdp_from_internet", {"class": "azure", "severity": "high"}),
        ("network.nsg.database_ports_from_internet", {"verdict": "exposed", "severity": "critical"}),
        ("network.nsg.database_ports_from_internet", {"verdict": "latent", "severity": "medium"}),
        ("network.nsg.ssh_from_internet", {"verdict": "latent", "severity": "medium"}),
        ("network.nsg.ssh_from_internet", {"verdict": "unattached", "severity": "low"}),
        ("network.exposure.vm_effective", {"verdict": "exposed", "severity": "critical"}),
    ],
)
def test_the_demo_shows(truth: list[dict[str, Any]], wanted: str, shown: dict[str, str]) -> None:
    findings = [
        found for record in truth for found in record.get("findings", []) if found["rule_id"] == wanted
    ]
    assert any(shown.items() <= found.items() for found in findings)


def test_settings_are_planted_in_both_variants(truth: list[dict[str, Any]]) -> None:
    controls = [one for one in truth if one["kind"] == "controls"]
    fails = {rule_id for one in controls for rule_id in one["fails"]}
    passes = {rule_id for one in controls for rule_id in one["passes"]}
    assert len(fails) > 60
    assert len(passes) > 60
    assert {"storage.container_public_access", "identity.app_credential_expiry", "keyvault.rbac"} <= fails


def test_the_demo_has_traps_that_are_no_findings(truth: list[dict[str, Any]]) -> None:
    quiet = {one["shape"] for one in truth if one["kind"] == "trap" and not one["expect_finding"]}
    assert {"shadowed_by_internet_deny", "udp_only", "limited_prefix", "standard_no_nsg"} <= quiet
