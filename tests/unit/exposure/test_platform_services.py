"""Endpoints of platform services: the worked examples G33-G43, and facts that were not read."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.exposure import Exposure
from shared.domain.resource import Resource, UnreadableResourceError
from shared.exposure import path_in_words, project, project_sql_firewall, project_web_app_configuration
from tests.unit.exposure import azure
from tests.unit.exposure import azure_entry_points as more

Row = tuple[str, str, str]


def notation(found: list[Exposure]) -> list[Row]:
    assert all(row.protocol.value == "tcp" and row.ports == row.backend_ports for row in found)
    return [(",".join(row.ports), row.source_class.value, row.verdict.value) for row in found]


def rows(resource: Resource, *extra: Any) -> list[Exposure]:
    found = list(azure.join(resource, extra=extra).exposures())
    assert all(row.entry_point == row.resource_id == resource.id for row in found)
    return found


def server(**properties: Any) -> Resource:
    return more.typed("Microsoft.Sql/servers", "sql1", properties)


def firewall(resource: Resource, *ranges: tuple[str, str]) -> dict[str, Any]:
    answer = [
        {"name": f"r{n}", "properties": {"startIpAddress": first, "endIpAddress": last}}
        for n, (first, last) in enumerate(ranges)
    ]
    return project_sql_firewall(resource.id, {"value": answer})


EVERYBODY = ("0.0.0.0", "255.255.255.255")
HALVES = (("0.0.0.0", "127.255.255.255"), ("128.0.0.0", "255.255.255.255"))


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        pytest.param([("0.0.0.0", "0.0.0.0")], [("1433", "azure", "exposed")], id="G33"),
        pytest.param([EVERYBODY], [("1433", "internet", "exposed")], id="G34"),
        pytest.param(HALVES, [("1433", "internet", "exposed")], id="G35"),
        pytest.param([("203.0.113.7", "203.0.113.9")], [("1433", "limited", "exposed")], id="limited"),
        pytest.param([], [], id="no-rule"),
    ],
)
def test_sql_firewall(ranges: list[tuple[str, str]], expected: list[Row]) -> None:
    one = server(publicNetworkAccess="Enabled")
    assert notation(rows(one, firewall(one, *ranges))) == expected


def test_g36_rules_do_not_matter_where_public_access_is_off() -> None:
    one = server(publicNetworkAccess="Disabled")
    assert rows(one, firewall(one, EVERYBODY)) == rows(one) == []


@pytest.mark.parametrize("access", ["Enabled", None, "SecuredByPerimeter"])
def test_sql_server_without_its_rules_is_unverified(access: str | None) -> None:
    [row] = rows(server(publicNetworkAccess=access))
    assert notation([row]) == [("1433", "internet", "unverified")]
    assert row.note
    assert path_in_words(row) == "internet -> sql1; unverified"


def test_a_perimeter_is_a_doubt_that_rules_do_not_lift() -> None:
    one = server(publicNetworkAccess="SecuredByPerimeter")
    assert notation(rows(one, firewall(one, EVERYBODY))) == [("1433", "internet", "unverified")]


@pytest.mark.parametrize("bounds", [("10.0.0.9", "10.0.0.1"), ("x", "y"), ("10.0.0.1", None)])
def test_sql_rule_that_cannot_be_read(bounds: tuple[Any, Any]) -> None:
    with pytest.raises(ValueError, match=r"value\[0\].properties.startIpAddress"):
        firewall(server(), bounds)


def storage(**properties: Any) -> Resource:
    return more.typed(
        "Microsoft.Storage/storageAccounts", "store", {"supportsHttpsTrafficOnly": True, **properties}
    )


OPEN = {"defaultAction": "Allow"}
LISTED = {"defaultAction": "Deny", "ipRules": [{"value": "203.0.113.0/24", "action": "Allow"}]}


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        pytest.param({"networkAcls": OPEN}, [("443", "internet", "exposed")], id="G37"),
        pytest.param({"networkAcls": OPEN, "publicNetworkAccess": "Disabled"}, [], id="G38"),
        pytest.param({}, [("443", "internet", "exposed")], id="no-rules"),
        pytest.param({"networkAcls": LISTED}, [("443", "limited", "exposed")], id="listed"),
        pytest.param({"networkAcls": {"defaultAction": "Deny"}}, [], id="nobody"),
        pytest.param(
            {"networkAcls": {**LISTED, "defaultAction": "Allow"}},
            [("443", "internet", "exposed")],
            id="list-without-effect",
        ),
        pytest.param({"supportsHttpsTrafficOnly": False}, [("80,443", "internet", "exposed")], id="http"),
        pytest.param(
            {"primaryEndpoints": {"file": "https://store.file"}, "isSftpEnabled": True},
            [("22,443,445", "internet", "exposed")],
            id="files-and-sftp",
        ),
        pytest.param(
            {"publicNetworkAccess": "SecuredByPerimeter"}, [("443", "internet", "unverified")], id="perimeter"
        ),
    ],
)
def test_storage_account(properties: dict[str, Any], expected: list[Row]) -> None:
    assert notation(rows(storage(**properties))) == expected


def test_path_of_a_service_names_the_rule_that_decides() -> None:
    one = storage(networkAcls=OPEN)
    [row] = rows(one)
    assert [(step.stage, step.resource_id, step.rule, step.priority, step.decision) for step in row.path] == [
        ("service_endpoint", one.id, None, None, "enters"),
        ("service_firewall", one.id, "networkAcls.defaultAction", None, "allow"),
        ("platform_service", one.id, None, None, "delivers"),
    ]
    assert path_in_words(row) == "internet -> store; allowed by store rule 'networkAcls.defaultAction'"


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        pytest.param(
            {"networkAcls": None, "publicNetworkAccess": "Enabled"},
            [("443", "internet", "exposed")],
            id="G39",
        ),
        pytest.param({"publicNetworkAccess": "disabled"}, [], id="closed"),
        pytest.param({"networkAcls": LISTED}, [("443", "limited", "exposed")], id="listed"),
    ],
)
def test_key_vault(properties: dict[str, Any], expected: list[Row]) -> None:
    assert notation(rows(more.typed("Microsoft.KeyVault/vaults", "kv", properties))) == expected


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        pytest.param({"enablePrivateCluster": True}, [], id="G40"),
        pytest.param(
            {"enablePrivateCluster": False, "authorizedIPRanges": None},
            [("443", "internet", "exposed")],
            id="G41-null",
        ),
        pytest.param({"authorizedIPRanges": []}, [("443", "internet", "exposed")], id="G41-empty"),
        pytest.param(None, [("443", "internet", "exposed")], id="G41-no-profile"),
        pytest.param(
            {"authorizedIPRanges": ["203.0.113.0/24"]}, [("443", "limited", "exposed")], id="listed"
        ),
        pytest.param({"authorizedIPRanges": ["0.0.0.0/32"]}, [], id="own-address-only"),
    ],
)
def test_managed_cluster(profile: dict[str, Any] | None, expected: list[Row]) -> None:
    properties = {"apiServerAccessProfile": profile, "powerState": {"code": "Running"}}
    found = rows(more.typed("Microsoft.ContainerService/managedClusters", "aks", properties))
    assert notation(found) == expected
    assert all(row.receiver_state == "running" for row in found)


def app(**properties: Any) -> Resource:
    return more.typed("Microsoft.Web/sites", "app", {"state": "Running", **properties})


def configuration(**properties: Any) -> dict[str, Any]:
    return project_web_app_configuration(more.typed("Microsoft.Web/sites/config", "app/web", properties))


def restriction(
    address: str | None, action: str = "Allow", priority: int = 100, **more: Any
) -> dict[str, Any]:
    return {"name": f"r{priority}", "ipAddress": address, "action": action, "priority": priority, **more}


SUBNET = {"vnetSubnetResourceId": "/subnet"}
FRONT_DOOR = {"tag": "ServiceTag", "headers": {"x-azure-fdid": ["1"]}}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param({"ipSecurityRestrictions": None}, "internet", id="G42-null"),
        pytest.param({"ipSecurityRestrictions": []}, "internet", id="G42-empty"),
        pytest.param({"ipSecurityRestrictions": [restriction("Any")]}, "internet", id="G42-allow-all"),
        pytest.param({"ipSecurityRestrictions": [restriction("203.0.113.0/24")]}, "limited", id="G43"),
        pytest.param(
            {
                "ipSecurityRestrictions": [restriction("203.0.113.0/24")],
                "ipSecurityRestrictionsDefaultAction": "Allow",
            },
            "internet",
            id="default-allow",
        ),
        pytest.param(
            {"ipSecurityRestrictions": [], "ipSecurityRestrictionsDefaultAction": "Deny"},
            None,
            id="default-deny",
        ),
        pytest.param(
            {
                "ipSecurityRestrictions": [
                    restriction("0.0.0.0/0", "Deny", 200),
                    restriction("198.51.100.0/24,203.0.113.0/24", priority=100),
                ]
            },
            "limited",
            id="first-match",
        ),
        pytest.param({"ipSecurityRestrictions": [restriction(None, **SUBNET)]}, None, id="subnet"),
        pytest.param(
            {"ipSecurityRestrictions": [restriction("AzureFrontDoor.Backend", **FRONT_DOOR)]}, "tag", id="tag"
        ),
        pytest.param({"ipSecurityRestrictions": [restriction("::/0")]}, "internet", id="ipv6"),
        pytest.param(
            {
                "ipSecurityRestrictions": [
                    restriction("0.0.0.0/0", "Deny", 100, headers={"x-forwarded-for": ["1.2.3.4"]}),
                    restriction("Any", priority=200),
                ]
            },
            "internet",
            id="deny-with-headers-may-not-match",
        ),
    ],
)
def test_web_app(settings: dict[str, Any], expected: str | None) -> None:
    found = rows(app(), configuration(**settings))
    assert notation(found) == ([("80,443", expected, "exposed")] if expected else [])


def test_web_app_without_its_configuration_is_unverified() -> None:
    [row] = rows(app(siteConfig={"ipSecurityRestrictions": None}))
    assert notation([row]) == [("80,443", "internet", "unverified")]
    assert row.note


def test_restrictions_in_the_apps_own_properties_are_read() -> None:
    known = {"ipSecurityRestrictions": [restriction("203.0.113.0/24")]}
    assert notation(rows(app(siteConfig=known))) == [("80,443", "limited", "exposed")]


@pytest.mark.parametrize(
    "properties",
    [
        {"hostingEnvironmentProfile": {"id": "/ase"}},
        {"privateEndpointConnections": [{"id": "/pe"}]},
    ],
)
def test_web_app_whose_public_address_is_doubtful(properties: dict[str, Any]) -> None:
    found = rows(app(**properties), configuration(ipSecurityRestrictions=[]))
    assert notation(found) == [("80,443", "internet", "unverified")]


def test_web_app_without_public_access() -> None:
    assert rows(app(publicNetworkAccess="Disabled"), configuration()) == []
    assert rows(app(), configuration(publicNetworkAccess="Disabled")) == []


@pytest.mark.parametrize(
    ("resource", "field"),
    [
        (storage(networkAcls={"defaultAction": "Maybe"}), "properties.networkAcls.defaultAction"),
        (storage(networkAcls=[1]), "properties.networkAcls"),
        (
            storage(networkAcls={"defaultAction": "Deny", "ipRules": [{"value": "x y"}]}),
            "properties.networkAcls.ipRules[0].value",
        ),
        (
            app(siteConfig={"ipSecurityRestrictions": [restriction("x y")]}),
            "properties.siteConfig.ipSecurityRestrictions[0].ipAddress",
        ),
    ],
)
def test_service_that_cannot_be_read(resource: Resource, field: str) -> None:
    with pytest.raises(UnreadableResourceError) as caught:
        project(resource)
    assert caught.value.reason.startswith(field + ":")
