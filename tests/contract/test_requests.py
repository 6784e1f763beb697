"""What every request may carry: idempotency keys, entity tags, trace context, and what is refused."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from functions.http.docs_page import CONTENT_SECURITY_POLICY
from functions.http.trace import begin
from shared.domain.idempotency import KEPT, LEASE
from tests.contract.harness import NOW, Api, finished
from tests.contract.test_finding_changes import stored

BODY = {"subscription_id": "s-1"}


def key(value: str = "key-1") -> dict[str, str]:
    return {"Idempotency-Key": value}


class TestIdempotency:
    async def test_a_repeat_gets_the_same_answer(self, api: Api) -> None:
        first = await api.post("/v1/scans", BODY, headers=key())
        api.clock.advance(60)
        again = await api.post("/v1/scans", b'{ "subscription_id":"s-1" }', headers=key())
        assert (again.status, again.body) == (first.status, first.body)
        assert again.headers["idempotency-replayed"] == "true"
        assert "idempotency-replayed" not in first.headers
        for name in ("location", "operation-location", "retry-after"):
            assert again.headers[name] == first.headers[name]
        assert again.headers["x-request-id"] != first.headers["x-request-id"]
        assert (await api.get("/v1/scans")).json["total"] == 1

    async def test_another_body_is_refused(self, api: Api) -> None:
        await api.post("/v1/scans", BODY, headers=key())
        answer = await api.post("/v1/scans", {"subscription_id": "s-2"}, headers=key())
        assert (answer.status, answer.error["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")

    async def test_another_caller_path_or_key_is_another_call(self, api: Api) -> None:
        ids = set()
        for options in (
            {"headers": key()},
            {"headers": key("key-2")},
            {"headers": key(), "role": "operator"},
        ):
            ids.add((await api.post("/v1/scans", BODY, **options)).json["scan_id"])
        other = await api.post("/api/v1/security/scans", {}, headers=key())
        assert len({*ids, other.json["scan_id"]}) == 4

    async def test_while_it_runs_a_repeat_waits_its_turn(self, api: Api) -> None:
        gate = asyncio.Event()
        start = api.application.start_scan

        class Slow:
            async def start(self, *given: Any) -> Any:
                await gate.wait()
                return await start.start(*given)

        api.rewire(start_scan=Slow())
        running = asyncio.create_task(api.post("/v1/scans", BODY, headers=key()))
        while not api.attempts._attempts:
            await asyncio.sleep(0)
        meanwhile = await api.post("/v1/scans", BODY, headers=key())
        assert (meanwhile.status, meanwhile.error["code"]) == (409, "CONFLICT")
        gate.set()
        assert (await running).status == 202
        assert (await api.post("/v1/scans", BODY, headers=key())).headers["idempotency-replayed"] == "true"

    async def test_failures_are_not_kept(self, api: Api) -> None:
        api.messenger.failure = RuntimeError("boom")
        assert (await api.post("/v1/scans", BODY, headers=key())).status == 500
        api.messenger.failure = None
        assert (await api.post("/v1/scans", BODY, headers=key())).status == 202
        url = "/v1/scans/scan-20250101-000000/cancel"
        assert (await api.post(url, headers=key())).status == 404
        assert (await api.post(url, headers=key())).status == 404

    async def test_a_dead_attempt_is_taken_over_and_makes_nothing_twice(self, api: Api) -> None:
        """The process died after the scan was made and before the answer was kept."""
        first = await api.post("/v1/scans", BODY, headers=key())
        (digest,) = api.attempts._attempts
        held = api.attempts._attempts[digest]
        await api.attempts.replace(held.value.model_copy(update={"answer": None}), held.etag)
        api.clock.advance(LEASE.total_seconds() - 1)
        assert (await api.post("/v1/scans", BODY, headers=key())).status == 409
        api.clock.advance(2)
        again = await api.post("/v1/scans", BODY, headers=key())
        assert (again.status, again.json["scan_id"]) == (202, first.json["scan_id"])
        assert (await api.get("/v1/scans")).json["total"] == 1

    async def test_after_a_day_the_key_is_free(self, api: Api) -> None:
        first = await api.post("/v1/scans", BODY, headers=key())
        api.clock.advance(KEPT.total_seconds())
        second = await api.post("/v1/scans", {"subscription_id": "s-2"}, headers=key())
        assert second.status == 202
        assert second.json["scan_id"] != first.json["scan_id"]
        api.clock.advance(KEPT.total_seconds() + 1)
        assert await api.application.idempotency.sweep() == 1

    async def test_a_secret_answer_is_kept_nowhere(self, api: Api) -> None:
        body = {"name": "ci", "role": "viewer"}
        made = await api.post("/v1/api-keys", body, headers=key())
        assert made.status == 201
        assert made.json["key"] not in repr(api.attempts._attempts)
        again = await api.post("/v1/api-keys", body, headers=key())
        assert (again.status, again.error["details"]) == (409, {"status": 201})
        assert (await api.get("/v1/api-keys")).json["total"] == 1

    @pytest.mark.parametrize("value", ["", "x" * 256, "two words", "ü", "tab\t"])
    async def test_bad_keys(self, api: Api, value: str) -> None:
        answer = await api.post("/v1/scans", BODY, headers=key(value))
        assert (answer.status, answer.error["details"]["field"]) == (400, "Idempotency-Key")


class TestEntityTags:
    async def test_not_modified(self, api: Api) -> None:
        (finding_id,) = await stored(api)
        await api.scans.insert(finished(NOW))
        for url in (f"/v1/findings/{finding_id}", "/v1/scans/scan-20250805-174258", "/v1/config"):
            first = await api.get(url)
            tag = first.headers["etag"]
            for known in (tag, f'"other", {tag}', f"W/{tag}", "*"):
                again = await api.get(url, headers={"If-None-Match": known})
                assert (again.status, again.body) == (304, b"")
                assert again.headers["etag"] == tag
                assert "content-type" not in {name for name, value in again.headers.items() if not value}
            assert (await api.get(url, headers={"If-None-Match": '"other"'})).status == 200

    async def test_a_finding_that_changed_since_is_not_overwritten(self, api: Api) -> None:
        (finding_id,) = await stored(api)
        url = f"/v1/findings/{finding_id}"
        tag = (await api.get(url)).headers["etag"]
        assert (
            await api.call("PATCH", url, {"assigned_to": "a"}, headers={"If-Match": f"W/{tag}"})
        ).status == 412
        changed = await api.call("PATCH", url, {"assigned_to": "a"}, headers={"If-Match": tag})
        assert (changed.status, changed.headers["etag"] == tag) == (200, False)
        lost = await api.call("PATCH", url, {"assigned_to": "b"}, headers={"If-Match": tag})
        assert (lost.status, lost.error["code"]) == (412, "PRECONDITION_FAILED")
        now = await api.call(
            "PATCH", url, {"assigned_to": "b"}, headers={"If-Match": changed.headers["etag"]}
        )
        assert now.json["assigned_to"] == "b"
        assert now.headers["etag"] == (await api.get(url)).headers["etag"]
        assert (await api.call("PATCH", url, {"assigned_to": "c"}, headers={"If-Match": "*"})).status == 200

    async def test_of_racing_conditional_writes_one_wins(self, api: Api) -> None:
        (finding_id,) = await stored(api)
        url = f"/v1/findings/{finding_id}"
        tag = (await api.get(url)).headers["etag"]
        calls = [
            api.call("PATCH", url, {"assigned_to": f"p{number}"}, headers={"If-Match": tag})
            for number in range(8)
        ]
        assert sorted(one.status for one in await asyncio.gather(*calls)) == [200] + [412] * 7

    async def test_scans(self, api: Api) -> None:
        made = (await api.post("/v1/scans", BODY)).json["scan_id"]
        tag = (await api.get(f"/v1/scans/{made}")).headers["etag"]
        assert (await api.post(f"/v1/scans/{made}/cancel", headers={"If-Match": '"old"'})).status == 412
        assert (await api.post(f"/v1/scans/{made}/cancel", headers={"If-Match": tag})).status == 202

    @pytest.mark.parametrize("value", ["abc", '"a" "b"', '"a",,', "", ",".join(['"a"'] * 51)])
    async def test_bad_conditions(self, api: Api, value: str) -> None:
        for header in ("If-Match", "If-None-Match"):
            answer = await api.get("/v1/config", headers={header: value})
            assert (answer.status, answer.error["details"]["field"]) == (400, header)


class TestTrace:
    def test_taken_over_with_a_span_of_our_own(self) -> None:
        trace = begin({"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"})
        assert (trace.trace_id, trace.parent) == ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")
        assert trace.traceparent == f"00-4bf92f3577b34da6a3ce929d0e0e4736-{trace.span_id}-01"

    @pytest.mark.parametrize(
        "value",
        [
            "",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        ],
    )
    def test_anything_else_begins_a_new_one(self, value: str) -> None:
        trace = begin({"traceparent": value})
        assert trace.parent is None
        assert trace.trace_id != "4bf92f3577b34da6a3ce929d0e0e4736"

    async def test_logged(self, api: Api, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.INFO):
            parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
            await api.get("/v1/config", headers={"traceparent": parent})
        assert "trace=4bf92f3577b34da6a3ce929d0e0e4736" in caplog.text


async def test_the_page_for_people_needs_nothing_from_elsewhere(api: Api) -> None:
    answer = await api.get("/docs", role=None)
    text = answer.body.decode()
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "<script" not in text
    assert "src=" not in text
    assert text.count("href=") == 1
    for path in ("/v1/findings/bulk-update", "/api/v1/security/scans/sync", "/v1/config"):
        assert path in text


async def test_problem_details_when_the_caller_prefers_them(api: Api) -> None:
    headers = {"Accept": "application/problem+json"}
    answer = await api.call("PATCH", "/v1/findings/finding-1", {"status": "open"}, headers=headers)
    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json["type"].endswith("/errors/not-found")
