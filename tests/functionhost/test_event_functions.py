"""The product's event triggers in Microsoft's runtime, and Event Grid's handshakes in the local host."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from devhost.functionhost.host import FunctionHost
from tests.fixtures.functions_runtime import RuntimeProcess, runtime_is_installed
from tests.functionhost.conftest import ENVIRONMENT

APP = Path(__file__).resolve().parents[1] / "fixtures" / "eventapp"
ROOT = Path(__file__).resolve().parents[2]
CORPUS = Path(os.environ.get("CORPUS_DIR", str(ROOT.parent / "shared" / "data"))) / "webhooks"
WEBHOOK = "/runtime/webhooks/eventgrid?functionName=resource_changed&code=event-grid-key"
SUB = "/subscriptions/11111111-2222-3333-4444-555555555555"
GROUP = f"{SUB}/resourceGroups/rg/providers/Microsoft.Network/networkSecurityGroups/a"
DATA = {"resourceUri": f"{GROUP}/securityRules/SSH", "operationName": "x/write", "status": "Succeeded"}
EVENT = {
    "id": "1",
    "topic": SUB,
    "subject": f"{GROUP}/securityRules/SSH",
    "eventType": "Microsoft.Resources.ResourceWriteSuccess",
    "eventTime": "2018-07-19T18:38:04.6117357Z",
    "data": DATA,
    "dataVersion": "2",
    "metadataVersion": "1",
}
CLOUD_EVENT = {
    "specversion": "1.0",
    "id": "2",
    "source": SUB,
    "type": "Microsoft.Resources.ResourceDeleteSuccess",
    "time": "2026-01-02T03:04:05Z",
    "subject": GROUP,
    "data": {**DATA, "resourceUri": GROUP},
}


@pytest.fixture(scope="module")
def runtime() -> Iterator[RuntimeProcess]:
    if not runtime_is_installed():
        pytest.skip("azure-functions-runtime 1.3.0 is not installed")
    with RuntimeProcess(APP, ENVIRONMENT) as process:
        assert "error" not in process.indexed, process.indexed
        yield process


@pytest.mark.parametrize("event", [EVENT, CLOUD_EVENT], ids=["event-grid-schema", "cloud-event"])
def test_a_change_in_either_schema_is_noted(event: dict[str, Any], runtime: RuntimeProcess) -> None:
    outcome = runtime.data("resource_changed", "event", event)
    assert outcome["ok"], outcome
    ((call,),) = [outcome["calls"]]
    assert (call["part"], call["method"]) == ("changes", "note")
    assert f"resource_id='{GROUP}'" in call["given"][0]


@pytest.mark.parametrize(
    "changes",
    [
        {"eventType": "Microsoft.Resources.ResourceWriteFailure"},
        {"data": {}},
        {"data": None},
        {"data": {"resourceUri": "nonsense"}},
    ],
)
def test_events_that_are_none_of_ours_are_taken_and_dropped(
    changes: dict[str, Any], runtime: RuntimeProcess
) -> None:
    outcome = runtime.data("resource_changed", "event", {**EVENT, **changes})
    assert outcome["ok"] and outcome["calls"] == []


@pytest.mark.parametrize(
    ("timer", "called"),
    [
        ("relay_events", {("relay", "run"), ("fan_out", "run"), ("notification_feed", "run")}),
        ("publish_events", {("publish", "run")}),
        ("sweep_events", {("sweep", "run"), ("changes", "sweep")}),
        ("trim_events", {("trim", "run")}),
        ("scheduled_scans", {("fire", "run")}),
    ],
)
@pytest.mark.parametrize("past_due", [False, True])
def test_timers(timer: str, called: set[tuple[str, str]], past_due: bool, runtime: RuntimeProcess) -> None:
    outcome = runtime.data(timer, "timer", {"IsPastDue": past_due, "Schedule": {}, "ScheduleStatus": None})
    assert outcome["ok"], outcome
    assert {(call["part"], call["method"]) for call in outcome["calls"]} == called


@pytest.mark.parametrize(
    ("queue", "body", "part"),
    [
        (
            "deliver_webhook",
            {"webhook_id": "w", "subject": "s", "position": 1, "replay": 0, "attempt": 0},
            "deliver",
        ),
        (
            "send_notification",
            {"position": 1, "scan_id": "scan-1", "channel": "slack", "attempt": 0},
            "notify",
        ),
        ("rescan_resource", {"resource_id": GROUP}, "changes"),
    ],
)
def test_queues(queue: str, body: dict[str, Any], part: str, runtime: RuntimeProcess) -> None:
    metadata = {"MessageId": "m-1", "DeliveryCount": 1, "UserProperties": {}}
    outcome = runtime.data(queue, "message", json.dumps(body), metadata)
    assert outcome["ok"], outcome
    assert [(call["part"], call["method"]) for call in outcome["calls"]] == [(part, "run")]
    assert not runtime.data(queue, "message", '{"nothing": "of ours"}', metadata)["ok"]


def handshakes() -> list[Any]:
    path = CORPUS / "eventgrid.jsonl"
    if not path.is_file():
        mark = pytest.mark.skip(reason=f"no corpus at {path}; set CORPUS_DIR")
        return [pytest.param(None, marks=mark, id="corpus-absent")]
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    # eg-03 withholds the permission from some origins: the host's extension gives it to every caller that
    # has its key. eg-05 is about publishing in the Event Grid schema; CloudEvents are published here.
    return [pytest.param(row, id=row["id"]) for row in rows if row["id"] in ("eg-01", "eg-02", "eg-04")]


@pytest.mark.parametrize("row", handshakes())
async def test_the_handshakes(row: dict[str, Any], make_host: Callable[..., FunctionHost]) -> None:
    sent, expected = row["request"], row["expect"]
    transport = httpx.ASGITransport(make_host(APP))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        content = None if sent["body"] is None else json.dumps(sent["body"])
        answer = await client.request(sent["method"], WEBHOOK, headers=sent["headers"], content=content)
        refused = await client.request(
            sent["method"], WEBHOOK.replace("event-grid-key", "guess"), headers=sent["headers"]
        )
    assert refused.status_code == 401
    if "status" in expected:
        assert answer.status_code == expected["status"]
    low, high = expected.get("status_range", [200, 299])
    assert low <= answer.status_code <= high
    if "json" in expected:
        assert answer.json() == expected["json"]
    for name, values in expected.get("headers_any", {}).items():
        assert answer.headers[name] in values
    for name in expected.get("header_present", []):
        assert name in answer.headers
