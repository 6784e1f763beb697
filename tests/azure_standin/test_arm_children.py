"""Children, extensions and singletons by their ARM id; reads that are actions; what is never shown."""

from typing import Any

import pytest

from tests.azure_standin import estates
from tests.azure_standin.conftest import Azure, Start
from tests.azure_standin.estates import STORAGE, SUB_A, SUB_B

SUBSCRIPTION = f"/subscriptions/{SUB_A}"
SERVER = estates.resource(SUB_A, "g", "Microsoft.Sql/servers", "sql")
DATABASE = estates.resource(SUB_A, "g", "Microsoft.Sql/servers", "sql/databases/db")
DATABASE["type"] = "Microsoft.Sql/servers/databases"
ACCOUNT = estates.resource(SUB_A, "g", STORAGE, "acc")
SITE = estates.resource(SUB_A, "g", "Microsoft.Web/sites", "shop")
FLEXIBLE = estates.resource(SUB_A, "g", "Microsoft.DBforPostgreSQL/flexibleServers", "pg")
BLOB = f"{ACCOUNT['id']}/blobServices/default"
OWNERS = [SERVER, DATABASE, ACCOUNT, SITE, FLEXIBLE]
CHILDREN: list[dict[str, Any]] = [
    estates.child(SERVER["id"], "Microsoft.Sql/servers/firewallRules", "all", startIpAddress="0.0.0.0"),
    estates.child(SERVER["id"], "Microsoft.Sql/servers/auditingSettings", "default", state="Enabled"),
    estates.child(SERVER["id"], "Microsoft.Sql/servers/encryptionProtector", "current", serverKeyType="X"),
    estates.child(DATABASE["id"], f"{DATABASE['type']}/transparentDataEncryption", "current", state="On"),
    estates.child(ACCOUNT["id"], f"{STORAGE}/blobServices", "default", isVersioningEnabled=True),
    estates.child(BLOB, f"{STORAGE}/blobServices/containers", "logs", publicAccess="None"),
    estates.child(ACCOUNT["id"], f"{STORAGE}/managementPolicies", "default"),
    estates.child(FLEXIBLE["id"], f"{FLEXIBLE['type']}/configurations", "log_checkpoints", value="on"),
    estates.child(SITE["id"], "Microsoft.Web/sites/config", "web", minTlsVersion="1.2"),
    estates.extension(ACCOUNT["id"], "Microsoft.Insights/diagnosticSettings", "to-logs"),
    estates.extension(BLOB, "Microsoft.Insights/diagnosticSettings", "blob-logs"),
    estates.extension(SUBSCRIPTION, "Microsoft.Insights/diagnosticSettings", "activity"),
    estates.extension(SUBSCRIPTION, "Microsoft.Authorization/locks", "keep", level="CanNotDelete"),
    estates.extension(SUBSCRIPTION, "Microsoft.Authorization/policyAssignments", "mcsb"),
    estates.extension(SUBSCRIPTION, "Microsoft.Authorization/roleDefinitions", "custom"),
    estates.extension(SUBSCRIPTION, "Microsoft.Authorization/roleAssignments", "ra"),
    estates.extension(SUBSCRIPTION, "Microsoft.Security/pricings", "Arm", pricingTier="Standard"),
    estates.extension(SUBSCRIPTION, "Microsoft.Security/securityContacts", "default"),
    estates.extension(SUBSCRIPTION, "Microsoft.Security/settings", "MCAS", enabled=True),
    estates.extension(SUBSCRIPTION, "Microsoft.Security/autoProvisioningSettings", "default"),
]  # fmt: skip
ALERT = estates.resource(SUB_A, "ops", "Microsoft.Insights/activityLogAlerts", "nsg")
ESTATE = [*OWNERS, ALERT, *CHILDREN, *estates.accounts(SUB_B, 1)]
by_id = pytest.mark.parametrize("line", CHILDREN, ids=lambda line: "/".join(line["id"].split("/")[-3:]))


async def refused(azure: Azure, path: str, method: str = "GET") -> tuple[int, str]:
    response = await azure.send(method, path)
    return response.status_code, response.json()["error"]["code"]


@by_id
async def test_a_line_is_answered_by_its_id_and_in_its_list(start: Start, line: dict[str, Any]) -> None:
    azure = await start(ESTATE)
    assert await azure.json("GET", line["id"].upper().replace(SUB_A.upper(), SUB_A)) == line
    assert (await azure.json("GET", line["id"].rsplit("/", 1)[0]))["value"] == [line]


@by_id
async def test_without_the_action_single_and_list_are_403(start: Start, line: dict[str, Any]) -> None:
    azure = await start(ESTATE, {"deny": {"actions": [f"{line['type']}/read"]}})
    for path in (line["id"], line["id"].rsplit("/", 1)[0]):
        assert await refused(azure, path) == (403, "AuthorizationFailed")
    await azure.json("GET", f"{SUBSCRIPTION}/providers/{STORAGE}")


async def test_alerts_are_listed_over_the_groups_of_a_subscription(start: Start) -> None:
    azure = await start(ESTATE)
    path = f"{SUBSCRIPTION}/providers/microsoft.insights/activityLogAlerts"
    assert (await azure.json("GET", path))["value"] == [ALERT]


@pytest.mark.parametrize(
    "path",
    [
        f"{SERVER['id']}/outboundFirewallRules",
        f"{DATABASE['id']}/backupShortTermRetentionPolicies",
        f"{ACCOUNT['id']}/fileServices/default/shares",
        f"{ACCOUNT['id']}/queueServices/default/providers/Microsoft.Insights/diagnosticSettings",
        f"{SERVER['id']}/providers/Microsoft.Insights/diagnosticSettings",
        f"/subscriptions/{SUB_B}/providers/Microsoft.Insights/diagnosticSettings",
        f"/subscriptions/{SUB_B}/providers/Microsoft.Security/pricings",
        f"{SUBSCRIPTION}/providers/Microsoft.Security/locations/westeurope/jitNetworkAccessPolicies",
    ],
)
async def test_a_known_parent_without_children_has_an_empty_list(start: Start, path: str) -> None:
    azure = await start(ESTATE)
    assert await azure.json("GET", path) == {"value": []}


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"{SERVER['id']}2/firewallRules", "ParentResourceNotFound"),
        (f"{SERVER['id']}2/firewallRules/all", "ParentResourceNotFound"),
        (f"{DATABASE['id']}2/transparentDataEncryption/current", "ParentResourceNotFound"),
        (f"{ACCOUNT['id']}2/blobServices/default/containers", "ParentResourceNotFound"),
        (f"{ACCOUNT['id']}2/providers/Microsoft.Insights/diagnosticSettings", "ResourceNotFound"),
        (f"{SERVER['id']}/firewallRules/none", "ResourceNotFound"),
        (f"{ACCOUNT['id']}/fileServices/default", "ResourceNotFound"),
        (f"{SUBSCRIPTION}/providers/Microsoft.Security/pricings/Containers", "ResourceNotFound"),
    ],
)
async def test_what_is_not_there_is_404(start: Start, path: str, code: str) -> None:
    azure = await start(ESTATE)
    assert await refused(azure, path) == (404, code)


async def test_children_come_page_by_page_and_only_direct_ones(start: Start) -> None:
    names = [f"c{number:03d}" for number in range(7)]
    containers = [estates.child(BLOB, f"{STORAGE}/blobServices/containers", name) for name in names]
    policy = estates.child(containers[0]["id"], f"{containers[0]['type']}/immutabilityPolicies", "default")
    azure = await start([ACCOUNT, *reversed(containers), policy], {"resource_manager": {"page_size": 3}})
    found, link = [], f"{BLOB}/containers"
    while link:
        answer = await azure.json("GET", link)
        assert len(answer["value"]) <= 3
        found += [one["name"] for one in answer["value"]]
        link = answer.get("nextLink")
    assert found == names


async def test_roles_and_policies_are_listed_with_those_above(start: Start) -> None:
    above = estates.extension("", "Microsoft.Authorization/roleDefinitions", "owner")
    azure = await start([*ESTATE, above])
    listed = await azure.json("GET", f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions")
    assert [one["name"] for one in listed["value"]] == ["owner", "custom"]
    listed = await azure.json("GET", "/providers/Microsoft.Authorization/roleDefinitions")
    assert listed["value"] == [above]


async def test_role_definitions_are_filtered_to_custom_ones(start: Start) -> None:
    roles = [
        estates.extension(SUBSCRIPTION, "Microsoft.Authorization/roleDefinitions", name, type=kind)
        for name, kind in (
            ("a", "CustomRole"),
            ("b", "BuiltInRole"),
            ("c", "CustomRole"),
            ("d", "CustomRole"),
        )
    ]
    azure = await start([*ESTATE, *roles], {"resource_manager": {"page_size": 2}})
    link = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions?$filter=type eq 'CustomRole'"
    found = []
    while link:
        answer = await azure.json("GET", link)
        found += [one["name"] for one in answer["value"]]
        link = answer.get("nextLink")
    assert found == ["a", "c", "d"]


async def test_filters_of_lists_are_refused_rather_than_ignored(start: Start) -> None:
    azure = await start(ESTATE)
    path = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments?$filter=atScope()"
    assert await refused(azure, path) == (400, "InvalidQueryParameter")


async def test_tenants_and_the_tenant_of_a_subscription(start: Start) -> None:
    azure = await start(ESTATE)
    [tenant] = (await azure.json("GET", "/tenants"))["value"]
    assert tenant["id"] == f"/tenants/{tenant['tenantId']}"
    assert (await azure.json("GET", SUBSCRIPTION))["tenantId"] == tenant["tenantId"]


CONFIG = "Microsoft.Web/sites/config"
SETTINGS = estates.child(SITE["id"], CONFIG, "appsettings", FUNCTIONS_EXTENSION_VERSION="~4", TOKEN="t0p")
AUTH = estates.child(SITE["id"], CONFIG, "authsettingsV2", platform={"enabled": True})


async def test_application_settings_are_shown_by_their_action_alone(start: Start) -> None:
    azure = await start([SITE, SETTINGS])
    assert await azure.json("POST", f"{SETTINGS['id']}/list") == SETTINGS
    assert await refused(azure, SETTINGS["id"]) == (405, "MethodNotAllowed")
    assert (await azure.json("GET", f"{SITE['id']}/config"))["value"] == []
    empty = await azure.json("POST", f"{SITE['id']}/config/connectionstrings/list")
    assert (empty["type"], empty["properties"]) == ("Microsoft.Web/sites/config", {})
    missing = f"{SITE['id']}2/config/appsettings/list"
    assert await refused(azure, missing, "POST") == (404, "ParentResourceNotFound")


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_authentication_settings_by_list(start: Start, method: str) -> None:
    azure = await start([SITE, AUTH])
    assert await azure.json(method, f"{AUTH['id']}/list") == AUTH
    assert await azure.json("GET", AUTH["id"]) == AUTH


async def test_without_the_list_action_settings_are_403(start: Start) -> None:
    azure = await start(
        [SITE, SETTINGS, AUTH], {"deny": {"actions": ["microsoft.web/sites/config/list/Action"]}}
    )
    for method, line in (("POST", SETTINGS), ("GET", AUTH)):
        assert await refused(azure, f"{line['id']}/list", method) == (403, "AuthorizationFailed")
    assert await azure.json("GET", AUTH["id"]) == AUTH


@pytest.mark.parametrize(
    "path",
    [f"{ACCOUNT['id']}/listKeys", f"{SITE['id']}/host/default/listkeys", f"{ACCOUNT['id']}/listCredentials"],
)
async def test_keys_are_never_handed_out(start: Start, path: str) -> None:
    azure = await start(ESTATE, {"allow_actions": ["*"]})
    assert (await azure.send("POST", path)).status_code == 501


async def test_the_value_of_a_secret_is_never_shown(start: Start) -> None:
    vault = estates.resource(SUB_A, "g", "Microsoft.KeyVault/vaults", "kv")
    attributes = {"enabled": True}
    secret = estates.child(
        vault["id"], f"{vault['type']}/secrets", "s", value="hunter2", attributes=attributes
    )
    azure = await start([vault, secret])
    one = await azure.json("GET", secret["id"])
    assert one["properties"] == {"attributes": attributes}
    assert (await azure.json("GET", f"{vault['id']}/secrets"))["value"] == [one]
    assert await refused(azure, f"{vault['id']}/certificates") == (404, "InvalidResourceType")


async def test_admin_rules_come_page_by_page_with_the_token_in_the_body(start: Start) -> None:
    network = estates.resource(SUB_A, "g", "Microsoft.Network/virtualNetworks", "v")
    rules = [{"id": f"r{number}", "properties": {"access": "Deny"}} for number in range(5)]
    line = {
        "id": f"{network['id']}/effectiveSecurityAdminRules/default",
        "type": "standin/effectiveSecurityAdminRules",
        "properties": {"value": rules},
    }
    azure = await start([network, line])
    path = f"{network['id']}/listNetworkManagerEffectiveSecurityAdminRules?api-version=2024-05-01&$top=2"
    body: dict[str, Any] = {}
    found = []
    for _ in range(3):
        answer = await azure.json("POST", path, body)
        found += answer["value"]
        body = {"skipToken": answer.get("skipToken")}
    assert found == rules
    assert "skipToken" not in answer
    for bad in ({"skipToken": "x"}, {"skipToken": 4.5}):
        assert (await azure.send("POST", path, bad)).status_code == 400
    assert (await azure.send("POST", path.replace("$top=2", "$top=21"), {})).status_code == 400
