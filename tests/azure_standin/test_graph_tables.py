"""Every Resource Graph table answers the estate's rows of its types, and of no other."""

from typing import Any

import pytest

from tests.azure_standin import estates
from tests.azure_standin.conftest import Start
from tests.azure_standin.estates import STORAGE, SUB_A, SUB_B, ask

SUBSCRIPTION = f"/subscriptions/{SUB_A}"
ROLE = "b24988ac-6180-42a0-ab88-20f7382dd24c"
APP = estates.resource(SUB_A, "web", "Microsoft.Web/sites", "shop")
SCALE_SET = "Microsoft.Compute/virtualMachineScaleSets"
SET_ID = estates.resource_id(SUB_A, "web", SCALE_SET, "set")
INSTANCE = estates.child(SET_ID, f"{SCALE_SET}/virtualMachines", "0", latestModelApplied=True)
INTERFACE = estates.child(INSTANCE["id"], f"{SCALE_SET}/virtualMachines/networkInterfaces", "nic")
CONFIGURATION = f"{INTERFACE['id']}/ipConfigurations/ip"
ADDRESS_TYPE = f"{INTERFACE['type']}/ipConfigurations/publicIPAddresses"
ADDRESS = estates.child(CONFIGURATION, ADDRESS_TYPE, "pip", ipAddress="20.0.0.4")
PLAN = estates.extension(SUBSCRIPTION, "Microsoft.Security/pricings", "StorageAccounts", pricingTier="Free")
ASSESSMENT = estates.extension(APP["id"], "Microsoft.Security/assessments", "a1", status={"code": "Healthy"})

TABLES: list[tuple[str, str, dict[str, Any]]] = [
    ("inventory/2", "resources", APP),
    ("app-service-config/1", "appserviceresources",
     estates.child(APP["id"], "Microsoft.Web/sites/config", "web", minTlsVersion="1.2")),
    ("authorization/1", "authorizationresources",
     estates.extension(SUBSCRIPTION, "Microsoft.Authorization/roleAssignments", "r1", principalId="p")),
    ("authorization/1", "authorizationresources",
     estates.extension(APP["id"], "Microsoft.Authorization/roleAssignments", "r2", principalId="p")),
    ("authorization/1", "authorizationresources",
     estates.extension("", "Microsoft.Authorization/roleDefinitions", ROLE, type="BuiltInRole")),
    ("scale-set-network/1", "computeresources", INSTANCE),
    ("scale-set-network/1", "computeresources", INTERFACE),
    ("scale-set-network/1", "computeresources", ADDRESS),
    ("policy/1", "policyresources",
     estates.extension(SUBSCRIPTION, "Microsoft.Authorization/policyAssignments", "mcsb")),
    ("policy/1", "policyresources",
     estates.extension("/providers/Microsoft.Management/managementGroups/root",
                       "Microsoft.Authorization/policyAssignments", "locations")),
    ("policy/1", "policyresources",
     estates.extension(APP["id"], "Microsoft.PolicyInsights/policyStates", "s", complianceState="Compliant")),
    ("security/1", "securityresources", PLAN),
    ("security/1", "securityresources", ASSESSMENT),
    ("security/1", "securityresources",
     estates.child(ASSESSMENT["id"], "Microsoft.Security/assessments/subAssessments", "cve")),
]  # fmt: skip
LINES = [line for _, _, line in TABLES]


@pytest.mark.parametrize(
    ("query", "table", "line"), TABLES, ids=lambda value: getattr(value, "get", str)("id")
)
async def test_a_table_has_the_rows_of_its_types(
    start: Start, query: str, table: str, line: dict[str, Any]
) -> None:
    azure = await start(LINES)
    rows = await azure.rows(ask(query, table, line["type"].upper()))
    [row] = [row for row in rows if row["id"] == line["id"]]
    assert (row["type"], row["properties"]) == (line["type"].lower(), line["properties"])
    assert {found["type"] for found in rows} == {line["type"].lower()}


@pytest.mark.parametrize(
    ("query", "table", "line"), TABLES, ids=lambda value: getattr(value, "get", str)("id")
)
async def test_without_the_types_read_permission_its_rows_are_missing(
    start: Start, query: str, table: str, line: dict[str, Any]
) -> None:
    azure = await start(LINES, {"deny": {"types": [line["type"]]}})
    assert await azure.rows(ask(query, table, line["type"])) == []


@pytest.mark.parametrize(
    "name",
    [
        "securityContacts",
        "settings",
        "autoProvisioningSettings",
        "locations/westeurope/jitNetworkAccessPolicies",
    ],
)
async def test_what_the_security_table_does_not_hold_is_not_served_there(start: Start, name: str) -> None:
    kind, one = f"Microsoft.Security/{name.replace('/westeurope', '')}", f"Microsoft.Security/{name}"
    line = {
        "id": f"{SUBSCRIPTION}/providers/{one}/default",
        "name": "default",
        "type": kind,
        "properties": {},
    }
    azure = await start([line, PLAN])
    for query, table in (("security/1", "securityresources"), ("inventory/2", "resources")):
        assert await azure.rows(ask(query, table, kind)) == []
    assert (await azure.json("GET", f"{SUBSCRIPTION}/providers/{one}"))["value"] == [line]


async def test_of_an_apps_configurations_only_web_is_a_row(start: Start) -> None:
    kind = "Microsoft.Web/sites/config"
    lines = [
        estates.child(APP["id"], kind, "appsettings", KEY="hidden"),
        estates.child(APP["id"], kind, "web", ftpsState="FtpsOnly"),
        estates.child(APP["id"] + "2", kind, "web", ftpsState="AllAllowed"),
    ]
    azure = await start([APP, *lines])
    for _ in range(2):
        pages = await azure.pages(ask("app-service-config/1", "appserviceresources", kind), top=1)
        assert [row["id"] for page in pages for row in page["data"]] == [lines[1]["id"], lines[2]["id"]]
        assert {page["totalRecords"] for page in pages} == {2}


async def test_rows_above_the_subscriptions_come_with_any_scope(start: Start) -> None:
    tenant = estates.extension("", "Microsoft.Authorization/roleDefinitions", ROLE)
    own = estates.extension(SUBSCRIPTION, "Microsoft.Authorization/roleDefinitions", "custom")
    azure = await start([own, tenant, *estates.accounts(SUB_B, 1)])
    text = ask("authorization/1", "authorizationresources", tenant["type"])
    rows = await azure.rows(text, subscriptions=[SUB_B])
    assert [(row["id"], row["subscriptionId"]) for row in rows] == [(tenant["id"], "")]
    assert [row["id"] for row in await azure.rows(text)] == [tenant["id"], own["id"]]


async def test_a_type_of_another_table_answers_nothing(start: Start) -> None:
    azure = await start([*LINES, *estates.accounts(SUB_A, 1)])
    assert await azure.rows(ask("security/1", "securityresources", STORAGE)) == []
    assert await azure.rows(ask("inventory/2", "resources", PLAN["type"], "graph/users")) == []
