"""Findings in people's hands: B-06, B-07, their history, and filters of B-04."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.domain.finding import FindingStatus
from shared.frameworks.registry import rules_of
from tests.contract.harness import (
    NOW,
    PUBLIC_URL,
    RULE,
    SUBSCRIPTION,
    Api,
    contract,
    frozen,
    observation,
    record,
    scan_at,
)


async def stored(api: Api, count: int = 1, **members: Any) -> list[str]:
    """Findings a minute apart; ids oldest first."""
    scan = scan_at(NOW)
    rows = [
        record(frozen(scan, observation(number), NOW + timedelta(minutes=number)), **members)
        for number in range(count)
    ]
    assert await api.findings.save([(row, None) for row in rows]) == []
    return [row.id for row in rows]


async def patch(api: Api, finding_id: str, body: Any, **options: Any) -> Any:
    return await api.call("PATCH", f"/v1/findings/{finding_id}", body, **options)


@contract("B-06")
class TestB06:
    async def test_the_seed_s_call(self, api: Api) -> None:
        (finding_id,) = await stored(api)
        answer = await patch(
            api,
            finding_id,
            {
                "status": "resolved",
                "resolution_notes": "Fixed by restricting SSH access to management subnet",
                "resolved_by": "admin@company.com",
            },
        )
        assert answer.status == 200
        shown = answer.json
        assert (shown["id"], shown["status"]) == ("finding-20250805-174258", "resolved")
        assert shown["resolution_notes"] == "Fixed by restricting SSH access to management subnet"
        assert (shown["resolved_by"], shown["resolved_at"]) == ("admin@company.com", "2025-08-05T17:42:58Z")
        assert shown == (await api.get(f"/v1/findings/{finding_id}")).json

    async def test_resolved_by_defaults_to_the_caller(self, api: Api) -> None:
        (finding_id,) = await stored(api)
        assert (await patch(api, finding_id, {"status": "resolved"}, role="operator")).json[
            "resolved_by"
        ] == "key-operator"

    async def test_the_sdk_s_call(self, api: Api) -> None:
        (finding_id,) = await stored(api)
        body = {"assigned_to": "security-team@company.com", "priority": "urgent"}
        shown = (await patch(api, finding_id, body)).json
        assert (shown["assigned_to"], shown["priority"], shown["status"]) == (*body.values(), "open")
        merged = await patch(
            api, finding_id, {"assigned_to": None}, headers={"Content-Type": "application/merge-patch+json"}
        )
        assert (merged.json["assigned_to"], merged.json["priority"]) == (None, "urgent")

    async def test_reopening_takes_the_resolution_away(self, api: Api) -> None:
        (finding_id,) = await stored(api)
        await patch(api, finding_id, {"status": "resolved"})
        shown = (await patch(api, finding_id, {"status": "in_progress"})).json
        assert (shown["resolved_at"], shown["resolved_by"], shown["status"]) == (None, None, "in_progress")
        assert shown["detected_at"] == "2025-08-05T17:42:58Z"

    @pytest.mark.parametrize(
        ("body", "field", "reason"),
        [
            ({}, "body", "missing_required_field"),
            ({"status": "gone"}, "status", "invalid_value"),
            ({"status": None}, "status", "invalid_type"),
            ({"status": 1}, "status", "invalid_type"),
            ({"priority": "later"}, "priority", "invalid_value"),
            ({"surprise": 1}, "surprise", "unknown_field"),
            ({"resolution_notes": "x" * 4001}, "resolution_notes", "too_long"),
            ({"resolution_notes": "evil \u202e txt"}, "resolution_notes", "invalid_format"),
            ({"resolution_notes": "bell \u0007"}, "resolution_notes", "invalid_format"),
            ({"assigned_to": "zero\u200bwidth"}, "assigned_to", "invalid_format"),
            ({"assigned_to": ""}, "assigned_to", "invalid_value"),
            ({"resolved_by": ["a"]}, "resolved_by", "invalid_type"),
        ],
    )
    async def test_bad_bodies(self, api: Api, body: Any, field: str, reason: str) -> None:
        (finding_id,) = await stored(api)
        answer = await patch(api, finding_id, body)
        assert (answer.status, answer.error["details"]) == (400, {"field": field, "reason": reason})

    @pytest.mark.parametrize(
        "body",
        [
            b'{"status": "open", "status": "resolved"}',
            b'{"priority": NaN}',
            b'{"assigned_to": "\\ud800"}',
            b'{"assigned_to": 1e999}',
            b'{"assigned_to": ' + b"[" * 5000 + b"]" * 5000 + b"}",
            b'{"assigned_to": 123456789012345678901234567890}',
        ],
    )
    async def test_hostile_json(self, api: Api, body: bytes) -> None:
        (finding_id,) = await stored(api)
        answer = await patch(api, finding_id, body)
        assert (answer.status, answer.error["code"]) == (400, "INVALID_REQUEST")

    async def test_a_move_that_its_state_does_not_allow(self, api: Api) -> None:
        (finding_id,) = await stored(api, status=FindingStatus.FALSE_POSITIVE)
        answer = await patch(api, finding_id, {"status": "suppressed"})
        assert (answer.status, answer.error["code"]) == (409, "CONFLICT")
        assert answer.error["details"] == {"status": "false_positive", "allowed": ["in_progress", "open"]}

    async def test_who_may(self, api: Api) -> None:
        (finding_id,) = await stored(api)
        assert (await patch(api, finding_id, {"status": "resolved"}, role="viewer")).status == 403
        assert (await patch(api, "finding-20250101-000000", {"status": "resolved"})).status == 404
        text = {"Content-Type": "text/plain"}
        assert (await patch(api, finding_id, {"status": "resolved"}, headers=text)).status == 415


@contract("B-07")
class TestB07:
    async def test_the_seed_s_call(self, api: Api) -> None:
        body = {
            "finding_ids": ["finding-1", "finding-2", "finding-3"],
            "action": "resolve",
            "resolution_notes": "Mass remediation applied",
        }
        answer = await api.post("/v1/findings/bulk-update", body)
        assert answer.status == 200
        assert (answer.json["updated"], answer.json["failed"]) == (0, 3)
        assert [(one["id"], one["status"]) for one in answer.json["results"]] == [
            (f"finding-{number}", "not_found") for number in (1, 2, 3)
        ]

    async def test_the_sdk_s_call(self, api: Api) -> None:
        ids = await stored(api, 3)
        updates = [{"id": one, "status": "in_progress", "assigned_to": "security-team"} for one in ids]
        answer = await api.post("/v1/findings/bulk-update", {"updates": updates})
        assert answer.json == {
            "updated": 3,
            "failed": 0,
            "results": [{"id": one, "status": "updated"} for one in ids],
        }
        for one in ids:
            shown = (await api.get(f"/v1/findings/{one}")).json
            assert (shown["status"], shown["assigned_to"]) == ("in_progress", "security-team")

    async def test_each_item_has_its_own_outcome(self, api: Api) -> None:
        ids = await stored(api, 2)
        await patch(api, ids[1], {"status": "false_positive"})
        updates = [
            {"id": ids[0], "status": "suppressed"},
            {"id": ids[1], "status": "suppressed"},
            {"id": "finding-9", "status": "open"},
            {"id": ids[0]},
            {"id": ids[0], "status": "open"},
        ]
        answer = (await api.post("/v1/findings/bulk-update", {"updates": updates})).json
        assert [one["status"] for one in answer["results"]] == [
            *("updated", "conflict", "not_found", "invalid", "updated")
        ]
        assert (answer["updated"], answer["failed"]) == (2, 3)
        assert all("error" in one for one in answer["results"] if one["status"] != "updated")
        assert (await api.get(f"/v1/findings/{ids[0]}")).json["status"] == "open"

    @pytest.mark.parametrize(
        ("action", "status"),
        [("resolve", "resolved"), ("start", "in_progress"), ("suppress", "suppressed"), ("assign", "open")],
    )
    async def test_actions(self, api: Api, action: str, status: str) -> None:
        ids = await stored(api, 2)
        body = {"finding_ids": ids, "action": action, "assigned_to": "zoe"}
        assert (await api.post("/v1/findings/bulk-update", body)).json["updated"] == 2
        shown = (await api.get(f"/v1/findings/{ids[1]}")).json
        assert (shown["status"], shown["assigned_to"]) == (status, "zoe")

    async def test_reopen(self, api: Api) -> None:
        ids = await stored(api, 1, status=FindingStatus.RESOLVED)
        await api.post("/v1/findings/bulk-update", {"finding_ids": ids, "action": "reopen"})
        assert (await api.get(f"/v1/findings/{ids[0]}")).json["status"] == "open"

    @pytest.mark.parametrize(
        ("body", "field", "reason"),
        [
            ({}, "finding_ids", "missing_required_field"),
            ({"finding_ids": ["a"]}, "action", "missing_required_field"),
            ({"finding_ids": ["a"], "action": "explode"}, "action", "invalid_value"),
            ({"finding_ids": [], "action": "resolve"}, "finding_ids", "invalid_value"),
            ({"finding_ids": ["a"] * 501, "action": "resolve"}, "finding_ids", "too_long"),
            ({"updates": []}, "updates", "invalid_value"),
            ({"updates": [{"id": "a"}], "action": "resolve"}, "action", "mutually_exclusive"),
            ({"updates": [{"status": "open"}]}, "updates.0.id", "missing_required_field"),
            ({"updates": [{"id": "a", "status": "x"}]}, "updates.0.status", "invalid_value"),
            ({"finding_ids": ["a"], "action": "assign"}, "assigned_to", "missing_required_field"),
        ],
    )
    async def test_bad_bodies(self, api: Api, body: Any, field: str, reason: str) -> None:
        answer = await api.post("/v1/findings/bulk-update", body)
        assert (answer.status, answer.error["details"]) == (400, {"field": field, "reason": reason})

    async def test_five_hundred_at_once(self, api: Api) -> None:
        ids = await stored(api, 500)
        answer = await api.post("/v1/findings/bulk-update", {"finding_ids": ids, "action": "resolve"})
        assert answer.json["updated"] == 500
        assert (await api.get("/v1/findings?status=resolved&limit=1")).json["total"] == 500


@contract("history")
class TestHistory:
    async def test_who_when_from_to_and_by_which_call(self, api: Api) -> None:
        (finding_id,) = await stored(api)
        first = await patch(api, finding_id, {"status": "in_progress", "assigned_to": "zoe"})
        api.clock.advance(60)
        second = await patch(api, finding_id, {"status": "resolved"}, role="operator")
        assert (await patch(api, finding_id, {"status": "resolved"})).status == 200, "nothing changes"
        page = (await api.get(f"/v1/findings/{finding_id}/history")).json
        assert (page["finding_id"], page["total"]) == (finding_id, 2)
        assert page["history"][1] == {
            "number": 1,
            "at": "2025-08-05T17:42:58Z",
            "source": "person",
            "by": "key-admin",
            "request_id": first.headers["x-request-id"],
            "fields": [
                {"field": "status", "before": "open", "after": "in_progress"},
                {"field": "assigned_to", "before": None, "after": "zoe"},
            ],
        }
        newest = page["history"][0]
        assert (newest["by"], newest["request_id"]) == ("key-operator", second.headers["x-request-id"])
        assert {one["field"] for one in newest["fields"]} == {
            *("status", "resolved_by", "resolved_at", "resolution")
        }

    async def test_pages(self, api: Api) -> None:
        (finding_id,) = await stored(api)
        for number in range(7):
            await patch(api, finding_id, {"assigned_to": f"p{number}"})
        seen, url = [], f"/v1/findings/{finding_id}/history?limit=3"
        while url:
            page = (await api.get(url)).json
            seen += [one["number"] for one in page["history"]]
            url = page.get("next_link", "").removeprefix(PUBLIC_URL)
        assert seen == [7, 6, 5, 4, 3, 2, 1]
        assert (await api.get("/v1/findings/finding-1/history")).status == 404

    async def test_the_latest_entry_is_in_the_record_when_it_was_not_filed(self, api: Api) -> None:
        """A process that dies between the record and its entry loses nothing."""
        (finding_id,) = await stored(api)
        await patch(api, finding_id, {"assigned_to": "zoe"})
        history: Any = api.engine.history
        history._changes.clear()
        page = (await api.get(f"/v1/findings/{finding_id}/history")).json
        assert [one["number"] for one in page["history"]] == [1]


@contract("B-04")
class TestFilters:
    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            (f"rule_id={RULE.rule_id}", 4),
            ("rule_id=network.nsg.other", 0),
            (f"subscription_id={SUBSCRIPTION.upper()}", 4),
            ("subscription_id=elsewhere", 0),
            (f"resource_id={observation(2).resource_id.lower()}", 1),
            ("q=NSG-3", 1),
            ("q=ssh", 4),
            ("q=nothing%20of%20that", 0),
            ("assigned_to=ZOE", 4),
            ("assigned_to=adam", 0),
            ("detected_after=2025-08-05T17:44:58Z", 2),
            ("detected_after=2025-08-05T19:44:58%2B02:00", 2),
            ("detected_before=2025-08-05T17:43:58Z", 1),
            ("detected_after=2025-08-05T17:43:58Z&detected_before=2025-08-05T17:44:58Z&q=ssh", 1),
            ("framework=soc2", 4 if RULE.rule_id in rules_of("soc2") else 0),
            (f"rule_id={RULE.rule_id}&status=open&severity=critical&assigned_to=zoe", 4),
        ],
    )
    async def test_any_combination(self, api: Api, query: str, expected: int) -> None:
        await stored(api, 4, assigned_to="zoe")
        page = (await api.get(f"/v1/findings?{query}")).json
        assert (len(page["findings"]), page["total"]) == (expected, expected)

    @pytest.mark.parametrize(
        ("query", "field", "reason"),
        [
            ("rule_id=", "rule_id", "invalid_value"),
            ("status=", "status", "invalid_value"),
            ("q=%00", "q", "invalid_format"),
            (f"q={'x' * 201}", "q", "too_long"),
            ("detected_after=yesterday", "detected_after", "invalid_format"),
            ("detected_after=2025-08-05T17:44:58", "detected_after", "invalid_format"),
            ("limit=1&limit=2", "limit", "invalid_value"),
            ("framework=SOC2!", "framework", "invalid_format"),
            ("framework=unheard-of", "framework", "invalid_value"),
        ],
    )
    async def test_bad_filters(self, api: Api, query: str, field: str, reason: str) -> None:
        answer = await api.get(f"/v1/findings?{query}")
        assert (answer.status, answer.error["details"]) == (400, {"field": field, "reason": reason})

    async def test_a_link_repeats_every_filter(self, api: Api) -> None:
        await stored(api, 3)
        query = f"detected_after=2025-01-01T00:00:00Z&q=ssh&rule_id={RULE.rule_id}&limit=1"
        page = (await api.get(f"/v1/findings?{query}")).json
        ids = [page["findings"][0]["id"]]
        while "next_link" in page:
            page = (await api.get(page["next_link"].removeprefix(PUBLIC_URL))).json
            ids += [one["id"] for one in page["findings"]]
        assert len(set(ids)) == 3


@contract("B-05")
class TestDueDates:
    async def test_by_severity_and_state(self, api: Api) -> None:
        (finding_id,) = await stored(api)
        shown = (await api.get(f"/v1/findings/{finding_id}")).json
        assert (shown["sla_due_at"], shown["sla_breached"]) == ("2025-08-12T17:42:58Z", False)
        api.clock.advance(8 * 86_400)
        assert (await api.get(f"/v1/findings/{finding_id}")).json["sla_breached"] is True
        config = {"sla_days": {"critical": 30}}
        assert (await api.call("PUT", "/v1/config", config)).status == 200
        shown = (await api.get(f"/v1/findings/{finding_id}")).json
        assert (shown["sla_due_at"], shown["sla_breached"]) == ("2025-09-04T17:42:58Z", False)
        quiet = (await patch(api, finding_id, {"status": "false_positive"})).json
        assert (quiet["sla_due_at"], quiet["sla_breached"]) == (None, False)
