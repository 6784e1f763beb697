"""Whatever a client sends, it gets an answer in Azure's form and never a failure of the stand-in."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devhost.azure.arm_id import parse
from devhost.azure.errors import ArmError
from devhost.azure.graph_query import QUERIES, GraphQuery
from devhost.azure.graph_query import parse as parse_query
from tests.azure_standin import estates
from tests.azure_standin.conftest import Start
from tests.azure_standin.estates import NSG, STORAGE, SUB_A

words = ["subscriptions", SUB_A, "resourceGroups", "g", "providers", "Microsoft.Network", "", "é"]
words += [
    "networkSecurityGroups",
    "x",
    "securityRules",
    "SSH",
    "Microsoft.Authorization",
    "permissions",
    "locks",
]
valid = f"subscriptions/{SUB_A}/resourceGroups/g/providers/{NSG}/x/securityRules/SSH".split("/")


@st.composite
def near_misses(draw: st.DrawFn) -> list[str]:
    """A true path cut short, with a segment changed, left out or put in."""
    parts = valid[: draw(st.integers(1, len(valid)))]
    position = draw(st.integers(0, len(parts) - 1))
    parts[position : position + draw(st.integers(0, 1))] = draw(st.lists(st.sampled_from(words), max_size=2))
    return parts


paths = (st.lists(st.sampled_from(words), max_size=12) | near_misses()).map(
    lambda parts: "/" + "/".join(parts)
)


async def test_no_path_makes_it_fail(start: Start) -> None:
    azure = await start(
        [estates.nsg(SUB_A, "g", "x"), estates.lock(f"/subscriptions/{SUB_A}", "CanNotDelete")],
        {"allow_actions": ["*"], "resource_manager": {"read_burst": 0, "write_burst": 0}},
    )
    examples: list[tuple[str, str]] = []

    @settings(max_examples=400, deadline=None, database=None)
    @given(path=paths, method=st.sampled_from(["GET", "PUT", "PATCH", "DELETE", "POST", "HEAD"]))
    def collect(path: str, method: str) -> None:
        parsed = parse(path)
        assert parsed.is_resource + parsed.is_collection <= 1
        examples.append((method, path))

    collect()
    for method, path in examples:
        response = await azure.send(method, path, {"properties": {}} if method != "GET" else None)
        assert response.status_code < 500 or response.status_code == 501, (method, path, response.text())
        if response.status_code >= 400 and method != "HEAD":
            assert response.json()["error"]["code"]


surfaces = [
    *(
        "users",
        "groups",
        "g1",
        "transitiveMembers",
        "applications",
        "federatedIdentityCredentials",
        "policies",
    ),
    *(
        "directoryObjects",
        "getByIds",
        "identity",
        "conditionalAccess",
        "roleManagement",
        "..",
        "%2e",
        "%C3%A9",
        "",
    ),
    *("kv", "keys", "secrets", "certificates", "rotationpolicy", "policy", "$count", "?$filter=x", "?$top=1"),
]


async def test_no_path_of_the_other_services_makes_them_fail(start: Start) -> None:
    vault = estates.resource(SUB_A, "g", "Microsoft.KeyVault/vaults", "kv")
    group = estates.entity("groups", "g1", members=[{}, None, 7, "g1", {"id": ["x"]}])
    odd = {"id": "odd", "type": "graph/users", "properties": ["not", "an", "object"]}
    bare = {"id": "odd", "type": "graph/applications", "properties": {"federatedIdentityCredentials": "none"}}
    key = estates.child(
        vault["id"], "Microsoft.KeyVault/vaults/keys", "keys", attributes="?", rotationPolicy=3
    )
    azure = await start([vault, group, odd, bare, key, b'{"id": "cut", "type": "graph/users", "prop'])
    examples: list[tuple[str, str]] = []

    @settings(max_examples=250, deadline=None, database=None)
    @given(
        parts=st.lists(st.sampled_from(surfaces), max_size=4),
        method=st.sampled_from(["GET", "POST", "DELETE"]),
    )
    def collect(parts: list[str], method: str) -> None:
        examples.append((method, "/".join(parts)))

    collect()
    for send in (azure.graph, azure.vault):
        for method, path in examples:
            status, body, _ = await send(path, method=method, body={} if method == "POST" else None)
            assert status < 500 or status == 501, (method, path, body)
            if status >= 400:
                assert body["error"]["code"]


headers = st.sampled_from([f"// security-copilot/{name}\n" for name in QUERIES]) | st.text(max_size=40)
steps = st.sampled_from(
    [
        "resources",
        "where type in~ ('a/b', \"c/d\")",
        "where type =~ 'a/b'",
        "order by id asc",
        "project id, name",
    ]
) | st.text(max_size=20)


@given(header=headers, parts=st.lists(steps, max_size=6))
def test_every_text_is_a_known_query_or_refused(header: str, parts: list[str]) -> None:
    try:
        query = parse_query(header + "|".join(parts))
    except ArmError as error:
        assert error.status == 400
    else:
        assert isinstance(query, GraphQuery)
        assert query.types


def test_long_hostile_texts_are_refused_quickly() -> None:
    began, head = time.perf_counter(), "// security-copilot/inventory/2\nresources"
    for filler in (" " * 60_000, "'a'," * 15_000, "\t'," * 20_000):
        with pytest.raises(ArmError):
            parse_query(f"{head} | where type in~ ('a/b'{filler}x | order by id asc")
    assert time.perf_counter() - began < 2


async def test_too_large_a_body_is_refused(start: Start) -> None:
    azure = await start(estates.accounts(SUB_A, 1), {"allow_actions": ["*"]})
    path = estates.resource_id(SUB_A, "Data-RG", STORAGE, "st00000")
    response = await azure.send("PUT", path, {"properties": {"x": "y" * (5 * 1024 * 1024)}})
    assert (response.status_code, response.json()["error"]["code"]) == (413, "RequestContentTooLarge")


async def test_actions_that_it_does_not_have_say_so(start: Start) -> None:
    azure = await start([estates.nsg(SUB_A, "g", "x")])
    response = await azure.send("POST", estates.resource_id(SUB_A, "g", NSG, "x") + "/start", {})
    assert (response.status_code, response.json()["error"]["code"]) == (501, "NotImplemented")
