"""The faults document: what it does to answers, and what is refused in it."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from devhost.azure.faults import Faults, FaultsError, load_faults, read_faults
from tests.azure_standin import estates
from tests.azure_standin.conftest import Start
from tests.azure_standin.estates import NSG, STORAGE, SUB_A, inventory

DOCUMENT = Path(__file__).parents[2] / "docs" / "faults.md"


async def test_429_n_times_is_outlasted_by_the_sdk(start: Start) -> None:
    faults = {"answers": [{"status": 429, "times": 2, "retry_after": 1, "query": "inventory"}]}
    azure = await start(estates.accounts(SUB_A, 3), faults, retries=3)
    began = time.monotonic()
    assert len(await azure.rows(inventory(STORAGE))) == 3
    assert time.monotonic() - began >= 2
    stats = await azure.stats()
    assert (stats["faults_given"], stats["faults_pending"]) == (2, 0)


async def test_without_retries_the_429_shows(start: Start) -> None:
    azure = await start(estates.accounts(SUB_A, 1), {"answers": [{"status": 429, "retry_after": 7}]})
    response = await azure.query(inventory(STORAGE))
    assert (response.status_code, response.headers["Retry-After"]) == (429, "7")
    assert response.json()["error"]["code"] == "TooManyRequests"
    assert (await azure.query(inventory(STORAGE))).status_code == 200


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_5xx_only_where_it_is_asked_for(start: Start, status: int) -> None:
    faults = {
        "answers": [
            {"status": status, "times": 2, "path": "/PROVIDERS/*/networkSecurityGroups", "method": "GET"}
        ]
    }
    azure = await start([estates.nsg(SUB_A, "g", "x")], faults)
    assert (await azure.query(inventory(NSG))).status_code == 200
    assert (await azure.send("GET", "/subscriptions")).status_code == 200
    path = f"/subscriptions/{SUB_A}/providers/{NSG}"
    assert [(await azure.send("GET", path)).status_code for _ in "123"] == [status, status, 200]


async def test_query_faults_follow_the_query_id(start: Start) -> None:
    faults = {"answers": [{"status": 500, "query": "security"}, {"status": 503, "query": "inventory/2"}]}
    azure = await start(estates.accounts(SUB_A, 1), faults)
    assert (await azure.send("GET", "/subscriptions")).status_code == 200
    assert [(await azure.query(inventory(STORAGE))).status_code for _ in "12"] == [503, 200]
    security = (
        "// security-copilot/security/1\nsecurityresources\n| where type =~ 'microsoft.security/assessments'"
    )
    assert [(await azure.query(security + "\n| order by id asc")).status_code for _ in "12"] == [500, 200]


@pytest.mark.parametrize("body", ["not_json", "truncated", "empty"])
async def test_unparsable_answers(start: Start, body: str) -> None:
    azure = await start(estates.accounts(SUB_A, 3), {"answers": [{"body": body, "times": 2}]})
    for send in (azure.query(inventory(STORAGE)), azure.send("GET", "/subscriptions")):
        response = await send
        assert response.status_code == 200
        with pytest.raises(ValueError, match=r"(?s).*"):
            response.json()
    assert len(await azure.rows(inventory(STORAGE))) == 3


async def test_the_token_endpoint_fails_only_when_named(start: Start) -> None:
    faults = {"answers": [{"status": 503, "times": 1, "path": "/msi/token"}]}
    azure = await start(estates.accounts(SUB_A, 1), faults, retries=2)
    assert len(await azure.rows(inventory(STORAGE))) == 1
    assert (await azure.stats())["faults_given"] == 1


async def test_latency(start: Start) -> None:
    azure = await start(estates.accounts(SUB_A, 1), {"latency_ms": 150})
    await azure.send("GET", "/subscriptions")
    began = time.monotonic()
    await asyncio.gather(*(azure.send("GET", "/subscriptions") for _ in range(5)))
    assert 0.14 <= time.monotonic() - began < 0.6


async def test_faults_change_while_serving(start: Start) -> None:
    azure = await start(estates.accounts(SUB_A, 1))
    assert (await azure.send("GET", f"/subscriptions/{SUB_A}")).status_code == 200
    changed = await azure.send("POST", "/_control/faults", {"deny": {"subscriptions": [SUB_A]}})
    assert changed.json()["deny"]["subscriptions"] == [SUB_A]
    assert (await azure.send("GET", f"/subscriptions/{SUB_A}")).status_code == 403
    assert (await azure.json("GET", "/subscriptions"))["value"] == []
    page = {"Origin": "https://example.com"}
    assert (await azure.send("POST", "/_control/faults", {}, page)).status_code == 403
    refused = await azure.send("POST", "/_control/faults", {"answers": [{"status": 200}]})
    assert refused.status_code == 400
    assert "answers.0.status" in refused.json()["error"]["message"]
    assert (await azure.send("GET", "/_control/faults")).json()["deny"]["subscriptions"] == [SUB_A]


@pytest.mark.parametrize(
    ("document", "member"),
    [
        ({"denny": {}}, "denny"),
        ({"deny": {"types": "all"}}, "deny.types"),
        ({"answers": [{}]}, "answers.0"),
        ({"answers": [{"status": 429, "body": "empty"}]}, "answers.0"),
        ({"answers": [{"status": 429, "times": 0}]}, "answers.0.times"),
        ({"latency_ms": -1}, "latency_ms"),
        ({"resource_graph": {"quota": -1}}, "resource_graph.quota"),
        ([], "document"),
    ],
)
def test_errors_name_the_member(document: Any, member: str) -> None:
    with pytest.raises(FaultsError, match=f"faults: {member}: "):
        read_faults(document)


def test_errors_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(FaultsError, match=r"none\.json"):
        load_faults(tmp_path / "none.json")
    path = tmp_path / "f.json"
    path.write_text("{")
    with pytest.raises(FaultsError, match="not JSON"):
        load_faults(path)


def test_the_documented_examples_are_valid() -> None:
    blocks = [block.split("```")[0] for block in DOCUMENT.read_text().split("```json\n")[1:]]
    assert len(blocks) >= 2
    for block in blocks:
        assert read_faults(block.encode()) != Faults()
    for member in Faults.model_fields:
        assert f"`{member}`" in DOCUMENT.read_text()
