"""Resource Manager's GETs: subscriptions, groups, permissions, lists, single and nested resources."""

from typing import Any

import pytest

from tests.azure_standin import estates
from tests.azure_standin.conftest import Azure, Start
from tests.azure_standin.estates import NSG, STORAGE, SUB_A, SUB_B, resource_id


async def walk(azure: Azure, path: str) -> list[list[Any]]:
    pages = []
    link: str | None = path
    while link:
        answer = await azure.json("GET", link)
        pages.append(answer["value"])
        link = answer.get("nextLink")
    return pages


async def test_subscriptions_are_listed_page_by_page(start: Start) -> None:
    subs = [f"00000000-0000-4000-8000-{number:012d}" for number in range(7)]
    lines = [estates.resource(sub, "g", STORAGE, "one") for sub in subs]
    azure = await start(lines, {"resource_manager": {"page_size": 3}, "deny": {"subscriptions": [subs[4]]}})
    pages = await walk(azure, "/subscriptions")
    assert [len(page) for page in pages] == [3, 3]
    found = [row["subscriptionId"] for page in pages for row in page]
    assert found == [*subs[:4], *subs[5:]]


async def test_one_subscription(start: Start) -> None:
    azure = await start(
        [*estates.accounts(SUB_A, 1), *estates.accounts(SUB_B, 1)], {"deny": {"subscriptions": [SUB_B]}}
    )
    answer = await azure.json("GET", f"/subscriptions/{SUB_A.upper()}")
    assert (answer["subscriptionId"], answer["state"]) == (SUB_A, "Enabled")
    for sub, status, code in (
        (SUB_B, 403, "AuthorizationFailed"),
        ("cccccccc-0000-4000-8000-000000000003", 404, "SubscriptionNotFound"),
    ):
        for tail in ("", "/resourcegroups", f"/providers/{STORAGE}"):
            response = await azure.send("GET", f"/subscriptions/{sub}{tail}")
            assert (response.status_code, response.json()["error"]["code"]) == (status, code)


async def test_resource_groups(start: Start) -> None:
    azure = await start([*estates.accounts(SUB_A, 2, "Beta"), *estates.accounts(SUB_A, 1, "alpha")])
    answer = await azure.json("GET", f"/subscriptions/{SUB_A}/resourcegroups")
    assert [(group["name"], group["location"]) for group in answer["value"]] == [
        ("alpha", "westeurope"),
        ("Beta", "westeurope"),
    ]
    one = await azure.json("GET", f"/subscriptions/{SUB_A}/resourceGroups/BETA")
    assert one["id"] == f"/subscriptions/{SUB_A}/resourceGroups/Beta"
    missing = await azure.send("GET", f"/subscriptions/{SUB_A}/resourceGroups/gamma")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "ResourceGroupNotFound")


@pytest.mark.parametrize("scope", ["", "/resourcegroups/Data-RG"])
async def test_permissions_tell_what_is_denied(start: Start, scope: str) -> None:
    azure = await start(
        estates.accounts(SUB_A, 1), {"deny": {"types": [NSG], "actions": ["Microsoft.Web/*"]}}
    )
    path = f"/subscriptions/{SUB_A}{scope}/providers/Microsoft.Authorization/permissions"
    [granted] = (await azure.json("GET", path))["value"]
    assert granted["actions"][0] == "*/read"
    assert granted["notActions"] == [f"{NSG}/read", "Microsoft.Web/*"]


async def test_a_denied_type_is_403_and_others_are_not(start: Start) -> None:
    azure = await start(
        [estates.nsg(SUB_A, "g", "x"), *estates.accounts(SUB_A, 1)], {"deny": {"types": [NSG]}}
    )
    for path in (resource_id(SUB_A, "g", NSG, "x"), f"/subscriptions/{SUB_A}/providers/{NSG}"):
        response = await azure.send("GET", path)
        assert (response.status_code, response.json()["error"]["code"]) == (403, "AuthorizationFailed")
        assert f"{NSG}/read" in response.json()["error"]["message"]
    await azure.json("GET", f"/subscriptions/{SUB_A}/providers/{STORAGE}")


async def test_lists_by_subscription_and_group_follow_next_links(start: Start) -> None:
    lines = [
        *estates.accounts(SUB_A, 5, "one"),
        *estates.accounts(SUB_A, 2, "one-b"),
        *estates.accounts(SUB_B, 1),
    ]
    azure = await start(lines, {"resource_manager": {"page_size": 2}})
    one, other = [f"st{number:05d}" for number in range(5)], ["st00000", "st00001"]
    for path, names in (
        (f"/subscriptions/{SUB_A}/providers/{STORAGE}", [*other, *one]),
        (f"/subscriptions/{SUB_A}/resourceGroups/ONE/providers/{STORAGE.upper()}", one),
        (f"/subscriptions/{SUB_B}/providers/{STORAGE}", ["st00000"]),
        (f"/subscriptions/{SUB_B}/providers/{NSG}", []),
    ):
        pages = await walk(azure, path)
        assert [row["name"] for page in pages for row in page] == names
        assert [len(page) for page in pages[:-1]] == [2] * (len(pages) - 1)


async def test_a_resource_by_id_in_any_case_as_the_file_has_it(start: Start) -> None:
    made = estates.nsg(SUB_A, "Net", "Front")
    azure = await start([made, estates.nsg(SUB_A, "Net", "Front2")])
    response = await azure.send("GET", made["id"].upper())
    assert response.json() == made
    assert response.headers["ETag"]
    missing = await azure.send("GET", made["id"] + "3")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "ResourceNotFound")


async def test_nested_children(start: Start) -> None:
    made = estates.nsg(SUB_A, "Net", "Front")
    azure = await start([made])
    assert (
        await azure.json("GET", f"{made['id']}/securityRules/ssh") == made["properties"]["securityRules"][0]
    )
    answer = await azure.json("GET", f"{made['id']}/securityRules")
    assert answer["value"] == made["properties"]["securityRules"]
    for missing in ("/securityRules/none", "/defaultSecurityRules/none"):
        assert (await azure.send("GET", made["id"] + missing)).status_code == 404
    assert (await azure.send("GET", made["id"] + "9/securityRules")).status_code == 404


async def test_nested_and_separate_children_are_listed_together(start: Start) -> None:
    made = estates.nsg(SUB_A, "Net", "Front")
    apart = estates.rule(made["id"], "apart", "80")
    azure = await start([made, apart])
    answer = await azure.json("GET", f"{made['id']}/securityRules")
    assert answer["value"] == [*made["properties"]["securityRules"], apart]


async def test_children_and_extensions_that_stand_on_their_own(start: Start) -> None:
    server = estates.resource(SUB_A, "g", "Microsoft.Sql/servers", "s")
    rules = []
    for name in ("a", "b"):
        child = estates.resource(SUB_A, "g", "Microsoft.Sql/servers", f"s/firewallRules/{name}")
        rules.append({**child, "name": name, "type": "Microsoft.Sql/servers/firewallRules"})
    other = {**rules[0], "id": rules[0]["id"].replace("/s/", "/s2/")}
    setting = {
        "id": f"{server['id']}/providers/Microsoft.Insights/diagnosticSettings/d",
        "name": "d",
        "type": "Microsoft.Insights/diagnosticSettings",
        "properties": {},
    }
    azure = await start([server, *rules, other, setting, estates.lock(server["id"], "ReadOnly")])
    assert (await azure.json("GET", f"{server['id']}/firewallRules"))["value"] == rules
    path = f"{server['id']}/providers/microsoft.insights/diagnosticSettings"
    assert (await azure.json("GET", path))["value"] == [setting]
    assert await azure.json("GET", setting["id"]) == setting
    locks = await azure.json("GET", f"/subscriptions/{SUB_A}/providers/Microsoft.Authorization/locks")
    assert len(locks["value"]) == 1


@pytest.mark.parametrize("tail", ["", "/effectiveSecurityAdminRules/default"])
async def test_effective_admin_rules_of_a_network(start: Start, tail: str) -> None:
    network = estates.resource(SUB_A, "g", "Microsoft.Network/virtualNetworks", "v1")
    other = estates.resource(SUB_A, "g", "Microsoft.Network/virtualNetworks", "v10")
    answer = {"value": [{"id": "r", "properties": {"access": "Deny"}}], "skipToken": ""}
    rules = {"id": network["id"] + tail, "type": "standin/effectiveSecurityAdminRules", "properties": answer}
    azure = await start([network, rules, other])
    action = "/listNetworkManagerEffectiveSecurityAdminRules"
    assert await azure.json("POST", network["id"] + action, {}) == answer
    assert await azure.json("POST", other["id"] + action, {}) == {"value": []}
    assert (await azure.json("GET", network["id"]))["type"] == "Microsoft.Network/virtualNetworks"
    assert (await azure.send("POST", network["id"] + "9" + action, {})).status_code == 404


async def test_admin_rules_are_refused_when_the_action_is_denied(start: Start) -> None:
    network = estates.resource(SUB_A, "g", "Microsoft.Network/virtualNetworks", "v1")
    action = "listNetworkManagerEffectiveSecurityAdminRules"
    denied = {"deny": {"actions": [f"microsoft.network/virtualNetworks/{action}/action"]}}
    azure = await start([network], denied)
    assert (await azure.send("POST", f"{network['id']}/{action}", {})).status_code == 403


async def test_reads_beyond_the_bucket_are_throttled_per_subscription(start: Start) -> None:
    now = [0.0]
    limits = {"resource_manager": {"read_burst": 2, "reads_per_s": 0.5}}
    azure = await start(
        [*estates.accounts(SUB_A, 1), *estates.accounts(SUB_B, 1)], limits, clock=lambda: now[0]
    )
    path = f"/subscriptions/{SUB_A}/resourcegroups"
    left = [
        (await azure.send("GET", path)).headers["x-ms-ratelimit-remaining-subscription-reads"] for _ in "12"
    ]
    assert left == ["1", "0"]
    refused = await azure.send("GET", path)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "2")
    assert (await azure.send("GET", f"/subscriptions/{SUB_B}/resourcegroups")).status_code == 200
    now[0] += 2
    assert (await azure.send("GET", path)).status_code == 200
