"""Resource Graph as a client sees it: paging, added columns, scope, quota, refusals."""

import time

import pytest

from devhost.azure.server import TENANT_ID
from tests.azure_standin import estates
from tests.azure_standin.conftest import Start
from tests.azure_standin.estates import NSG, STORAGE, SUB_A, SUB_B, inventory


async def test_pages_to_the_end_give_every_resource_once_in_order_of_id(start: Start) -> None:
    lines = [
        *estates.accounts(SUB_B, 23),
        *reversed(estates.accounts(SUB_A, 31)),
        estates.nsg(SUB_A, "n", "x"),
    ]
    azure = await start(lines)
    pages = await azure.pages(inventory(STORAGE, NSG), top=10)
    ids = [row["id"] for page in pages for row in page["data"]]
    assert ids == sorted((line["id"] for line in lines), key=str.lower)
    assert [page["count"] for page in pages] == [10, 10, 10, 10, 10, 5]
    assert {page["totalRecords"] for page in pages} == {55}
    assert {page["resultTruncated"] for page in pages} == {"false"}


async def test_rows_carry_what_resource_graph_adds(start: Start) -> None:
    made = estates.resource(SUB_A, "Mixed-Case", STORAGE, "One", sku={"name": "Standard_LRS"})
    azure = await start([made])
    [row] = await azure.rows(inventory(STORAGE))
    expected: dict[str, object] = {"type": STORAGE.lower(), "tenantId": TENANT_ID, "subscriptionId": SUB_A}
    expected |= {"resourceGroup": "mixed-case", "kind": "", "managedBy": "", "plan": None, "zones": None}
    expected |= {"identity": None, "extendedLocation": None}
    assert row == {**made, **expected}


async def test_a_row_is_the_same_whatever_the_order_and_spacing_of_the_line(start: Start) -> None:
    spaced = (
        b'{ "tags": null, "etag": "1", "properties": {"type": "inner", "text": "\\u00e9"}, '
        b'"type" : "Microsoft.Storage/storageAccounts" , "name":"One", "kind": null, '
        b'"id" : "/subscriptions/%s/resourceGroups/G/providers/Microsoft.Storage/storageAccounts/One" }'
    )
    plain = (
        b'{"id":"/subscriptions/%s/resourceGroups/G/providers/Microsoft.Storage/storageAccounts/Two",'
        b'"name":"Two","type":"Microsoft.Storage/storageAccounts","properties":{"type":"inner","text":"\xc3\xa9"}}'
    )
    azure = await start([spaced.replace(b"%s", SUB_A.encode()), plain.replace(b"%s", SUB_A.encode())])
    one, two = await azure.rows(inventory(STORAGE))
    assert one["properties"] == two["properties"] == {"type": "inner", "text": "é"}
    for row in (one, two):
        row.pop("id")
        row.pop("name")
    assert one == two
    assert "etag" not in one


async def test_type_filter_ignores_case_and_other_tables_stay_out(start: Start) -> None:
    secret = estates.resource(SUB_A, "g", "Microsoft.KeyVault/vaults/v/secrets", "s")
    secret["type"] = "Microsoft.KeyVault/vaults/secrets"
    role = estates.lock(f"/subscriptions/{SUB_A}", "ReadOnly")
    azure = await start([*estates.accounts(SUB_A, 2), estates.nsg(SUB_A, "g", "x"), secret, role])
    asked = inventory(STORAGE.upper(), secret["type"], role["type"])
    assert [row["name"] for row in await azure.rows(asked)] == ["st00000", "st00001"]


async def test_flow_logs_have_rows_below_their_watcher(start: Start) -> None:
    flow_log = estates.resource(SUB_A, "g", "Microsoft.Network/networkWatchers/w/flowLogs", "f")
    flow_log["type"] = "Microsoft.Network/networkWatchers/flowLogs"
    azure = await start([flow_log])
    assert [row["name"] for row in await azure.rows(inventory(flow_log["type"]))] == ["f"]


async def test_resource_group_filter_and_projection(start: Start) -> None:
    azure = await start([*estates.accounts(SUB_A, 2, "One"), *estates.accounts(SUB_A, 3, "One-More")])
    rows = await azure.rows(inventory(STORAGE, group="ONE", project="id, name, resourceGroup"))
    assert [sorted(row) for row in rows] == [["id", "name", "resourceGroup"]] * 2
    assert {row["resourceGroup"] for row in rows} == {"one"}


async def test_only_asked_and_visible_subscriptions_answer(start: Start) -> None:
    lines = [*estates.accounts(SUB_A, 2), *estates.accounts(SUB_B, 3)]
    azure = await start(lines, {"deny": {"subscriptions": [SUB_B.upper()]}})
    unknown = "cccccccc-0000-4000-8000-000000000003"
    assert len(await azure.rows(inventory(STORAGE))) == 2
    assert len(await azure.rows(inventory(STORAGE), subscriptions=[SUB_A, SUB_B, unknown])) == 2
    for hidden in ([SUB_B], [unknown]):
        response = await azure.query(inventory(STORAGE), subscriptions=hidden)
        assert response.status_code == 403
        assert response.json()["error"]["code"] == "AccessDenied"


async def test_management_groups(start: Start) -> None:
    membership = {
        "id": f"/providers/Microsoft.Management/managementGroups/prod/subscriptions/{SUB_B}",
        "type": "Microsoft.Management/managementGroups/subscriptions",
    }
    azure = await start([*estates.accounts(SUB_A, 2), *estates.accounts(SUB_B, 3), membership])
    assert len(await azure.rows(inventory(STORAGE), managementGroups=["Prod"])) == 3
    assert len(await azure.rows(inventory(STORAGE), managementGroups=[TENANT_ID])) == 5
    assert (await azure.query(inventory(STORAGE), managementGroups=["other"])).status_code == 403


async def test_a_denied_type_is_left_out_without_a_word(start: Start) -> None:
    azure = await start(
        [*estates.accounts(SUB_A, 2), estates.nsg(SUB_A, "g", "x")], {"deny": {"types": [NSG]}}
    )
    assert {row["type"] for row in await azure.rows(inventory(STORAGE, NSG))} == {STORAGE.lower()}


async def test_quota_counts_down_and_refuses_with_retry_after(start: Start) -> None:
    now = [100.0]
    azure = await start(estates.accounts(SUB_A, 1), clock=lambda: now[0])
    for remaining in range(14, -1, -1):
        response = await azure.query(inventory(STORAGE))
        assert response.status_code == 200
        assert response.headers["x-ms-user-quota-remaining"] == str(remaining)
        assert response.headers["x-ms-user-quota-resets-after"] == "00:00:05"
    now[0] += 3.5
    refused = await azure.query(inventory(STORAGE))
    assert refused.status_code == 429
    assert refused.json()["error"]["code"] == "RateLimiting"
    assert refused.headers["Retry-After"] == "2"
    assert refused.headers["x-ms-user-quota-remaining"] == "0"
    assert refused.headers["x-ms-user-quota-resets-after"] == "00:00:02"
    now[0] += 1.5
    assert (await azure.query(inventory(STORAGE))).status_code == 200


async def test_the_sdk_waits_out_the_quota_by_itself(start: Start) -> None:
    faults = {"resource_graph": {"quota": 2, "window_s": 1}}
    azure = await start(estates.accounts(SUB_A, 10), faults, retries=3)
    began = time.monotonic()
    pages = await azure.pages(inventory(STORAGE), top=3)
    assert sum(page["count"] for page in pages) == 10
    assert time.monotonic() - began >= 0.9
    assert (await azure.stats())["statuses"]["429"] >= 1


async def test_fewer_rows_when_the_response_would_be_too_large(start: Start) -> None:
    lines = estates.accounts(SUB_A, 50)
    azure = await start(lines, {"resource_graph": {"max_response_bytes": 4096}})
    response = await azure.query(inventory(STORAGE))
    assert len(response.content) <= 4096
    assert 0 < response.json()["count"] < 50
    assert [row["id"] for row in await azure.rows(inventory(STORAGE))] == [line["id"] for line in lines]


async def test_or_a_refusal_that_a_smaller_top_cures(start: Start) -> None:
    limits = {"max_response_bytes": 4096, "oversize": "refuse"}
    azure = await start(estates.accounts(SUB_A, 12), {"resource_graph": limits})
    refused = await azure.query(inventory(STORAGE), options={"$top": 12})
    error = refused.json()["error"]
    assert (refused.status_code, error["code"]) == (400, "BadRequest")
    assert error["details"][0]["code"] == "ResponsePayloadTooLarge"
    assert sum(page["count"] for page in await azure.pages(inventory(STORAGE), top=3)) == 12


async def test_skip_tokens_hold_while_resources_come_and_go(start: Start) -> None:
    lines = estates.accounts(SUB_A, 6)
    azure = await start(lines, {"allow_actions": ["*"]})
    first = (await azure.query(inventory(STORAGE), options={"$top": 3})).json()
    for gone in (lines[0], lines[2]):
        assert (await azure.send("DELETE", gone["id"])).status_code == 200
    await azure.json("PUT", estates.resource_id(SUB_A, "Data-RG", STORAGE, "st00002a"), {"properties": {}})
    options = {"$skipToken": first["$skipToken"]}
    rest = (await azure.query(inventory(STORAGE), options=options)).json()
    assert [row["name"] for row in rest["data"]] == ["st00002a", "st00003", "st00004", "st00005"]


async def test_a_skip_token_of_another_query_is_refused(start: Start) -> None:
    azure = await start(estates.accounts(SUB_A, 4))
    token = (await azure.query(inventory(STORAGE), options={"$top": 1})).json()["$skipToken"]
    for text, used in (
        (inventory(STORAGE, NSG), token),
        (inventory(STORAGE), "rubbish"),
        (inventory(STORAGE), "é"),
    ):
        response = await azure.query(text, options={"$skipToken": used})
        assert response.status_code == 400
        assert response.json()["error"]["details"][0]["code"] == "InvalidSkipToken"


async def test_skip(start: Start) -> None:
    azure = await start(estates.accounts(SUB_A, 5))
    answer = (await azure.query(inventory(STORAGE), options={"$skip": 3, "$top": 5})).json()
    assert [row["name"] for row in answer["data"]] == ["st00003", "st00004"]
    assert answer["totalRecords"] == 5


@pytest.mark.parametrize(
    "text",
    [
        "resources | where type =~ 'a/b' | order by id asc",
        "// security-copilot/unheard-of/1\nresources | where type =~ 'a/b' | order by id asc",
        "// security-copilot/inventory/1\nresources | where type =~ 'a/b' | order by id asc",
        "// security-copilot/inventory/2\nsecurityresources | where type =~ 'a/b' | order by id asc",
        "// security-copilot/inventory/2\nresources | where type =~ 'a/b'",
        "// security-copilot/inventory/2\nresources | where type =~ 'a/b' | order by name asc",
        "// security-copilot/inventory/2\nresources | order by id asc",
        "// security-copilot/inventory/2\nresources | where type == 'a/b' | order by id asc",
        "// security-copilot/inventory/2\nresources | where type =~ 'a/b' or 1 == 1 | order by id asc",
        "// security-copilot/inventory/2\nresources | where type =~ 'a/b' | limit 5 | order by id asc",
        "// security-copilot/inventory/2\nresources | where type =~ 'a/b' | project colour | order by id asc",
        "// security-copilot/inventory/2\nresources | where type in~ () | order by id asc",
    ],
)
async def test_texts_outside_the_known_queries_are_refused(start: Start, text: str) -> None:
    azure = await start(estates.accounts(SUB_A, 1))
    response = await azure.query(text)
    assert (response.status_code, response.json()["error"]["code"]) == (400, "BadRequest")
    assert response.json()["error"]["details"][0]["message"]


@pytest.mark.parametrize(
    "more",
    [
        {"options": {"$top": 0}},
        {"options": {"$top": 1001}},
        {"options": {"resultFormat": "table"}},
        {"subscriptions": "all"},
        {"subscriptions": [SUB_A], "managementGroups": ["g"]},
    ],
)
async def test_bad_members_of_the_body_are_refused(start: Start, more: dict[str, object]) -> None:
    azure = await start(estates.accounts(SUB_A, 1))
    assert (await azure.query(inventory(STORAGE), **more)).status_code == 400
