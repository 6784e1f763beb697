"""The configuration: B-12, B-13, its history, and what it means elsewhere."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.contract.harness import Api, contract

HOOK = "https://hooks.slack.com/services/T000/B000/verysecret"
SEED = {
    "scan_interval_minutes": 60,
    "auto_remediation_enabled": False,
    "notification_settings": {
        "slack_webhook": "https://hooks.slack.com/...",
        "email_recipients": ["security@company.com"],
    },
    "severity_thresholds": {"critical": 9.0, "high": 7.0, "medium": 4.0},
}


async def put(api: Api, body: Any, **options: Any) -> Any:
    return await api.call("PUT", "/v1/config", body, **options)


@contract("B-12")
class TestB12:
    async def test_defaults(self, api: Api) -> None:
        answer = await api.get("/v1/config", role="viewer")
        assert answer.status == 200
        assert answer.json == {
            "scan_interval_minutes": 60,
            "auto_remediation_enabled": False,
            "notification_settings": {"slack_webhook": None, "email_recipients": []},
            "severity_thresholds": {"critical": 9.0, "high": 7.0, "medium": 4.0},
            "environments": {},
            "sla_days": {"critical": 7, "high": 30, "medium": 90, "low": 180},
            "expiring_days": 30,
        }


@contract("B-13")
class TestB13:
    async def test_the_seed_s_document_round_trips(self, api: Api) -> None:
        answer = await put(api, SEED)
        assert answer.status == 200
        for member, value in SEED.items():
            if member != "notification_settings":
                assert answer.json[member] == value
        settings = answer.json["notification_settings"]
        assert settings == {
            "slack_webhook": "https://hooks.slack.com/***",
            "email_recipients": ["security@company.com"],
        }
        assert (await api.get("/v1/config")).json == answer.json

    async def test_the_mask_keeps_the_secret_and_another_replaces_it(self, api: Api) -> None:
        await put(api, {"notification_settings": {"slack_webhook": HOOK}})
        shown = (await api.get("/v1/config")).json
        assert "verysecret" not in str(shown)
        await put(api, {**shown, "scan_interval_minutes": 30})
        stored = (await api.configuration.stored()).notification_settings.slack_webhook
        assert stored == HOOK
        await put(api, {"notification_settings": {"slack_webhook": HOOK + "2"}})
        assert (await api.configuration.stored()).notification_settings.slack_webhook == HOOK + "2"
        await put(api, {})
        assert (await api.configuration.stored()).notification_settings.slack_webhook is None

    async def test_a_mask_without_a_secret_is_none(self, api: Api) -> None:
        await put(api, {"notification_settings": {"slack_webhook": "https://hooks.slack.com/***"}})
        assert (await api.get("/v1/config")).json["notification_settings"]["slack_webhook"] is None

    async def test_a_missing_member_takes_its_default(self, api: Api) -> None:
        await put(api, {"scan_interval_minutes": 5, "expiring_days": 9})
        assert (await put(api, {"auto_remediation_enabled": True})).json["scan_interval_minutes"] == 60

    @pytest.mark.parametrize(
        ("body", "field", "reason"),
        [
            ({"scan_interval_minutes": 4}, "scan_interval_minutes", "out_of_range"),
            ({"scan_interval_minutes": 10_081}, "scan_interval_minutes", "out_of_range"),
            ({"scan_interval_minutes": 5.5}, "scan_interval_minutes", "invalid_type"),
            ({"scan_interval_minutes": True}, "scan_interval_minutes", "invalid_type"),
            ({"severity_thresholds": {"critical": 10.1}}, "severity_thresholds.critical", "out_of_range"),
            ({"severity_thresholds": {"high": 9.0}}, "severity_thresholds.high", "out_of_range"),
            ({"severity_thresholds": {"medium": 0}}, "severity_thresholds.medium", "out_of_range"),
            ({"notification_settings": {"slack_webhook": "http://hooks.slack.com/x"}},
             "notification_settings.slack_webhook", "invalid_format"),
            ({"notification_settings": {"slack_webhook": "https://hooks.slack.com.evil.test/x"}},
             "notification_settings.slack_webhook", "invalid_format"),
            ({"notification_settings": {"slack_webhook": "https://u:p@hooks.slack.com/x"}},
             "notification_settings.slack_webhook", "invalid_format"),
            ({"notification_settings": {"slack_webhook": "https://[::1/x"}},
             "notification_settings.slack_webhook", "invalid_format"),
            ({"notification_settings": {"email_recipients": ["nobody"]}},
             "notification_settings.email_recipients.0", "invalid_format"),
            ({"sla_days": {"critical": 0}}, "sla_days.critical", "out_of_range"),
            ({"sla_days": {"urgent": 1}}, "sla_days.urgent", "unknown_field"),
            ({"surprise": 1}, "surprise", "unknown_field"),
        ],
    )  # fmt: skip
    async def test_bad_documents(self, api: Api, body: Any, field: str, reason: str) -> None:
        answer = await put(api, body)
        assert (answer.status, answer.error["details"]) == (400, {"field": field, "reason": reason})
        assert "verysecret" not in answer.body.decode()

    async def test_only_administrators(self, api: Api) -> None:
        assert (await put(api, {}, role="operator")).status == 403
        assert (await api.get("/v1/config", role="viewer")).status == 200

    async def test_if_match_loses_no_update(self, api: Api) -> None:
        first = await api.get("/v1/config")
        tag = first.headers["etag"]
        assert tag.startswith('"')
        changed = await put(api, {"scan_interval_minutes": 30}, headers={"If-Match": tag})
        assert changed.status == 200
        lost = await put(api, {"scan_interval_minutes": 45}, headers={"If-Match": tag})
        assert (lost.status, lost.error["code"]) == (412, "PRECONDITION_FAILED")
        assert (await api.get("/v1/config", headers={"If-None-Match": changed.headers["etag"]})).status == 304

    async def test_environments_name_subscriptions_and_win(self, api: Api) -> None:
        await put(api, {"environments": {"production": ["s-new"], "lab": ["s-lab"]}})
        url = "/api/v1/security/scans"
        assert (await api.started(url, {"environment": "production"})).subscriptions == ("s-new",)
        assert (await api.started(url, {"environment": "lab"})).subscriptions == ("s-lab",)
        assert (await api.started(url, {"environment": "staging"})).subscriptions == ("s-1", "s-2")
        unknown = await api.post(url, {"environment": "moon"})
        assert (unknown.status, unknown.error["details"]["field"]) == (400, "environment")

    async def test_expiring_days_reach_scans_once_a_document_is_there(self, api: Api) -> None:
        url = "/api/v1/security/scans"
        await api.post(url, {})
        assert [one.expiring_days for one in await api.scans.unfinished()] == [None], "the setting holds"
        await put(api, {"expiring_days": 9})
        api.clock.advance(timedelta(seconds=10))
        await api.post(url, {})
        assert {one.expiring_days for one in await api.scans.unfinished()} == {None, 9}

    async def test_the_message_names_the_bound(self, api: Api) -> None:
        answer = await put(api, {"severity_thresholds": {"medium": 0}})
        assert answer.error["message"] == "Severity thresholds medium must be greater than 0.0"
        answer = await put(api, {"scan_interval_minutes": 4})
        assert answer.error["message"] == "Scan interval minutes must be at least 5"

    async def test_an_environment_without_subscriptions_is_no_scan(self, api: Api) -> None:
        await put(api, {"environments": {"empty": []}})
        answer = await api.post("/api/v1/security/scans", {"environment": "empty"})
        assert (answer.status, answer.error["details"]) == (
            400,
            {"field": "environment", "reason": "invalid_value"},
        )


@contract("history")
async def test_history_of_the_first_environment_tells_of_it_alone(api: Api) -> None:
    await put(api, {"environments": {"dev": ["s-1"]}})
    await put(api, {})
    entries = (await api.get("/v1/config/history")).json["history"]
    assert [one["fields"] for one in entries] == [
        [{"field": "environments.dev", "before": ["s-1"], "after": None}],
        [{"field": "environments.dev", "before": None, "after": ["s-1"]}],
    ]


@contract("history")
async def test_history_tells_what_changed_and_no_secret(api: Api) -> None:
    await put(api, {"notification_settings": {"slack_webhook": HOOK}})
    changed = await put(api, {"notification_settings": {"slack_webhook": HOOK + "2"}, "expiring_days": 7})
    await put(api, {"notification_settings": {"slack_webhook": HOOK + "2"}, "expiring_days": 7})
    answer = await api.get("/v1/config/history")
    assert "verysecret" not in answer.body.decode()
    page = answer.json
    assert page["total"] == 2
    assert page["history"][0] == {
        "number": 2,
        "at": "2025-08-05T17:42:58Z",
        "by": "key-admin",
        "request_id": changed.headers["x-request-id"],
        "fields": [
            {"field": "expiring_days", "before": 30, "after": 7},
            {
                "field": "notification_settings.slack_webhook",
                "before": "https://hooks.slack.com/***",
                "after": "https://hooks.slack.com/***",
            },
        ],
    }
    assert (await api.get("/v1/config/history?limit=1&offset=1")).json["history"][0]["number"] == 1
