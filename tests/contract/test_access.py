"""X-17: keys made, shown once, used, listed, revoked. And the audit trail of every write."""

from __future__ import annotations

import re
from typing import Any

import pytest

from shared.domain.audit import AuditIntent, AuditOutcome
from shared.ports.errors import StorageUnavailableError
from tests.contract.harness import PUBLIC_URL, SUBSCRIPTION, Answer, Api, contract
from tests.fixtures.entra import OBJECT, TENANT, claims, signed

WANTED = {"name": "Pipeline", "role": "operator", "tier": "professional"}
MEMBERS = {"id", "name", "role", "tier", "created_at", "created_by", "expires_at", "last_used_at"}


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def made(api: Api, **changes: Any) -> dict[str, Any]:
    answer = await api.post("/v1/api-keys", {**WANTED, **changes})
    assert answer.status == 201, answer.body
    document: dict[str, Any] = answer.json
    return document


@contract("X-17")
async def test_a_key_is_shown_once_and_works(api: Api) -> None:
    answer = await api.post("/v1/api-keys", WANTED)
    assert answer.status == 201
    assert set(answer.json) == MEMBERS | {"key"}
    key_id, text = answer.json["id"], answer.json["key"]
    assert answer.headers["location"] == f"{PUBLIC_URL}/v1/api-keys/{key_id}"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json["created_by"] == "key-admin"
    assert answer.json["created_at"] == "2025-08-05T17:42:58Z"
    assert answer.json["expires_at"] == "2026-08-05T17:42:58Z"
    assert answer.json["last_used_at"] is None

    used = await api.post("/v1/scans", {"subscription_id": SUBSCRIPTION}, role=None, headers=bearer(text))
    assert used.status == 202
    assert used.headers["x-ratelimit-limit"] == "10000"
    refused = await api.get("/v1/api-keys", role=None, headers=bearer(text))
    assert refused.status == 403

    listed = await api.get("/v1/api-keys")
    assert text.encode() not in listed.body and text.rpartition("_")[2].encode() not in listed.body
    assert listed.json["total"] == 1
    (shown,) = listed.json["api_keys"]
    assert set(shown) == MEMBERS
    assert shown["last_used_at"] == "2025-08-05T17:42:58Z"


@contract("X-17")
async def test_a_revoked_key_is_refused(api: Api) -> None:
    key = await made(api)
    assert (await api.get("/v1/rules", role=None, headers=bearer(key["key"]))).status == 200
    answer = await api.call("DELETE", f"/v1/api-keys/{key['id']}")
    assert (answer.status, answer.body) == (204, b"")
    assert (await api.get("/v1/rules", role=None, headers=bearer(key["key"]))).status == 401
    again = await api.call("DELETE", f"/v1/api-keys/{key['id']}")
    assert (again.status, again.error["message"]) == (404, "API key not found")


@contract("X-17")
async def test_an_expired_key_is_refused(api: Api) -> None:
    key = await made(api, expires_at="2025-08-05T18:00:00Z")
    api.clock.advance(2000)
    answer = await api.get("/v1/rules", role=None, headers=bearer(key["key"]))
    assert (answer.status, answer.error["message"]) == (401, "API key has expired")


@contract("X-17")
@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"name": None}, "name", "invalid_type"),
        ({"name": ""}, "name", "invalid_value"),
        ({"name": "x" * 201}, "name", "too_long"),
        ({"name": "a\nb"}, "name", "invalid_format"),
        ({"role": "owner"}, "role", "invalid_value"),
        ({"role": 1}, "role", "invalid_type"),
        ({"tier": "gold"}, "tier", "invalid_value"),
        ({"expires_at": "2025-08-05T17:42:58Z"}, "expires_at", "out_of_range"),
        ({"expires_at": "2035-08-05T17:42:58Z"}, "expires_at", "out_of_range"),
        ({"expires_at": "tomorrow"}, "expires_at", "invalid_format"),
        ({"expires_at": "2025-12-05"}, "expires_at", "invalid_format"),
        ({"expires_at": 1754416800}, "expires_at", "invalid_type"),
        ({"key": "mine"}, "key", "unknown_field"),
        ({"id": "key-aaaaaaaaaaaa"}, "id", "unknown_field"),
    ],
)
async def test_a_bad_body(api: Api, change: dict[str, Any], field: str, reason: str) -> None:
    answer = await api.post("/v1/api-keys", {**WANTED, **change})
    assert (answer.status, answer.error["code"]) == (400, "INVALID_REQUEST")
    assert answer.error["details"] == {"field": field, "reason": reason}


@contract("X-17")
@pytest.mark.parametrize("missing", ["name", "role"])
async def test_what_is_required(api: Api, missing: str) -> None:
    body = {name: value for name, value in WANTED.items() if name != missing}
    answer = await api.post("/v1/api-keys", body)
    assert answer.error["details"] == {"field": missing, "reason": "missing_required_field"}


@contract("X-17")
@pytest.mark.parametrize("key_id", ["key-aaaaaaaaaaaa", "nonsense", "key-'", "..", "key-" + "a" * 500])
async def test_no_such_key(api: Api, key_id: str) -> None:
    answer = await api.call("DELETE", "/v1/api-keys/x", path_value=key_id)
    assert answer.status == 404


@contract("X-17")
async def test_keys_are_paged_newest_first(api: Api) -> None:
    ids = []
    for _ in range(3):
        ids.append((await made(api))["id"])
        api.clock.advance(1)
    first = (await api.get("/v1/api-keys?limit=2")).json
    assert ([one["id"] for one in first["api_keys"]], first["total"]) == ([ids[2], ids[1]], 3)
    rest = (await api.get(first["next_link"].removeprefix(PUBLIC_URL))).json
    assert [one["id"] for one in rest["api_keys"]] == [ids[0]]
    assert "next_link" not in rest


async def trail(api: Api, query: str = "") -> list[dict[str, Any]]:
    answer = await api.get(f"/v1/audit{query}")
    assert answer.status == 200
    entries: list[dict[str, Any]] = answer.json["entries"]
    return entries


class TestAudit:
    async def test_who_did_what_when_from_where_and_how_it_ended(self, api: Api) -> None:
        token = signed(claims(api.clock.now(), name="Robin"))
        headers = {**bearer(token), "X-Forwarded-For": "203.0.113.7:443"}
        answer = await api.post("/v1/api-keys", WANTED, role=None, headers=headers)
        assert await trail(api) == [
            {
                "request_id": answer.headers["x-request-id"],
                "at": "2025-08-05T17:42:58Z",
                "principal_id": f"{TENANT}:{OBJECT}",
                "principal_name": "Robin",
                "role": "admin",
                "address": "203.0.113.7",
                "method": "POST",
                "path": "/v1/api-keys",
                "operation": "v1_api_keys_create",
                "status": 201,
                "code": None,
                "resource": answer.headers["location"],
            }
        ]

    async def test_refused_writes_are_there_reads_are_not(self, api: Api) -> None:
        calls: list[Answer] = [
            await api.post("/v1/scans", {"subscription_id": SUBSCRIPTION}, role="viewer"),
            await api.post("/v1/scans", {}, role="operator"),
            await api.call("DELETE", "/v1/api-keys/nothing"),
            await api.get("/v1/scans"),
            await api.get("/v1/scans/nothing"),
        ]
        assert [answer.status for answer in calls] == [403, 400, 404, 200, 404]
        seen = {entry["request_id"]: (entry["status"], entry["code"]) for entry in await trail(api)}
        assert seen == {
            calls[0].headers["x-request-id"]: (403, "FORBIDDEN"),
            calls[1].headers["x-request-id"]: (400, "INVALID_REQUEST"),
            calls[2].headers["x-request-id"]: (404, "NOT_FOUND"),
        }

    async def test_no_secret_gets_into_it(self, api: Api) -> None:
        key = await made(api, name="n3edle-in-a-body")
        await api.call("DELETE", f"/v1/api-keys/{key['id']}")
        text = (await api.get("/v1/audit")).body.decode()
        assert key["key"] not in text and "n3edle-in-a-body" not in text
        assert not re.search(r"Bearer|sck_", text)

    async def test_a_write_that_cannot_be_recorded_is_not_done(self, api: Api) -> None:
        async def away(_intent: AuditIntent) -> None:
            raise StorageUnavailableError("away")

        api.callers.audit.begin = away  # type: ignore[method-assign]
        answer = await api.post("/v1/scans", {"subscription_id": SUBSCRIPTION})
        assert (answer.status, answer.error["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert (await api.get("/v1/scans")).json["total"] == 0

    async def test_an_end_that_cannot_be_recorded_does_not_undo_it(
        self, api: Api, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def away(_intent: AuditIntent, _outcome: AuditOutcome) -> None:
            raise StorageUnavailableError("away")

        api.callers.audit.end = away  # type: ignore[method-assign]
        answer = await api.post("/v1/scans", {"subscription_id": SUBSCRIPTION})
        assert answer.status == 202
        assert answer.headers["x-request-id"] in caplog.text
        (entry,) = await trail(api)
        assert entry["status"] is None

    async def test_pages(self, api: Api) -> None:
        sent = []
        for _ in range(5):
            answer = await api.post("/v1/scans", {})
            sent.append(answer.headers["x-request-id"])
            api.clock.advance(1)
        seen: list[str] = []
        url = "/v1/audit?limit=2"
        while url:
            page = (await api.get(url)).json
            assert set(page) <= {"entries", "limit", "next_link"}
            seen += [entry["request_id"] for entry in page["entries"]]
            url = page.get("next_link", "").removeprefix(PUBLIC_URL)
        assert seen == sent[::-1]

    async def test_an_offset_is_refused(self, api: Api) -> None:
        answer = await api.get("/v1/audit?offset=1")
        assert answer.error["details"] == {"field": "offset", "reason": "out_of_range"}
