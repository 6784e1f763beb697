"""X-05 and X-06 on the wire."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.events import EventType
from shared.ports.outbound import Answer
from tests.adapters.builders import event
from tests.contract.harness import PUBLIC_URL, Api, contract

SECRET = "your-webhook-secret"
BODY = {
    "url": "https://your-app.com/webhooks/security-copilot",
    "events": ["finding.created", "scan.completed", "remediation.applied"],
    "secret": SECRET,
}


async def created(api: Api, **changes: Any) -> dict[str, Any]:
    answer = await api.post("/v1/webhooks", {**BODY, **changes})
    assert answer.status == 201, answer.body
    document: dict[str, Any] = answer.json
    return document


@contract("X-05")
async def test_the_seeds_registration(api: Api) -> None:
    answer = await api.post("/v1/webhooks", BODY)
    assert answer.status == 201
    assert answer.json == {
        "webhook_id": "wh-20250805-174258",
        "url": BODY["url"],
        "events": BODY["events"],
        "created_at": "2025-08-05T17:42:58Z",
        "active": True,
        "description": None,
        "signature_header": None,
        "disabled_at": None,
        "disabled_reason": None,
        "old_secret_until": None,
    }
    assert answer.headers["location"] == f"{PUBLIC_URL}/v1/webhooks/wh-20250805-174258"
    second = await created(api)
    assert second["webhook_id"].startswith("wh-20250805-174258-")


@contract("X-05")
async def test_no_answer_carries_a_secret(api: Api) -> None:
    name = (await created(api))["webhook_id"]
    other = "another-webhook-secret"
    answers = [
        await api.get("/v1/webhooks"),
        await api.get(f"/v1/webhooks/{name}"),
        await api.call("PATCH", f"/v1/webhooks/{name}", {"description": "x"}),
        await api.post(f"/v1/webhooks/{name}/rotate-secret", {"secret": other}),
        await api.post(f"/v1/webhooks/{name}/test", {}),
        await api.get(f"/v1/webhooks/{name}/deliveries"),
        await api.post("/v1/webhooks", {**BODY, "secret": "short"}),
        await api.post("/v1/webhooks", {**BODY, "secret": "with a blank in the middle"}),
    ]
    assert [answer.status for answer in answers] == [200, 200, 200, 200, 200, 200, 400, 400]
    for answer in answers:
        assert SECRET.encode() not in answer.body and other.encode() not in answer.body
        assert b"blank in" not in answer.body
    assert answers[3].json["old_secret_until"] == "2025-08-06T17:42:58Z"


@contract("X-05")
@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"url": None}, "url", "invalid_type"),
        ({"url": "http://your-app.com/"}, "url", "invalid_value"),
        ({"url": "x" * 2049}, "url", "too_long"),
        ({"events": []}, "events", "invalid_value"),
        ({"events": ["finding.vanished"]}, "events.0", "invalid_value"),
        ({"events": "finding.created"}, "events", "invalid_type"),
        ({"secret": "too-short"}, "secret", "invalid_value"),
        ({"secret": "x" * 513}, "secret", "too_long"),
        ({"secret": "whsec_@@@@@@@@@@@@@@@"}, "secret", "invalid_format"),
        ({"signature_header": "Host"}, "signature_header", "invalid_value"),
        ({"signature_header": "Expect"}, "signature_header", "invalid_value"),
        ({"signature_header": "X-A\r\nX-B"}, "signature_header", "invalid_format"),
        ({"colour": "red"}, "colour", "unknown_field"),
    ],
)
async def test_bad_registrations(api: Api, changes: dict[str, Any], field: str, reason: str) -> None:
    answer = await api.post("/v1/webhooks", {**BODY, **changes})
    assert (answer.status, answer.error["code"]) == (400, "INVALID_REQUEST")
    assert (answer.error["details"]["field"], answer.error["details"]["reason"]) == (field, reason)


@contract("X-05")
async def test_tags_of_what_is_shown_guard_changes(api: Api) -> None:
    webhook = await created(api)
    url = f"/v1/webhooks/{webhook['webhook_id']}"
    first = (await api.get(url)).headers["etag"]
    assert not first.startswith("W/")
    assert (await api.get(url, headers={"If-None-Match": first})).status == 304
    patched = await api.call("PATCH", url, {"description": "new"}, headers={"If-Match": first})
    assert (patched.status, patched.headers["etag"]) == (200, (await api.get(url)).headers["etag"])
    stale = await api.call("PATCH", url, {"description": "other"}, headers={"If-Match": first})
    assert (stale.status, stale.error["code"]) == (412, "PRECONDITION_FAILED")
    rotation = {"secret": "another-secret-of-16"}
    stale = await api.post(f"{url}/rotate-secret", rotation, headers={"If-Match": first})
    assert (stale.status, stale.error["code"]) == (412, "PRECONDITION_FAILED")
    assert (await api.get(url)).json == patched.json, "nothing of it was done"
    tag = {"If-Match": patched.headers["etag"]}
    assert (await api.post(f"{url}/rotate-secret", rotation, headers=tag)).status == 200
    assert (await api.call("PATCH", url, {"description": "last"})).status == 200, "absent: allowed"


@contract("X-05")
async def test_change_list_and_remove(api: Api) -> None:
    first, second = await created(api), await created(api, url="https://two.example/")
    page = await api.get("/v1/webhooks?limit=1")
    assert [one["webhook_id"] for one in page.json["webhooks"]] == [second["webhook_id"]]
    assert page.json["total"] == 2
    following = await api.get(page.json["next_link"].removeprefix(PUBLIC_URL))
    assert [one["webhook_id"] for one in following.json["webhooks"]] == [first["webhook_id"]]
    assert "next_link" not in following.json
    name = first["webhook_id"]
    changed = await api.call("PATCH", f"/v1/webhooks/{name}", {"events": ["scan.failed"], "active": False})
    assert (changed.json["events"], changed.json["active"]) == (["scan.failed"], False)
    assert changed.json["disabled_reason"] == "switched off by an administrator"
    again = await api.call("PATCH", f"/v1/webhooks/{name}", {"active": True})
    assert (again.json["active"], again.json["disabled_reason"]) == (True, None)
    assert (await api.call("DELETE", f"/v1/webhooks/{name}")).status == 204
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/deliveries")):
        assert (await api.call(method, f"/v1/webhooks/{name}{path}")).status == 404


@contract("X-05")
async def test_the_delivery_log(api: Api) -> None:
    name = (await created(api))["webhook_id"]
    await api.events.announce(event(1))
    api.events.world.receivers.behaviours[BODY["url"]] = lambda *_: Answer(500)  # type: ignore[index]
    await api.events.announce(event(2, 1, type=EventType.SCAN_COMPLETED))
    page = await api.get(f"/v1/webhooks/{name}/deliveries")
    assert page.json["total"] == 2
    waiting, done = page.json["deliveries"]
    assert (waiting["status"], waiting["attempts"], waiting["response_status"]) == ("pending", 1, 500)
    assert waiting["next_attempt_at"] > "2025-08-05T17:43:02Z"
    assert done == {
        "delivery_id": "evt-20250805-174258-00000001",
        "event_id": "evt-20250805-174258-00000001",
        "event_type": "finding.created",
        "subject": "findings/finding-1",
        "sequence": 1,
        "status": "delivered",
        "attempts": 1,
        "created_at": "2025-08-05T17:42:58Z",
        "last_attempt_at": "2025-08-05T17:42:58Z",
        "next_attempt_at": None,
        "response_status": 204,
        "error": None,
        "duration_ms": 0,
    }


@contract("X-05")
async def test_replay(api: Api) -> None:
    name = (await created(api))["webhook_id"]
    await api.events.announce(event(1), event(2, 1))
    answer = await api.post(f"/v1/webhooks/{name}/replay", {"since": "2025-08-05T17:42:59Z"})
    assert (answer.status, answer.json) == (200, {"queued": 1, "next_after": None})
    bad = await api.post(f"/v1/webhooks/{name}/replay", {"since": "2025-02-30T00:00:00Z"})
    assert (bad.status, bad.error["details"]["field"]) == (400, "since")
    forged = await api.post(
        f"/v1/webhooks/{name}/replay", {"since": "2025-08-05T17:42:59Z", "after": "1.a.b"}
    )
    assert (forged.status, forged.error["details"]["field"]) == (400, "after")


@contract("X-05")
async def test_what_is_wrong_is_said_as_it_is(api: Api) -> None:
    short = (await api.post("/v1/webhooks", {**BODY, "secret": "too-short"})).error
    assert short["message"] == "Secret must have at least 16 characters"
    unknown = (await api.post("/v1/webhooks", {**BODY, "events": ["scan.started", "nope"]})).error
    assert unknown["message"].startswith("Events 1 must be one of scan.started, ")
    assert "errors" not in unknown["details"]


@contract("X-05")
async def test_a_test_event(api: Api) -> None:
    name = (await created(api))["webhook_id"]
    answer = await api.post(f"/v1/webhooks/{name}/test", {})
    assert answer.json == {"delivered": True, "response_status": 204, "error": None, "duration_ms": 0}


@contract("X-06")
async def test_events_by_cursor(api: Api) -> None:
    await api.events.announce(event(1))
    begin = await api.get("/v1/events")
    assert begin.json["events"] == []
    await api.events.announce(event(1, 1, event_id="second"), event(2, 2, type=EventType.SCAN_FAILED))
    first = await api.get(f"/v1/events?after={begin.json['next_after']}&limit=1")
    assert first.json["events"] == [
        {
            "event_id": "evt-20250805-174259-00000002",
            "event_type": "finding.created",
            "timestamp": "2025-08-05T17:42:59Z",
            "subject": "findings/finding-1",
            "sequence": 2,
            "source": "/security-copilot/production",
            "data": {"finding_id": "finding-1", "severity": "high"},
        }
    ]
    second = await api.get(f"/v1/events?after={first.json['next_after']}&types=scan.failed,scan.completed")
    assert [one["event_type"] for one in second.json["events"]] == ["scan.failed"]
    last = await api.get(f"/v1/events?after={second.json['next_after']}")
    assert last.json["events"] == []
    every = await api.get("/v1/events?after=earliest", role="viewer")
    assert [one["sequence"] for one in every.json["events"]] == [1, 2, 1]


@contract("X-06")
async def test_the_long_poll_waits_and_wakes(api: Api) -> None:
    begin = (await api.get("/v1/events")).json["next_after"]
    empty = await api.get(f"/v1/events?after={begin}&wait=25")
    assert empty.json["events"] == [] and sum(api.slept) == 25

    async def appear() -> None:
        if sum(api.slept) == 28:
            await api.events.announce(event(5))

    api.on_sleep = appear
    found = await api.get(f"/v1/events?after={begin}&wait=25")
    assert len(found.json["events"]) == 1 and sum(api.slept) == 28


@contract("X-06")
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("wait=26", "wait"),
        ("wait=-1", "wait"),
        ("wait=soon", "wait"),
        ("limit=0", "limit"),
        ("types=finding.vanished", "types"),
        ("after=MQ", "after"),
        ("after=1.MQ.AAAAAAAAAAAAAAAAAAAAAA", "after"),
        ("since=now", "since"),
    ],
)
async def test_bad_polls(api: Api, query: str, field: str) -> None:
    answer = await api.get(f"/v1/events?{query}")
    assert (answer.status, answer.error["details"]["field"]) == (400, field)
