"""Errors and the rules for every answer: contract 2.1, 2.2, 2.4 and 3."""

from __future__ import annotations

import gzip
import json
import logging
from dataclasses import replace
from typing import Any

import azure.functions as func
import pytest

from functions.http.pipeline import answer
from functions.http.routes import ROUTES
from shared.domain.ids import IdKind, is_id
from shared.domain.principal import Role
from shared.ports.errors import StorageUnavailableError
from tests.contract.harness import KEYS, NOW, PUBLIC_URL, Api, frozen, observation, record, scan_at

SCANS = "/v1/scans"


class TestAuthentication:
    @pytest.mark.parametrize(
        "authorization",
        [
            None,
            "",
            "Bearer",
            "Bearer ",
            f"Basic {KEYS['admin']}",
            KEYS["admin"],
            "Bearer unknown-key-3b1f6c0a9d4e7f25",
            f"Bearer {KEYS['admin']}x",
            f"Bearer {KEYS['admin'][:-1]}",
            f"Bearer {KEYS['admin']} {KEYS['admin']}",
            "Bearer é" * 10,
            "Bearer " + "a" * 9000,
        ],
    )
    async def test_401_with_challenge(self, api: Api, authorization: str | None) -> None:
        headers = {} if authorization is None else {"Authorization": authorization}
        answer = await api.get(SCANS, role=None, headers=headers)
        assert (answer.status, answer.error["code"]) == (401, "UNAUTHORIZED")
        assert answer.headers["www-authenticate"] == "Bearer"

    @pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER "])
    async def test_scheme_in_any_case(self, api: Api, scheme: str) -> None:
        headers = {"Authorization": f"{scheme} {KEYS['viewer']}"}
        assert (await api.get(SCANS, role=None, headers=headers)).status == 200

    async def test_order_401_before_400(self, api: Api) -> None:
        assert (await api.post(SCANS, b"{", role=None)).status == 401
        assert (await api.get(f"{SCANS}?limit=x", role=None)).status == 401

    async def test_order_403_before_400_404_413_415(self, api: Api) -> None:
        for url, body, headers in (
            (SCANS, b"{", {}),
            (SCANS, b" " * 1_100_000, {}),
            (SCANS, b"{}", {"Content-Type": "text/plain"}),
            (f"{SCANS}/scan-20250101-000000/cancel", None, {}),
        ):
            answer = await api.post(url, body, role="viewer", headers=headers)
            assert (answer.status, answer.error["code"]) == (403, "FORBIDDEN")

    async def test_order_400_before_404(self, api: Api) -> None:
        assert (await api.post(f"{SCANS}/scan-20250101-000000/cancel", b"[]")).status == 400

    @pytest.mark.parametrize("role", [role.value for role in Role])
    async def test_every_role_reads(self, api: Api, role: str) -> None:
        assert (await api.get(SCANS, role=role)).status == 200


class TestBodies:
    @pytest.mark.parametrize(
        "body",
        [
            b"{",
            b"nul",
            b" ",
            b'{"subscription_id": NaN}',
            b'{"subscription_id": -Infinity}',
            b'{"subscription_id": 1e999}',
            b'{"subscription_id": "a", "subscription_id": "b"}',
            b'{"subscription_id": "\xff"}',
            b'\xef\xbb\xbf{"subscription_id": "a"}',
            '{"subscription_id": "a"}'.encode("utf-16"),
            b'{"subscription_id": "\\ud800"}',
            b'{"\\udfff": 1}',
            b"[" * 100_000,
            json.dumps({f"field{index}": 1 for index in range(201)}).encode(),
            b'{"a":' * 33 + b"1" + b"}" * 33,
            b'{"a":' * 3000 + b"1" + b"}" * 3000,
            b'{"subscription_id": ' + b"9" * 5000 + b"}",
            b'{"subscription_id": 123456789012345678901234567890}',
            b'"text"',
            b"null",
            b"12",
        ],
    )
    async def test_what_is_not_a_clean_json_object(self, api: Api, body: bytes) -> None:
        answer = await api.post(SCANS, body)
        assert (answer.status, answer.error["code"]) == (400, "INVALID_REQUEST")

    async def test_too_large(self, api: Api) -> None:
        limit = 1024 * 1024
        body = b'{"subscription_id": "s"}'
        assert (await api.post(SCANS, body + b" " * (limit - len(body)))).status == 202
        answer = await api.post(SCANS, body + b" " * (limit - len(body) + 1))
        assert (answer.status, answer.error["code"]) == (413, "PAYLOAD_TOO_LARGE")

    @pytest.mark.parametrize(
        "content_type",
        ["text/plain", "application/x-www-form-urlencoded", "", "application/json; charset=latin-1", "json"],
    )
    async def test_wrong_content_type(self, api: Api, content_type: str) -> None:
        answer = await api.post(SCANS, b'{"subscription_id": "s"}', headers={"Content-Type": content_type})
        assert (answer.status, answer.error["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")

    @pytest.mark.parametrize(
        "content_type",
        ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"'],
    )
    async def test_right_content_type(self, api: Api, content_type: str) -> None:
        answer = await api.post(SCANS, b'{"subscription_id": "s"}', headers={"Content-Type": content_type})
        assert answer.status == 202

    @pytest.mark.parametrize("coding", ["gzip", "br", "identity, gzip", "GZIP", "x"])
    async def test_compressed_bodies_are_refused(self, api: Api, coding: str) -> None:
        """RFC 9110, 15.5.16: the answer says which codings are accepted."""
        sent = gzip.compress(b'{"subscription_id": "s"}')
        answer = await api.post(SCANS, sent, headers={"Content-Encoding": coding})
        assert (answer.status, answer.error["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
        assert answer.headers["accept-encoding"] == "identity"
        assert answer.error["details"] == {"accepted": ["identity"]}

    @pytest.mark.parametrize("coding", ["identity", "Identity", ""])
    async def test_a_body_that_says_it_is_not_compressed(self, api: Api, coding: str) -> None:
        answer = await api.post(SCANS, b'{"subscription_id": "s"}', headers={"Content-Encoding": coding})
        assert answer.status == 202


class TestUnexpectedFailures:
    async def test_500_says_nothing_and_logs_everything(
        self, api: Api, caplog: pytest.LogCaptureFixture
    ) -> None:
        api.messenger.failure = RuntimeError("AccountKey=hush in table Scans")
        with caplog.at_level(logging.ERROR):
            answer = await api.post(SCANS, {"subscription_id": "s"})
        assert (answer.status, answer.error["code"]) == (500, "INTERNAL_ERROR")
        assert answer.error["details"] == {}
        assert b"hush" not in answer.body
        assert answer.headers["x-request-id"] in caplog.text
        assert any(entry.exc_info for entry in caplog.records)

    async def test_what_cannot_be_serialised(self, api: Api) -> None:
        seen = replace(observation(), description="\ud800")
        row = record(frozen(scan_at(NOW), seen, NOW))
        assert await api.findings.save([(row, None)]) == []
        answer = await api.get("/v1/findings")
        assert (answer.status, answer.error["code"]) == (500, "INTERNAL_ERROR")

    async def test_an_app_that_cannot_be_wired_answers_too(self) -> None:
        async def broken() -> Any:
            raise ValueError("SECURITY_COPILOT_CURSOR_SECRET is required: hush")

        request = func.HttpRequest("GET", "http://x/v1/scans", body=b"")
        response = await answer(ROUTES[0], request, broken)
        error = json.loads(response.get_body())["error"]
        assert (response.status_code, error["code"]) == (500, "INTERNAL_ERROR")
        assert is_id(IdKind.REQUEST, response.headers["X-Request-Id"])
        assert error["request_id"] == response.headers["X-Request-Id"]
        assert b"hush" not in response.get_body()

    async def test_storage_away(self, api: Api) -> None:
        class Away:
            async def page(self, *_: Any) -> Any:
                raise StorageUnavailableError("table Scans at account x")

        api.rewire(scan_queries=Away())
        answer = await api.get(SCANS)
        assert (answer.status, answer.error["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert int(answer.headers["retry-after"]) >= 1
        assert b"account x" not in answer.body


class TestEveryAnswer:
    @pytest.mark.parametrize(
        ("url", "role", "status"),
        [
            (SCANS, "viewer", 200),
            (SCANS, None, 401),
            (f"{SCANS}/nothing", "viewer", 404),
            (f"{SCANS}?limit=0", "viewer", 400),
            ("/health/live", None, 200),
            ("/openapi.json", None, 200),
        ],
    )
    async def test_headers(self, api: Api, url: str, role: str | None, status: int) -> None:
        answer = await api.get(url, role=role, headers={"X-Request-Id": "mine"})
        assert answer.status == status
        assert answer.headers["x-request-id"].startswith("req-20250805-174258-")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-type"] == "application/json"

    async def test_request_ids_differ(self, api: Api) -> None:
        ids = {(await api.get(SCANS)).headers["x-request-id"] for _ in range(20)}
        assert len(ids) == 20

    async def test_links_ignore_the_host_header(self, api: Api) -> None:
        headers = {"Host": "evil.test", "X-Forwarded-Host": "evil.test"}
        answer = await api.post(SCANS, {"subscription_id": "s"}, headers=headers)
        assert answer.headers["location"].startswith(f"{PUBLIC_URL}/v1/scans/")
        assert b"evil" not in answer.body


class TestProblemDetails:
    @pytest.mark.parametrize(
        ("accept", "problem"),
        [
            ("application/problem+json", True),
            ("application/problem+json, application/json;q=0.9", True),
            ("application/problem+json, */*;q=0.1", True),
            ("application/json, application/problem+json", False),
            ("application/json, application/problem+json;q=0.5", False),
            ("application/problem+json;q=0, application/json", False),
            ("application/*", False),
            ("*/*", False),
            ("text/html", False),
            ("", False),
            ("application/problem+json;q=x", False),
        ],
    )
    async def test_negotiation(self, api: Api, accept: str, problem: bool) -> None:
        answer = await api.get(f"{SCANS}/nothing", headers={"Accept": accept})
        assert answer.status == 404
        expected = "application/problem+json" if problem else "application/json"
        assert answer.headers["content-type"] == expected
        assert ("error" in answer.json) is not problem

    async def test_members(self, api: Api) -> None:
        answer = await api.post(SCANS, {}, headers={"Accept": "application/problem+json"})
        request_id = answer.headers["x-request-id"]
        assert answer.json == {
            "type": f"{PUBLIC_URL}/errors/invalid-request",
            "title": "Invalid request",
            "status": 400,
            "detail": "Subscription ID is required",
            "instance": f"urn:request:{request_id}",
            "code": "INVALID_REQUEST",
            "details": {"field": "subscription_id", "reason": "missing_required_field"},
            "request_id": request_id,
        }


async def test_conflict_shape(api: Api) -> None:
    await api.scans.insert(scan_at(NOW))
    await api.post(f"{SCANS}/scan-20250805-174258/cancel")
    answer = await api.post(f"{SCANS}/scan-20250805-174258/cancel")
    assert (answer.status, answer.error["code"]) == (409, "CONFLICT")
    assert json.loads(answer.body)["error"]["details"] == {"status": "cancelled"}
