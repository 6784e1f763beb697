"""`/v1/eventgrid`: both handshakes of Event Grid, its key, and changes in both schemas."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from shared.ports.errors import StorageUnavailableError
from shared.ports.messaging import Queue
from tests.contract.harness import RULE, SUBSCRIPTION, Answer, Api, contract, settings

KEY = "Zx81-event-grid-key-of-this-test"
OTHER_KEY = "another.key_of~the-same-length-1"
ROOT = Path(__file__).resolve().parents[2]
CORPUS = Path(os.environ.get("CORPUS_DIR", str(ROOT.parent / "shared" / "data"))) / "webhooks"
URL = f"/v1/eventgrid?key={KEY}"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/{RULE.reads[0]}"
WRITE = "Microsoft.Resources.ResourceWriteSuccess"


@pytest.fixture
def api() -> Api:
    opened = settings(
        SECURITY_COPILOT_EVENTGRID_KEYS=f"{KEY},{OTHER_KEY}",
        SECURITY_COPILOT_EVENTGRID_ORIGINS="eventemitter.example.com",
        SECURITY_COPILOT_FAILED_ATTEMPTS="3",
    )
    return Api(opened)


def change(name: str = "one", **members: Any) -> dict[str, Any]:
    data = {"resourceUri": f"{GROUP}/{name}", "operationName": "x/write", "status": "Succeeded"}
    return {"id": name, "eventType": WRITE, "subject": "s", "dataVersion": "2", "data": data, **members}


async def post(api: Api, body: Any, url: str = URL, **headers: str) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await api.post(url, content, role=None, headers=headers)


async def noted(api: Api) -> list[str]:
    """Names of the resources that scans wait for."""
    messages = [json.loads(one.body) for one in api.messenger.waiting if one.queue is Queue.CHANGES]
    return sorted(one["resource_id"].rpartition("/")[2] for one in messages)


def rows() -> list[Any]:
    path = CORPUS / "eventgrid.jsonl"
    if not path.is_file():
        mark = pytest.mark.skip(reason=f"no corpus at {path}; set CORPUS_DIR")
        return [pytest.param(None, marks=mark, id="corpus-absent")]
    found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [pytest.param(row, id=row["id"]) for row in found if "request" in row]


@contract("X-05")
@pytest.mark.parametrize("row", rows())
async def test_the_published_handshakes(row: dict[str, Any], api: Api) -> None:
    sent, expected = row["request"], row["expect"]
    body = None if sent["body"] is None else json.dumps(sent["body"]).encode()
    answer = await api.call(sent["method"], URL, body, role=None, headers=sent["headers"])
    if "status" in expected:
        assert answer.status == expected["status"]
    if "status_range" in expected:
        low, high = expected["status_range"]
        assert low <= answer.status <= high
    if "json" in expected:
        assert answer.json == expected["json"]
    for name, values in expected.get("headers_any", {}).items():
        assert answer.headers[name.lower()] in values
    for name in expected.get("header_present", []):
        assert name.lower() in answer.headers
    for name in expected.get("headers_absent_unless_allowed", []):
        assert name.lower() not in answer.headers
    guess = await api.call(sent["method"], URL[:-1], body, role=None, headers=sent["headers"])
    assert guess.status == 401


@contract("X-05")
async def test_changes_in_either_schema_are_noted_once(api: Api) -> None:
    cloud = {"specversion": "1.0", "id": "2", "source": "s", "type": WRITE, "data": change("two")["data"]}
    first = await post(api, [change(), change(), change("One")])
    assert (first.status, first.json) == (200, {"noted": 1, "ignored": 2})
    assert (await post(api, cloud, **{"Content-Type": "application/cloudevents+json"})).json["noted"] == 1
    batch = {"Content-Type": "application/cloudevents-batch+json; charset=utf-8"}
    assert (await post(api, [{**cloud, "data": change("three")["data"]}], **batch)).json["noted"] == 1
    assert {one.lower() for one in await noted(api)} == {"one", "two", "three"}


@contract("X-05")
@pytest.mark.parametrize(
    "members",
    [
        {"eventType": "Microsoft.Storage.BlobCreated"},
        {"data": {}},
        {"data": None},
        {"data": "x"},
        {"data": {"resourceUri": 7}},
        {"data": {"resourceUri": "/subscriptions/" + "x" * 5000}},
        {"data": {"resourceUri": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/a.b/c/d"}},
    ],
)
async def test_what_concerns_no_resource_is_taken_and_dropped(members: dict[str, Any], api: Api) -> None:
    answer = await post(api, [change(**members)])
    assert (answer.status, answer.json) == (200, {"noted": 0, "ignored": 1})
    assert await noted(api) == []


@contract("X-05")
@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "body"),
        (b"{", "body"),
        (b"[]", "body"),
        (b"\xff", "body"),
        (b"[1]", "[0]"),
        ([change(), {"specversion": "1.0"}], "[1]"),
        ([{"eventType": 7, "data": {}}], "[0]"),
        ([{"eventType": "x"}] * 5001, "body"),
        (b"[" * 40 + b"]" * 40, "body"),
        (b'{"eventType": "x", "eventType": "y"}', "body"),
    ],
    ids=lambda value: str(value)[:20],
)
async def test_what_is_no_event_is_refused_by_name(body: Any, field: str, api: Api) -> None:
    answer = await post(api, body)
    assert answer.status == 400
    assert answer.error["details"]["field"] == field


@contract("X-05")
async def test_a_validation_event_without_a_code_is_no_handshake(api: Api) -> None:
    for code in (None, "", 7, "x" * 600):
        event = {
            "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
            "data": {"validationCode": code},
        }
        assert "validationResponse" not in (await post(api, [event])).json


@contract("X-05")
async def test_any_of_the_keys_opens_in_the_query_or_the_header(api: Api) -> None:
    for key in (KEY, OTHER_KEY):
        assert (await post(api, [change()], f"/v1/eventgrid?key={key}")).status == 200
        assert (await post(api, [change()], "/v1/eventgrid", **{"X-Event-Grid-Key": key})).status == 200


@contract("X-05")
async def test_nobody_guesses_the_key(api: Api) -> None:
    for guess in ("", "?key=guess", f"?key={KEY.lower()}"):
        answer = await post(api, [change()], f"/v1/eventgrid{guess}")
        assert (answer.status, answer.error["code"]) == (401, "UNAUTHORIZED")
    late = await post(api, [change()], "/v1/eventgrid?key=guess")
    assert late.status == 429
    assert "retry-after" in late.headers
    assert await noted(api) == []
    # An API key of an administrator is no key of this route.
    assert (await api.post("/v1/eventgrid", [change()], headers={"X-Event-Grid-Key": "x"})).status == 429


@contract("X-05")
async def test_without_a_key_set_the_route_is_off() -> None:
    api = Api()
    assert (await post(api, [change()])).status == 404
    assert (await api.call("OPTIONS", URL, role=None)).status == 404


@contract("X-05")
@pytest.mark.parametrize("origin", ["eventemitter.example.com.evil.net", "a b", "*", "x" * 300, ""])
async def test_other_origins_get_no_permission(origin: str, api: Api) -> None:
    answer = await api.call("OPTIONS", URL, role=None, headers={"WebHook-Request-Origin": origin})
    assert answer.status == 403
    assert "webhook-allowed-origin" not in answer.headers


@contract("X-05")
async def test_an_event_that_could_not_be_kept_is_asked_for_again(api: Api) -> None:
    async def away(*_: Any) -> None:
        raise StorageUnavailableError("away")

    class Away:
        get = put = staticmethod(away)

    api.application.resource_changes._rescans = Away()  # type: ignore[assignment]
    assert (await post(api, [change()])).status == 503
