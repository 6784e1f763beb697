"""X-12 on the wire."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.harness import PUBLIC_URL, SUBSCRIPTION, Api, contract

NIGHTLY = {
    "name": "Every night",
    "cron": "0 30 2 * * *",
    "time_zone": "Europe/Berlin",
    "jitter_seconds": 60,
    "scan": {"subscription_ids": [SUBSCRIPTION, "s-2"], "scan_type": "network", "severity_filter": ["HIGH"]},
}


@contract("X-12")
async def test_a_schedule_is_made_and_shown(api: Api) -> None:
    answer = await api.post("/v1/schedules", NIGHTLY, role="operator")
    assert answer.status == 201, answer.body
    document = answer.json
    assert document == {
        "schedule_id": "sch-20250805-174258",
        "name": "Every night",
        "built_in": False,
        "cron": "0 30 2 * * *",
        "interval_minutes": None,
        "time_zone": "Europe/Berlin",
        "jitter_seconds": 60,
        "enabled": True,
        "scan": {
            "subscription_ids": [SUBSCRIPTION, "s-2"],
            "management_group": None,
            "environment": "default",
            "resource_group": None,
            "auto_remediate": False,
            "create_issues": False,
            "severity_filter": ["high"],
            "notification_channels": [],
            "custom_rules": [],
            "scan_type": "network",
            "compliance_frameworks": [],
        },
        "created_at": "2025-08-05T17:42:58Z",
        "last_run": None,
        "next_run": "2025-08-06T00:30:00Z",
    }
    assert answer.headers["location"] == f"{PUBLIC_URL}/v1/schedules/sch-20250805-174258"
    assert (await api.get("/v1/schedules/sch-20250805-174258", role="viewer")).json == document
    listed = (await api.get("/v1/schedules")).json
    assert [one["schedule_id"] for one in listed["schedules"]] == ["default", "sch-20250805-174258"]
    assert (listed["total"], listed["schedules"][0]["enabled"]) == (2, False)


@contract("X-12")
async def test_changes(api: Api) -> None:
    await api.post("/v1/schedules", NIGHTLY)
    url = "/v1/schedules/sch-20250805-174258"
    changed = await api.call("PATCH", url, {"interval_minutes": 30})
    assert (changed.json["cron"], changed.json["interval_minutes"]) == (None, 30)
    assert changed.json["next_run"] == "2025-08-05T18:12:58Z"
    off = await api.call("PATCH", url, {"enabled": False, "name": "Never"})
    assert (off.json["next_run"], off.json["name"]) == (None, "Never")
    group = await api.call("PATCH", url, {"scan": {"management_group": "mg-all"}})
    assert group.json["scan"]["management_group"] == "mg-all"
    assert group.json["scan"]["subscription_ids"] == []
    assert (await api.call("DELETE", url)).status == 204
    assert (await api.get(url)).status == 404 and (await api.call("DELETE", url)).status == 404


@contract("X-12")
async def test_the_built_in_schedule(api: Api) -> None:
    shown = (await api.get("/v1/schedules/default")).json
    assert (shown["built_in"], shown["enabled"], shown["interval_minutes"]) == (True, False, 60)
    on = await api.call("PATCH", "/v1/schedules/default", {"enabled": True})
    assert on.json["next_run"] == "2025-08-05T18:42:58Z"
    for method, body in (
        ("DELETE", None),
        ("PATCH", {"interval_minutes": 5}),
        ("PATCH", {"cron": "0 0 * * * *"}),
    ):
        assert (await api.call(method, "/v1/schedules/default", body)).status == 409


@contract("X-12")
@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"cron": None}, "cron", "missing_required_field"),
        ({"interval_minutes": 5}, "cron", "mutually_exclusive"),
        ({"cron": "0 0 25 * * *"}, "cron", "invalid_format"),
        ({"cron": "0 0 0 31 2 *"}, "cron", "invalid_value"),
        ({"time_zone": "Mars/Olympus"}, "time_zone", "invalid_value"),
        ({"time_zone": "../etc"}, "time_zone", "invalid_format"),
        ({"jitter_seconds": 3601}, "jitter_seconds", "out_of_range"),
        ({"cron": None, "interval_minutes": 0}, "interval_minutes", "out_of_range"),
        ({"name": " "}, "name", "invalid_value"),
        (
            {"scan": {"subscription_ids": ["a"], "management_group": "b"}},
            "scan.management_group",
            "mutually_exclusive",
        ),
        ({"scan": {"management_group": "../x"}}, "scan.management_group", "invalid_format"),
        ({"scan": {"scan_type": "everything"}}, "scan.scan_type", "invalid_value"),
        ({"scan": {"subscription_id": "a"}}, "scan.subscription_id", "unknown_field"),
        ({"scan": {"environment": "nowhere"}}, "scan.environment", "invalid_value"),
        ({"scan": {"custom_rules": ["no.such.rule"]}}, "scan.custom_rules", "invalid_value"),
        ({"scan": {"compliance_frameworks": ["soc9"]}}, "scan.compliance_frameworks", "invalid_value"),
    ],
)
async def test_bad_schedules(api: Api, changes: dict[str, Any], field: str, reason: str) -> None:
    answer = await api.post("/v1/schedules", {**NIGHTLY, **changes})
    assert answer.status == 400, answer.body
    assert (answer.error["details"]["field"], answer.error["details"]["reason"]) == (field, reason)
