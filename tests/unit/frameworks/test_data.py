"""The framework files: every control that must be there, and only rules that are evidence for them."""

from __future__ import annotations

import re

import pytest

from shared.frameworks.loading import load_themes
from shared.frameworks.model import Control, ControlKind, Framework, service_of
from shared.frameworks.registry import current, frameworks, references
from shared.rules.registry import all_rules

BUILT = {rule.metadata.rule_id: rule.metadata for rule in all_rules()}

EACH = [pytest.param(one, id=one.id) for one in frameworks().values()]
CIS = [one for one in frameworks().values() if one.id.startswith("cis-azure-")]


def numbers(*parts: str) -> set[str]:
    """`7:16` = 7.1 .. 7.16, `5.4` = itself."""
    found: set[str] = set()
    for part in parts:
        section, _, last = part.partition(":")
        found |= {f"{section}.{number}" for number in range(1, int(last) + 1)} if last else {section}
    return found


def control(framework: str, control_id: str) -> Control:
    return next(one for one in frameworks()[framework].controls if one.id == control_id)


def ids(framework: str) -> set[str]:
    return {one.id for one in frameworks()[framework].controls}


def test_the_frameworks() -> None:
    assert set(frameworks()) == {
        "cis-azure-3.0",
        "cis-azure-4.0",
        "cis-azure-5.0",
        "cis-azure-6.0",
        "hipaa",
        "iso27001",
        "mcsb",
        "nist-800-53",
        "nist-csf",
        "pci-dss",
        "soc2",
    }
    assert [one for one in current() if one.startswith("cis-")] == ["cis-azure-6.0"]
    assert {"soc2", "pci-dss", "hipaa"} <= set(current())


def test_every_control_of_cis_6() -> None:
    """The table of contents of CIS Microsoft Azure Foundations Benchmark v6.0.0: 127 recommendations."""
    expected = numbers("2.1:12", "3.1.1", "5.1:4", "5.3:7", "5.4", "5.5", "5.6", "5.7")
    expected |= numbers("6.1.1:9", "6.1.2:11", "6.1.3.1", "6.1.4", "6.1.5", "6.2", "7:16")
    expected |= numbers("8.1.1.1", "8.1.2.1", "8.1.3:5", "8.1.4.1", "8.1.5:2", "8.1.6.1", "8.1.7:4")
    expected |= numbers("8.1.8.1", "8.1.9.1") | {f"8.1.{number}" for number in range(10, 17)}
    expected |= numbers("8.2.1", "8.3:11", "8.4.1", "8.5")
    expected |= numbers("9.1:3", "9.2:3", "9.3.1:3", "9.3.2:3", "9.3.3.1")
    expected |= {f"9.3.{number}" for number in range(4, 12)}
    assert len(expected) == 127
    assert ids("cis-azure-6.0") == expected


@pytest.mark.parametrize(("version", "total"), [("3.0", 159), ("4.0", 139), ("5.0", 155)])
def test_older_versions_are_whole(version: str, total: int) -> None:
    assert len(frameworks()[f"cis-azure-{version}"].controls) == total


def test_every_common_criterion_of_soc_2() -> None:
    """AICPA Trust Services Criteria 2017, common criteria."""
    series = {1: 5, 2: 3, 3: 4, 4: 2, 5: 3, 6: 8, 7: 5, 8: 1, 9: 2}
    assert ids("soc2") == {
        f"CC{one}.{number}" for one, last in series.items() for number in range(1, last + 1)
    }


def test_every_administrative_and_technical_safeguard_of_hipaa() -> None:
    """45 CFR 164.308 and 164.312: standards and implementation specifications."""
    expected = {f"164.308({rest}" for rest in ("a)(2)", "a)(8)", "b)(1)", "b)(2)", "b)(3)")}
    for number, letters in {1: "ABCD", 3: "ABC", 4: "ABC", 5: "ABCD", 7: "ABCDE"}.items():
        expected.add(f"164.308(a)({number})(i)")
        expected |= {f"164.308(a)({number})(ii)({letter})" for letter in letters}
    expected |= {"164.308(a)(6)(i)", "164.308(a)(6)(ii)"}
    expected |= {f"164.312(a)(2)({roman})" for roman in ("i", "ii", "iii", "iv")}
    expected |= {f"164.312({rest})" for rest in ("a)(1", "b", "c)(1", "c)(2", "d", "e)(1")}
    expected |= {"164.312(e)(2)(i)", "164.312(e)(2)(ii)"}
    assert ids("hipaa") == expected


@pytest.mark.parametrize("framework", EACH)
def test_every_rule_named_is_built(framework: Framework) -> None:
    named = {rule for one in framework.controls for rule in one.rules}
    assert named <= set(BUILT)


def test_every_theme_is_used() -> None:
    used = {
        one.rules
        for framework in frameworks().values()
        for each in framework.controls
        for one in each.evidence
    }
    assert {theme.id for theme in load_themes().values() if theme.rules not in used} == set()


@pytest.mark.parametrize("framework", EACH)
def test_titles_are_our_own(framework: Framework) -> None:
    """A benchmark's recommendations begin with "Ensure", and quote portal settings; ours say what holds."""
    for one in framework.controls:
        assert not re.match(r"ensure\b", one.title, re.IGNORECASE), one.id
        assert "'" not in one.title, one.id


@pytest.mark.parametrize("framework", [pytest.param(one, id=one.id) for one in CIS])
def test_automated_cis_controls_name_their_subject(framework: Framework) -> None:
    """Those of section 2 of version 4.0 are of every service by their own words."""
    without = {one.id for one in framework.of_kind(ControlKind.AUTOMATED) if not one.subject}
    everywhere = {"2.1.1.2.1", "2.2.1.1", "2.2.1.2", "2.2.2.1"} if framework.id == "cis-azure-4.0" else set()
    assert without == everywhere


TYPES = {
    "network": ("microsoft.network/", "microsoft.cdn/"),
    "databricks": ("microsoft.databricks/", "microsoft.network/", "microsoft.insights/diagnosticsettings"),
    "compute": ("microsoft.compute/", "microsoft.authorization/", "microsoft.security/", "graph/"),
    "identity": ("graph/", "microsoft.authorization/", "microsoft.subscription/"),
    "rbac": ("microsoft.authorization/", "graph/"),
    "logging": (
        "microsoft.insights/",
        "microsoft.storage/",
        "microsoft.intune/",
        "microsoft.aadiam/",
        "graph/",
    ),
    "keyvault": ("microsoft.keyvault/",),
    "storage": ("microsoft.storage/", "microsoft.authorization/locks"),
    "governance": ("microsoft.authorization/locks",),
    "defender": ("microsoft.security/", "microsoft.authorization/policyassignments", "microsoft.easm/"),
    "appservice": ("microsoft.web/", "microsoft.insights/diagnosticsettings"),
    "sql": ("microsoft.sql/",),
    "postgresql": ("microsoft.dbforpostgresql/",),
    "mysql": ("microsoft.dbformysql/",),
    "cosmosdb": ("microsoft.documentdb/",),
}
"""Subject -> the types of which a rule about it must read at least one."""


@pytest.mark.parametrize("framework", [pytest.param(one, id=one.id) for one in CIS])
def test_a_rule_reads_the_kind_of_thing_that_its_control_speaks_of(framework: Framework) -> None:
    for one in framework.controls:
        kinds = tuple(kind for subject in one.subject for kind in TYPES[subject])
        for rule in one.rules:
            if one.subject:
                reads = BUILT[rule].reads
                assert any(kind.startswith(kinds) for kind in reads), f"{one.id}: {rule} reads {reads}"


WRONG = [
    # What other tools map to these controls, and what the controls do not ask.
    ("8.1.2.1", "defender.plan.apis", "defender.plan.appservices"),
    ("9.3.1.1", "storage.key_rotation_reminder", "storage.infrastructure_encryption"),
    ("6.1.1.7", "logging.entra_graph_activity", "logging.subscription_diagnostic_setting"),
    ("6.1.1.8", "logging.entra_activity", "logging.subscription_diagnostic_setting"),
    ("6.2", "governance.resource_locks", "rbac.lock_admin_role"),
    ("8.3.7", "keyvault.public_network_access", "keyvault.private_endpoint"),
    ("6.1.1.5", "network.flowlog.nsg_to_log_analytics", "network.flowlog.vnet_to_log_analytics"),
    ("6.1.1.6", "network.flowlog.vnet_to_log_analytics", "network.flowlog.nsg_to_log_analytics"),
]


@pytest.mark.parametrize(("control_id", "right", "wrong"), WRONG, ids=[row[0] for row in WRONG])
def test_known_wrong_mappings(control_id: str, right: str, wrong: str) -> None:
    rules = control("cis-azure-6.0", control_id).rules
    assert right in rules
    assert wrong not in rules


def test_flow_log_controls_look_at_their_own_target() -> None:
    """NSG and VNet flow logs are two controls each of destination and retention, never one check."""
    for nsg, vnet in (("6.1.1.5", "6.1.1.6"), ("7.5", "7.8")):
        first, second = control("cis-azure-6.0", nsg), control("cis-azure-6.0", vnet)
        assert not set(first.rules) & set(second.rules)


def test_people_are_not_assessed_by_settings() -> None:
    """Controls about people, reviews and contracts stay manual in every framework."""
    for framework, manual in {
        "soc2": ("CC1.1", "CC2.2", "CC3.3", "CC9.2"),
        "hipaa": ("164.308(a)(2)", "164.308(a)(5)(i)", "164.308(b)(1)"),
        "cis-azure-6.0": ("2.1.12", "5.3.1", "5.3.4", "5.3.6", "5.3.7", "7.7"),
    }.items():
        for control_id in manual:
            assert control(framework, control_id).kind is ControlKind.MANUAL
            assert control(framework, control_id).reason


def test_pci_is_about_few_requirements_and_not_about_everything() -> None:
    """A rule that speaks to a dozen requirements of one standard is padding."""
    for framework in frameworks().values():
        for rule in BUILT:
            spoken = sum(rule in one.rules for one in framework.controls)
            assert spoken <= 6, f"{rule} speaks to {spoken} controls of {framework.id}"


def test_references_of_a_rule() -> None:
    found = {(one.framework, one.control) for one in references("network.nsg.ssh_from_internet")}
    assert {
        ("cis-azure-6.0", "7.2"),
        ("cis-azure-4.0", "8.2"),
        ("soc2", "CC6.6"),
        ("pci-dss", "1.3.1"),
    } <= found
    assert references("nothing.at_all") == ()
    assert service_of("rbac.owner_count") == "rbac"
