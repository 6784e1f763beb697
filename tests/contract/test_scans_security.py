"""Surface A's scans: A-01 to A-04."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.domain.scan import ScanRequest, ScanStatus, ScanType
from shared.domain.severity import Severity
from tests.contract.harness import (
    NOW,
    PUBLIC_URL,
    SUBSCRIPTION,
    Api,
    contract,
    finished,
    scan_at,
    settings,
    store_finished_scan,
)

BASE = "/api/v1/security/scans"
SEED_BODY: dict[str, Any] = {
    "environment": "production",
    "scan_type": "full",
    "target_resources": [],
    "compliance_frameworks": ["soc2", "pci-dss"],
    "execute_actions": False,
}
SUMMARY = {
    "scan_id", "scan_type", "environment", "status", "created_at", "completed_at", "duration_seconds",
    "resources_scanned", "findings_count",
}  # fmt: skip


@contract("A-01")
class TestA01:
    @pytest.mark.parametrize("body", [SEED_BODY, {}, None])
    async def test_accepted_exactly_as_in_the_seed(self, api: Api, body: dict[str, Any] | None) -> None:
        answer = await api.post(BASE, body)
        assert answer.status == 202
        scan_id = answer.json["scan_id"]
        assert answer.json == {
            "status": "accepted",
            "scan_type": "full",
            "environment": "production",
            "message": "Security scan started. Use GET /security/scans to track progress.",
            "scan_id": scan_id,
            "links": {"self": f"{PUBLIC_URL}{BASE}/{scan_id}"},
        }
        assert answer.headers["location"] == f"{PUBLIC_URL}{BASE}/{scan_id}"
        assert answer.headers["operation-location"] == answer.headers["location"]
        assert answer.headers["retry-after"] == "2"

    async def test_members_reach_the_command(self, api: Api) -> None:
        body = {
            "environment": "staging",
            "scan_type": "network",
            "target_resources": ["/subscriptions/s-1/a", "/subscriptions/s-1/a", "repo"],
            "compliance_frameworks": ["soc2"],
            "execute_actions": True,
        }
        assert await api.started(BASE, body) == ScanRequest(
            scan_type=ScanType.NETWORK,
            environment="staging",
            subscriptions=("s-1", "s-2"),
            target_resources=("/subscriptions/s-1/a", "repo"),
            compliance_frameworks=("soc2",),
            execute_actions=True,
        )

    async def test_production_unconfigured_means_everything(self) -> None:
        api = Api(settings=settings(ENVIRONMENTS=""))
        assert (await api.started(BASE)).subscriptions is None

    async def test_C02_both_surfaces_reach_one_command(self, api: Api) -> None:
        ours = await api.started(BASE, {"environment": "production", "scan_type": "network"})
        theirs = await api.started("/v1/scans", {"subscription_id": SUBSCRIPTION, "scan_type": "network"})
        assert ours == theirs

    @pytest.mark.parametrize(
        ("body", "field", "reason"),
        [
            ({"environment": "moon"}, "environment", "invalid_value"),
            ({"environment": None}, "environment", "invalid_type"),
            ({"scan_type": "FULL"}, "scan_type", "invalid_value"),
            ({"scan_type": 3}, "scan_type", "invalid_type"),
            ({"target_resources": {}}, "target_resources", "invalid_type"),
            ({"target_resources": ["repo", "/"]}, "target_resources.1", "invalid_format"),
            ({"target_resources": ["/subscriptions/"]}, "target_resources.0", "invalid_format"),
            ({"target_resources": ["a", 1]}, "target_resources.1", "invalid_type"),
            ({"target_resources": ["a" * 2049]}, "target_resources.0", "too_long"),
            ({"target_resources": ["a"] * 1001}, "target_resources", "too_long"),
            ({"compliance_frameworks": ["SOC 2"]}, "compliance_frameworks.0", "invalid_format"),
            ({"execute_actions": "false"}, "execute_actions", "invalid_type"),
            ({"subscription_id": "s"}, "subscription_id", "unknown_field"),
            ([], "body", "invalid_type"),
        ],
    )
    async def test_refusals(self, api: Api, body: Any, field: str, reason: str) -> None:
        for url in (BASE, f"{BASE}/sync"):
            answer = await api.post(url, body)
            assert answer.status == 400
            assert answer.error["details"] == {"field": field, "reason": reason}


@contract("A-02")
class TestA02:
    async def test_waits_for_the_end(self, api: Api) -> None:
        async def end() -> None:
            if len(api.slept) == 3:
                (scan,) = await api.scans.unfinished()
                await api.finish(scan.scan_id)

        api.on_sleep = end
        answer = await api.post(f"{BASE}/sync")
        assert (answer.status, answer.json["status"]) == (200, "completed")
        assert len(api.slept) == 3
        detail = await api.get(f"{BASE}/{answer.json['scan_id']}")
        assert detail.json == answer.json

    async def test_C08_gives_up_after_180_seconds(self, api: Api) -> None:
        answer = await api.post(f"{BASE}/sync", SEED_BODY)
        assert answer.status == 202
        assert answer.json["status"] == "accepted"
        assert answer.headers["location"] == f"{PUBLIC_URL}{BASE}/{answer.json['scan_id']}"
        assert sum(api.slept) == pytest.approx(180)

    async def test_sync_is_no_scan_id(self, api: Api) -> None:
        assert (await api.get(f"{BASE}/sync")).status == 404


@contract("A-03")
class TestA03:
    async def test_page_of_summaries(self, api: Api) -> None:
        for index in range(3):
            await api.scans.insert(finished(NOW + timedelta(minutes=index)))
        page = (await api.get(BASE)).json
        assert set(page) == {"scans", "total", "limit", "offset"}
        assert (page["total"], page["limit"], page["offset"]) == (3, 50, 0)
        assert all(set(entry) >= SUMMARY for entry in page["scans"])
        assert [entry["created_at"] for entry in page["scans"]] == [
            "2025-08-05T17:44:58Z",
            "2025-08-05T17:43:58Z",
            "2025-08-05T17:42:58Z",
        ]

    async def test_next_link_keeps_every_parameter_and_ends(self, api: Api) -> None:
        for index in range(3):
            await api.scans.insert(finished(NOW + timedelta(minutes=index)))
        first = (await api.get(f"{BASE}?scan_type=full&limit=2")).json
        assert first["next_link"].startswith(f"{PUBLIC_URL}{BASE}?scan_type=full&limit=2&cursor=")
        last = (await api.get(first["next_link"].removeprefix(PUBLIC_URL))).json
        assert (len(last["scans"]), last["total"]) == (1, 3)
        assert "next_link" not in last

    async def test_a_cursor_of_the_other_surface_is_refused(self, api: Api) -> None:
        for index in range(3):
            await api.scans.insert(finished(NOW + timedelta(minutes=index)))
        link = (await api.get(f"{BASE}?limit=2")).json["next_link"]
        answer = await api.get(f"/v1/scans?limit=2&cursor={link.partition('cursor=')[2]}")
        assert answer.error["details"] == {"field": "cursor", "reason": "invalid_value"}


@contract("A-04")
class TestA04:
    async def test_detail(self, api: Api) -> None:
        request = ScanRequest(
            target_resources=("repo",), compliance_frameworks=("soc2",), execute_actions=True
        )
        scan = await store_finished_scan(api, [Severity.HIGH] * 3, request=request)
        answer = await api.get(f"{BASE}/{scan.scan_id}")
        detail = answer.json
        assert answer.status == 200
        assert set(detail) >= SUMMARY
        assert (detail["target_resources"], detail["compliance_frameworks"]) == (["repo"], ["soc2"])
        assert detail["execute_actions"] is True
        assert len(detail["findings"]) == detail["findings_total"] == 3
        assert detail["findings_link"] == f"{PUBLIC_URL}/v1/scans/{scan.scan_id}/results"
        assert (detail["vulnerabilities"], detail["vulnerabilities_total"]) == ([], 0)
        assert (detail["compliance"], detail["errors"]) == ({}, [])
        same = (await api.get(f"/v1/scans/{scan.scan_id}/results")).json
        assert detail["findings"] == same["findings"]

    async def test_first_200_findings(self, api: Api) -> None:
        scan = await store_finished_scan(api, [Severity.LOW] * 201)
        detail = (await api.get(f"{BASE}/{scan.scan_id}")).json
        assert (len(detail["findings"]), detail["findings_total"]) == (200, 201)

    async def test_running(self, api: Api) -> None:
        await api.scans.insert(scan_at(NOW, status=ScanStatus.PLANNING))
        answer = await api.get(f"{BASE}/scan-20250805-174258")
        assert (answer.json["status"], answer.headers["retry-after"]) == ("running", "2")

    @pytest.mark.parametrize("scan_id", ["scan-20250805-174258", "nonsense", "scan-x"])
    async def test_unknown(self, api: Api, scan_id: str) -> None:
        answer = await api.get(f"{BASE}/{scan_id}")
        assert (answer.status, answer.error["code"]) == (404, "NOT_FOUND")
