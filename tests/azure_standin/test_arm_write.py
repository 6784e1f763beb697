"""Resource Manager's writes: conditions, long-running operations, locks, policy, roles."""

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline import PipelineResponse
from azure.core.polling import AsyncLROPoller
from azure.core.polling.async_base_polling import AsyncLROBasePolling
from azure.core.polling.base_polling import LocationPolling, OperationResourcePolling
from azure.core.rest import HttpRequest

from tests.azure_standin import estates
from tests.azure_standin.conftest import API, Azure, Start
from tests.azure_standin.estates import NSG, STORAGE, SUB_A, inventory, resource_id

WRITER = {"allow_actions": ["*"], "operations": {"polls": 2, "retry_after": 0}}
NARROW = {"properties": {"destinationPortRange": "22", "access": "Deny"}}


async def begin(azure: Azure, method: str, path: str, body: object = None) -> AsyncLROPoller[Any]:
    """Microsoft's own poller on a write that has just been sent."""
    request = HttpRequest(method, f"{azure.standin.base_url}{path}?{API}", json=body)
    response = await azure.client.send_request(request, _return_pipeline_response=True)
    algorithms: Any = [
        OperationResourcePolling(operation_location_header="azure-asyncoperation"),
        LocationPolling(),
    ]
    method_: Any = AsyncLROBasePolling(timeout=0, lro_algorithms=algorithms)

    def result(pipeline_response: PipelineResponse[Any, Any]) -> Any:
        text = pipeline_response.http_response.text()
        return pipeline_response.http_response.json() if text else None

    return AsyncLROPoller(azure.client, response, result, method_)


async def test_a_long_running_put_of_a_nested_rule(start: Start) -> None:
    group = estates.nsg(SUB_A, "Net", "Front")
    azure = await start([group], WRITER)
    path = f"{group['id']}/securityRules/ssh"
    before = await azure.send("GET", path)
    parent_before = (await azure.send("GET", group["id"])).headers["ETag"]
    written = await azure.send("PUT", path, NARROW)
    assert written.status_code == 200
    assert written.json()["properties"]["provisioningState"] == "Updating"
    status = written.headers["Azure-AsyncOperation"]
    assert (await azure.json("GET", status))["status"] == "InProgress"
    assert (await azure.json("GET", status))["status"] == "Succeeded"
    assert (await azure.json("GET", status))["status"] == "Succeeded"
    after = await azure.send("GET", path)
    assert after.json()["properties"] == {**NARROW["properties"], "provisioningState": "Succeeded"}
    assert (after.json()["name"], after.json()["id"]) == ("SSH", f"{group['id']}/securityRules/SSH")
    assert after.headers["ETag"] not in (before.headers["ETag"], written.headers["ETag"])
    assert (await azure.send("GET", group["id"])).headers["ETag"] != parent_before
    [row] = await azure.rows(inventory(NSG))
    assert [rule["properties"]["access"] for rule in row["properties"]["securityRules"]] == ["Deny", "Allow"]


async def test_the_sdk_poller_ends_with_the_resource(start: Start) -> None:
    azure = await start([estates.nsg(SUB_A, "Net", "Front")], WRITER)
    path = resource_id(SUB_A, "Net", NSG, "Front") + "/securityRules/New"
    result = await (await begin(azure, "PUT", path, NARROW)).result()
    assert result["properties"]["provisioningState"] == "Succeeded"
    assert (await azure.send("PUT", path, NARROW)).status_code == 200


async def test_creating_answers_201_and_lists_the_new_one(start: Start) -> None:
    azure = await start([estates.nsg(SUB_A, "Net", "b")], WRITER)
    path = resource_id(SUB_A, "Net", NSG, "a")
    assert (await azure.send("PUT", path, {"location": "x", "properties": {}})).status_code == 201
    listed = (await azure.json("GET", f"/subscriptions/{SUB_A}/providers/{NSG}"))["value"]
    assert [row["name"] for row in listed] == ["a", "b"]
    assert [row["name"] for row in await azure.rows(inventory(NSG))] == ["a", "b"]


async def test_a_long_running_delete(start: Start) -> None:
    group = estates.nsg(SUB_A, "Net", "Front")
    azure = await start([group], WRITER)
    path = f"{group['id']}/securityRules/SSH"
    poller = await begin(azure, "DELETE", path)
    await poller.result()
    assert poller.status() == "Succeeded"
    assert (await azure.send("GET", path)).status_code == 404
    assert (await azure.send("DELETE", path)).status_code == 204
    deleted = await azure.send("DELETE", group["id"])
    assert deleted.status_code == 202
    polls = [(await azure.send("GET", deleted.headers["Location"])).status_code for _ in "12"]
    assert polls == [202, 204]
    assert (await azure.send("GET", group["id"])).status_code == 404
    assert await azure.rows(inventory(NSG)) == []


@pytest.mark.parametrize("outcome", ["Failed", "Canceled"])
async def test_an_operation_that_does_not_succeed(start: Start, outcome: str) -> None:
    azure = await start(
        [estates.nsg(SUB_A, "Net", "Front")],
        {**WRITER, "operations": {"polls": 1, "retry_after": 0, "outcome": outcome}},
    )
    path = resource_id(SUB_A, "Net", NSG, "Front")
    poller = await begin(azure, "DELETE", path)
    with pytest.raises(HttpResponseError, match=f"Operation{outcome}"):
        await poller.result()
    assert (await azure.send("GET", path)).status_code == 200


@pytest.mark.parametrize("kind", [NSG, STORAGE])
async def test_a_stale_tag_is_412_and_changes_nothing(start: Start, kind: str) -> None:
    made = estates.resource(SUB_A, "g", kind, "one")
    azure = await start([made], WRITER)
    read = await azure.send("GET", made["id"])
    fresh = {"If-Match": read.headers["ETag"]}
    assert (await azure.send("PUT", made["id"], {"properties": {"v": 1}}, fresh)).status_code == 200
    refused = await azure.send("PUT", made["id"], {"properties": {"v": 2}}, fresh)
    assert (refused.status_code, refused.json()["error"]["code"]) == (412, "PreconditionFailed")
    assert (await azure.json("GET", made["id"]))["properties"]["v"] == 1
    assert (await azure.send("DELETE", made["id"], None, fresh)).status_code == 412
    anything = {"If-Match": "*"}
    assert (await azure.send("PUT", made["id"], {"properties": {"v": 3}}, anything)).status_code == 200
    assert (await azure.send("PUT", made["id"] + "x", {"properties": {}}, anything)).status_code == 412
    unwanted = {"If-None-Match": "*"}
    assert (await azure.send("PUT", made["id"], {"properties": {}}, unwanted)).status_code == 412


async def test_a_tag_of_the_file_is_the_one_that_matches(start: Start) -> None:
    spaced = (
        f'{{"id": "{resource_id(SUB_A, "g", STORAGE, "one")}", "name": "one", "type": "{STORAGE}", "x":  1}}'
    )
    azure = await start([spaced.encode()], WRITER)
    path = resource_id(SUB_A, "g", STORAGE, "one")
    tag = (await azure.send("GET", path)).headers["ETag"]
    assert (await azure.send("PATCH", path, {"tags": {}}, {"If-Match": tag})).status_code == 200


async def test_patch_merges_and_answers_at_once_for_storage(start: Start) -> None:
    made = estates.resource(SUB_A, "g", STORAGE, "one", properties={"a": 1, "b": 2})
    azure = await start([made], WRITER)
    response = await azure.send("PATCH", made["id"], {"properties": {"b": 3}})
    assert response.status_code == 200
    assert "Azure-AsyncOperation" not in response.headers
    assert response.json()["properties"] == {"a": 1, "b": 3, "provisioningState": "Succeeded"}
    assert response.json()["tags"] == made["tags"]
    assert (await azure.send("PATCH", made["id"] + "x", {"properties": {}})).status_code == 404


async def test_locks(start: Start) -> None:
    keep = estates.nsg(SUB_A, "keep", "x")
    frozen = estates.nsg(SUB_A, "frozen", "x")
    free = estates.nsg(SUB_A, "keep2", "x")
    scopes = [f"/subscriptions/{SUB_A}/resourceGroups/keep", frozen["id"]]
    locks = [estates.lock(scopes[0], "CanNotDelete"), estates.lock(scopes[1], "ReadOnly")]
    azure = await start([keep, frozen, free, *locks], WRITER)
    for method, target, status in (
        ("PUT", keep, 200),
        ("DELETE", keep, 409),
        ("PUT", frozen, 409),
        ("DELETE", frozen, 409),
        ("DELETE", free, 202),
    ):
        response = await azure.send(method, target["id"] + "/securityRules/SSH", NARROW)
        assert response.status_code == status
        if status == 409:
            assert response.json()["error"]["code"] == "ScopeLocked"
    assert (await azure.send("DELETE", locks[0]["id"])).status_code == 200
    assert (await azure.send("DELETE", keep["id"])).status_code == 202


async def test_policy_denial(start: Start) -> None:
    denial = {"name": "no-deny-rules", "contains": '"Deny"', "type": f"{NSG}/securityRules"}
    made = estates.nsg(SUB_A, "Net", "Front")
    azure = await start([made], {**WRITER, "policy_denials": [denial]})
    refused = await azure.send("PUT", made["id"] + "/securityRules/SSH", NARROW)
    error = refused.json()["error"]
    assert (refused.status_code, error["code"], error["target"]) == (403, "RequestDisallowedByPolicy", "SSH")
    assert error["additionalInfo"][0]["info"]["policyAssignmentName"] == "no-deny-rules"
    assert (await azure.send("PUT", made["id"], {"properties": {"x": "Deny"}})).status_code == 200


async def test_a_scanner_may_not_write_and_a_denied_action_is_refused(start: Start) -> None:
    made = estates.nsg(SUB_A, "Net", "Front")
    azure = await start([made])
    for method in ("PUT", "PATCH", "DELETE"):
        response = await azure.send(method, made["id"], {"properties": {}})
        assert (response.status_code, response.json()["error"]["code"]) == (403, "AuthorizationFailed")
    denied = {**WRITER, "deny": {"actions": ["Microsoft.Network/*/delete"]}}
    assert (await azure.send("POST", "/_control/faults", denied)).status_code == 200
    assert (await azure.send("DELETE", made["id"])).status_code == 403
    assert (await azure.send("PUT", made["id"], {"properties": {}})).status_code == 200


@pytest.mark.parametrize("body", [["list"], {"properties": "text"}, "text"])
async def test_bad_bodies(start: Start, body: object) -> None:
    made = estates.nsg(SUB_A, "Net", "Front")
    azure = await start([made], WRITER)
    response = await azure.send("PUT", made["id"], body)
    assert (response.status_code, response.json()["error"]["code"]) == (400, "InvalidRequestContent")


async def test_missing_parents_and_groups(start: Start) -> None:
    azure = await start([estates.nsg(SUB_A, "Net", "Front")], WRITER)
    orphan = await azure.send("PUT", resource_id(SUB_A, "Net", NSG, "none/securityRules/r"), NARROW)
    assert (orphan.status_code, orphan.json()["error"]["code"]) == (404, "ParentResourceNotFound")
    nowhere = await azure.send("PUT", resource_id(SUB_A, "none", NSG, "x"), NARROW)
    assert (nowhere.status_code, nowhere.json()["error"]["code"]) == (404, "ResourceGroupNotFound")
    assert (await azure.send("PUT", f"/subscriptions/{SUB_A}/providers/{NSG}", NARROW)).status_code == 405
