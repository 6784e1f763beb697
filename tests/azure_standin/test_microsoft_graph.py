"""Microsoft Graph as a client sees it: lists, options, relations, permissions, refusals."""

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devhost.azure.errors import GraphError
from devhost.azure.odata import read_place, read_query, skip_token
from tests.azure_standin.conftest import Azure, Start
from tests.azure_standin.estates import entity

ALICE = entity("users", "a1", displayName="Alice", accountEnabled=True, userType="Member",
               signInActivity={"lastSignInDateTime": "2026-01-02T00:00:00Z"})  # fmt: skip
BOB = entity("users", "b2", displayName="Bob", accountEnabled=False, userType="Guest")
INNER = entity("groups", "g-inner", displayName="Inner", members=["b2", "g-outer"])
OUTER = entity("groups", "g-outer", displayName="Outer", members=[{"id": "A1"}, "g-inner", "nobody"])
CREDENTIAL = {"id": "f1", "name": "ci", "subject": "repo:contoso/*", "issuer": "https://token.example"}
APP = entity("applications", "app-1", appId="cl-1", displayName="Shop", keyCredentials=[],
             passwordCredentials=[{"keyId": "k", "endDateTime": "2026-03-01T00:00:00Z", "hint": "abc"}],
             federatedIdentityCredentials=[CREDENTIAL], owners=["a1"])  # fmt: skip
PRINCIPAL = entity("servicePrincipals", "sp-1", appId="cl-1", servicePrincipalType="Application")
MANAGED = entity("servicePrincipals", "sp-2", appId="cl-2", servicePrincipalType="ManagedIdentity")
ROLE = entity("directoryRoles", "role-1", roleTemplateId="62e90394-69f5-4237-9190-012177145e10",
              displayName="Global Administrator", members=["a1", "sp-1"])  # fmt: skip
ASSIGNMENT = entity("roleManagement/directory/roleAssignments", "ra", principalId="a1", roleDefinitionId="x")
POLICY = entity("identity/conditionalAccess/policies", "ca", state="enabled", displayName="MFA")
AUTHORIZATION = entity("policies/authorizationPolicy", "authorizationPolicy", allowInvitesFrom="none")
SETTING = entity("groupSettings", "gs", displayName="Group.Unified", values=[])
DETAILS = entity("reports/authenticationMethods/userRegistrationDetails", "a1", isAdmin=True)
DIRECTORY = [ALICE, BOB, INNER, OUTER, APP, PRINCIPAL, MANAGED, ROLE, ASSIGNMENT, POLICY, AUTHORIZATION]
DIRECTORY += [SETTING, DETAILS]


async def values(azure: Azure, path: str) -> list[dict[str, Any]]:
    status, body, _ = await azure.graph(path)
    assert status == 200, body
    found: list[dict[str, Any]] = body["value"]
    return found


async def refused(azure: Azure, path: str, **more: Any) -> tuple[int, str]:
    status, body, _ = await azure.graph(path, **more)
    error = body["error"]
    assert error["message"] and error["innerError"]["request-id"]
    return status, error["code"]


@pytest.mark.parametrize("line", [OUTER, PRINCIPAL, ASSIGNMENT, POLICY, SETTING, DETAILS])
async def test_a_collection_has_its_lines_objects(start: Start, line: dict[str, Any]) -> None:
    azure = await start(DIRECTORY)
    path = line["type"].removeprefix("graph/")
    found = {one["id"]: one for one in await values(azure, path)}
    told = {name: value for name, value in line["properties"].items() if name != "members"}
    assert found[line["properties"]["id"]] == told


async def test_single_objects(start: Start) -> None:
    azure = await start(DIRECTORY)
    status, body, _ = await azure.graph("policies/authorizationPolicy")
    assert (status, body["allowInvitesFrom"], body["id"]) == (200, "none", "authorizationPolicy")
    status, body, _ = await azure.graph("applications/APP-1?$select=id,passwordCredentials,publisherDomain")
    assert body["passwordCredentials"] == APP["properties"]["passwordCredentials"]
    assert body["publisherDomain"] is None
    for missing in ("applications/none", "policies/authenticationMethodsPolicy", "groups/none/members"):
        assert await refused(azure, missing) == (404, "Request_ResourceNotFound")
    for unknown in ("teams", "users/a1/messages", "policies/appManagementPolicies"):
        assert await refused(azure, unknown) == (400, "BadRequest")


async def test_users_have_the_default_properties_unless_others_are_selected(start: Start) -> None:
    azure = await start(DIRECTORY)
    alice, _ = await values(azure, "users")
    assert alice["displayName"] == "Alice"
    assert "accountEnabled" not in alice
    alice, _ = await values(azure, "users?$select=id,accountEnabled,signInActivity")
    assert alice == {key: ALICE["properties"][key] for key in ("id", "accountEnabled", "signInActivity")}


async def test_next_links_lead_through_a_whole_collection(start: Start) -> None:
    lines = [
        entity("users", f"u{number:03d}", userType="Guest" if number % 2 else "Member")
        for number in range(250)
    ]
    azure = await start(lines)
    found, sizes, link = [], [], "users?$select=id,userType"
    while link:
        status, body, _ = await azure.graph(link)
        assert status == 200
        sizes.append(len(body["value"]))
        found += [one["id"] for one in body["value"]]
        link = body.get("@odata.nextLink", "")
    assert found == [line["properties"]["id"] for line in lines]
    assert sizes == [100, 100, 50]
    link, found = "users?$top=30&$count=true&$filter=userType%20eq%20%27guest%27", []
    while link:
        _, body, _ = await azure.graph(link)
        assert body["@odata.count"] == 125
        found += body["value"]
        link = body.get("@odata.nextLink", "")
    assert len(found) == 125


@pytest.mark.parametrize(
    ("path", "condition", "ids"),
    [
        ("users", "userType eq 'Guest'", ["b2"]),
        ("users", "accountEnabled eq false", ["b2"]),
        ("users", "id in ('a1', 'none')", ["a1"]),
        ("servicePrincipals", "appId eq 'cl-1'", ["sp-1"]),
        ("servicePrincipals", "servicePrincipalType eq 'ManagedIdentity'", ["sp-2"]),
        ("applications", "appId eq 'o''neil'", []),
        ("directoryRoles", "roleTemplateId eq '62e90394-69f5-4237-9190-012177145e10'", ["role-1"]),
        ("roleManagement/directory/roleAssignments", "principalId eq 'a1'", ["ra"]),
        ("reports/authenticationMethods/userRegistrationDetails", "isAdmin eq true", ["a1"]),
        ("identity/conditionalAccess/policies", "state eq 'disabled'", []),
    ],
)
async def test_the_documented_filters(start: Start, path: str, condition: str, ids: list[str]) -> None:
    azure = await start(DIRECTORY)
    assert [one["id"] for one in await values(azure, f"{path}?$filter={quote(condition)}")] == ids


@pytest.mark.parametrize(
    "query",
    [
        "$filter=displayName eq 'Alice'",
        "$filter=startswith(displayName,'A')",
        "$filter=userType eq 'Guest' and accountEnabled eq true",
        "$filter=userType ne 'Guest'",
        "$filter=id in ()",
        "$filter=id in (" + ",".join("'x'" for _ in range(16)) + ")",
        "$filter=",
        "$orderby=displayName",
        "$expand=memberOf",
        '$search="displayName:A"',
        "$skip=1",
        "$count=perhaps",
        "api-version=1.0",
    ],
)
async def test_other_forms_are_refused(start: Start, query: str) -> None:
    azure = await start(DIRECTORY)
    assert await refused(azure, "users?" + quote(query, safe="$=&")) == (400, "Request_UnsupportedQuery")


@pytest.mark.parametrize("query", ["$top=0", "$top=1000", "$top=x", "$select=a%20b", "$skiptoken=rubbish"])
async def test_bad_values_are_refused(start: Start, query: str) -> None:
    azure = await start(DIRECTORY)
    status, code = await refused(azure, f"users?{query}")
    assert status == 400
    assert code


async def test_members_are_tagged_with_their_kind(start: Start) -> None:
    azure = await start(DIRECTORY)
    user, group = await values(azure, "groups/g-outer/members")
    assert (user["@odata.type"], user["displayName"]) == ("#microsoft.graph.user", "Alice")
    assert (group["@odata.type"], group["id"]) == ("#microsoft.graph.group", "g-inner")
    assert "members" not in group
    kinds = [
        one["@odata.type"].rsplit(".", 1)[-1] for one in await values(azure, "directoryRoles/role-1/members")
    ]
    assert kinds == ["user", "servicePrincipal"]
    assert [one["id"] for one in await values(azure, "applications/app-1/owners")] == ["a1"]


async def test_transitive_members_follow_groups_once_even_in_a_circle(start: Start) -> None:
    azure = await start(DIRECTORY)
    assert [one["id"] for one in await values(azure, "groups/g-outer/transitiveMembers")] == [
        "a1",
        "b2",
        "g-inner",
    ]
    assert [one["id"] for one in await values(azure, "groups/g-inner/transitiveMembers")] == [
        "a1",
        "b2",
        "g-outer",
    ]


async def test_relations_may_be_lines_of_their_own(start: Start) -> None:
    apart = entity(
        "applications/federatedIdentityCredentials", "f2", subject="repo:contoso/shop:ref:refs/heads/main"
    )
    apart["id"] = "/graph/applications/app-1/federatedIdentityCredentials/f2"
    member = {"id": "/graph/groups/g-inner/members/sp-1", "type": "graph/groups/members", "properties": {}}
    azure = await start([*DIRECTORY, apart, member])
    found = await values(azure, "applications/app-1/federatedIdentityCredentials")
    assert [one["id"] for one in found] == ["f1", "f2"]
    assert [one["id"] for one in await values(azure, "groups/g-inner/members")] == ["b2", "g-outer", "sp-1"]


async def test_a_line_without_properties_is_the_object(start: Start) -> None:
    azure = await start([{"id": "flat", "type": "graph/applications", "appId": "x", "displayName": "Flat"}])
    assert await values(azure, "applications") == [{"id": "flat", "appId": "x", "displayName": "Flat"}]


async def test_get_by_ids(start: Start) -> None:
    azure = await start(DIRECTORY)
    body = {"ids": ["A1", "sp-1", "g-outer", "nobody", "a1"]}
    status, answer, _ = await azure.graph("directoryObjects/getByIds", method="POST", body=body)
    assert status == 200
    kinds = {one["id"]: one["@odata.type"] for one in answer["value"]}
    assert kinds == {
        "a1": "#microsoft.graph.user",
        "sp-1": "#microsoft.graph.servicePrincipal",
        "g-outer": "#microsoft.graph.group",
    }
    assert answer["value"][0]["accountEnabled"] is True
    body = {"ids": ["a1", "sp-1"], "types": ["servicePrincipal"]}
    _, answer, _ = await azure.graph("directoryObjects/getByIds", method="POST", body=body)
    assert [one["id"] for one in answer["value"]] == ["sp-1"]
    for bad in ({"ids": "a1"}, {"ids": [1]}, [], {"ids": ["x"] * 1001}, {"ids": [], "types": [1]}):
        assert (await refused(azure, "directoryObjects/getByIds", method="POST", body=bad))[0] == 400


@pytest.mark.parametrize(
    ("permission", "paths"),
    [
        ("Application.Read.All", ["applications", "servicePrincipals/sp-1",
                                  "applications/app-1/federatedIdentityCredentials"]),
        ("user.read.all", ["users", "users/a1"]),
        ("GroupMember.Read.All", ["groups", "groups/g-outer/transitiveMembers"]),
        ("GroupSettings.Read.All", ["groupSettings"]),
        ("RoleManagement.Read.Directory", ["directoryRoles", "roleManagement/directory/roleAssignments"]),
        ("Policy.Read.All", ["policies/authorizationPolicy", "identity/conditionalAccess/policies"]),
        ("AuditLog.Read.All", [DETAILS["type"].removeprefix("graph/"), "users?$select=id,signInActivity"]),
    ],
)  # fmt: skip
async def test_each_permission_opens_its_paths_and_no_other(
    start: Start, permission: str, paths: list[str]
) -> None:
    azure = await start(DIRECTORY, {"deny": {"graph_permissions": [permission]}})
    for path in paths:
        assert await refused(azure, path) == (403, "Authorization_RequestDenied")
    open_paths = {"applications", "users", "groups", "groupSettings", "directoryRoles"} - set(paths)
    for path in open_paths:
        assert (await azure.graph(path))[0] == 200
    allowed = await start(DIRECTORY, {"allow_graph_permissions": [permission, "Directory.Read.All"]})
    assert (await allowed.graph("users"))[0] == 200


async def test_members_that_may_not_be_read_have_only_their_id(start: Start) -> None:
    azure = await start(DIRECTORY, {"deny": {"graph_permissions": ["User.Read.All"]}})
    user, group = await values(azure, "groups/g-outer/members")
    assert user == {"@odata.type": "#microsoft.graph.user", "id": "a1"}
    assert group["displayName"] == "Inner"
    body = {"ids": ["a1"]}
    _, answer, _ = await azure.graph("directoryObjects/getByIds", method="POST", body=body)
    assert answer["value"] == [user]


async def test_tokens(start: Start) -> None:
    azure = await start(DIRECTORY)
    for token, code in (("", "InvalidAuthenticationToken"), ("made-up", "InvalidAuthenticationToken")):
        status, body, headers = await azure.graph("users", token=token)
        assert (status, body["error"]["code"]) == (401, code)
        assert headers["WWW-Authenticate"].startswith("Bearer ")
    status, body, _ = await azure.call("/graph/v1.0/users", "https://management.azure.com")
    assert (status, body["error"]["code"]) == (401, "InvalidAuthenticationTokenAudience")


async def test_throttling_and_failures_of_the_service_alone(start: Start) -> None:
    answers = [
        {"status": 429, "retry_after": 7, "service": "graph"},
        {"status": 503, "service": "graph"},
        {"body": "truncated", "service": "graph"},
    ]
    azure = await start(DIRECTORY, {"answers": answers})
    assert (await azure.send("GET", "/subscriptions")).status_code == 200
    status, body, headers = await azure.graph("users")
    assert (status, body["error"]["code"], headers["Retry-After"]) == (429, "TooManyRequests", "7")
    assert (await azure.graph("users"))[0] == 503
    with pytest.raises(ValueError, match=r"(?s).*"):
        await azure.graph("users")
    assert (await azure.graph("users"))[0] == 200


async def test_a_burst_limit_is_counted_over_the_tenant(start: Start) -> None:
    now = [0.0]
    azure = await start(DIRECTORY, {"graph": {"burst": 2, "requests_per_s": 0.5}}, clock=lambda: now[0])
    assert [(await azure.graph(path))[0] for path in ("users", "groups", "users")] == [200, 200, 429]
    now[0] += 2
    assert (await azure.graph("users"))[0] == 200


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["$top", "$select", "$filter", "$count", "$skiptoken", "x"]), st.text(max_size=40)
    )
)
def test_every_query_is_understood_or_refused(query: dict[str, str]) -> None:
    try:
        asked = read_query(query, ("id", "userType"))
    except GraphError as error:
        assert error.status == 400
    else:
        assert asked.after >= 0


@given(st.integers(0, 10**9 - 1))
def test_skip_tokens_keep_their_place(place: int) -> None:
    assert read_place(skip_token(place)) == place
