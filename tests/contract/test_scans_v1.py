"""Surface B's scans: B-01 to B-03, X-01, X-02, X-02b. Test names carry the contract's ids."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.domain.errors import UnavailableError
from shared.domain.finding import FindingStatus, Priority
from shared.domain.plan import Marker, PlanCursor, PlannedPage, PlanStep, Shard, ShardOutcome, ShardStage
from shared.domain.scan import NotificationChannel, ScanRequest, ScanStatus, ScanType
from shared.domain.severity import Severity
from shared.ports.errors import BrokerUnavailableError
from tests.contract.harness import (
    NOW,
    PUBLIC_URL,
    RULE,
    SUBSCRIPTION,
    Api,
    contract,
    finished,
    frozen,
    observation,
    record,
    scan_at,
    settings,
    store_finished_scan,
)

CRITICAL, HIGH, MEDIUM, LOW = Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW

SEED_BODY: dict[str, Any] = {
    "subscription_id": "e17f4f74-0d91-4313-9716-0a2edcceefb7",
    "scope": "resource_group",
    "resource_group": "optional-rg-name",
    "auto_remediate": False,
    "create_issues": True,
    "severity_filter": ["critical", "high"],
    "notification_channels": ["slack", "email"],
    "custom_rules": [RULE.rule_id],
}
SEED_FINDING_MEMBERS = {
    "id", "severity", "title", "description", "resource_name", "resource_group", "resource_type",
    "risk_score", "cvss_score", "auto_remediable", "remediation_steps", "github_issue_url", "detected_at",
}  # fmt: skip


@contract("B-01")
class TestB01:
    async def test_seed_body_starts_a_scan(self, api: Api) -> None:
        answer = await api.post("/v1/scans", SEED_BODY)
        assert answer.status == 202
        scan_id = answer.json["scan_id"]
        assert answer.json == {
            "scan_id": scan_id,
            "status": "running",
            "created_at": "2025-08-05T17:42:58Z",
            "estimated_completion": "2025-08-05T17:45:00Z",
        }
        assert answer.headers["location"] == f"{PUBLIC_URL}/v1/scans/{scan_id}"
        assert answer.headers["operation-location"] == f"{PUBLIC_URL}/v1/scans/{scan_id}"
        assert answer.headers["retry-after"] == "2"
        stored = await api.stored(scan_id)
        assert stored.requested_by == "key-admin"
        assert stored.request == ScanRequest(
            environment="production",
            subscriptions=(SUBSCRIPTION,),
            resource_group="optional-rg-name",
            create_issues=True,
            severity_filter=(CRITICAL, HIGH),
            notification_channels=(NotificationChannel.SLACK, NotificationChannel.EMAIL),
            custom_rules=(RULE.rule_id,),
        )

    async def test_defaults(self, api: Api) -> None:
        assert await api.started("/v1/scans", {"subscription_id": "your-subscription-id"}) == ScanRequest(
            environment="default", subscriptions=("your-subscription-id",)
        )

    async def test_auto_remediate_is_the_switch_of_surface_a(self, api: Api) -> None:
        body = {
            "subscription_id": "s-1",
            "auto_remediate": True,
            "scan_type": "network",
            "compliance_frameworks": ["soc2"],
            "environment": "staging",
        }
        request = await api.started("/v1/scans", body)
        assert request.execute_actions
        assert request.scan_type is ScanType.NETWORK
        assert request.compliance_frameworks == ("soc2",)
        assert request.environment == "staging"

    async def test_environment_by_reverse_lookup(self, api: Api) -> None:
        request = await api.started("/v1/scans", {"subscription_id": "S-2"})
        assert request.environment == "staging"

    async def test_golden_error_of_an_empty_object(self, api: Api) -> None:
        bodies: tuple[dict[str, Any] | None, ...] = ({}, None)
        for body in bodies:
            answer = await api.post("/v1/scans", body)
            assert answer.status == 400
            assert answer.error == {
                "code": "INVALID_REQUEST",
                "message": "Subscription ID is required",
                "details": {"field": "subscription_id", "reason": "missing_required_field"},
                "request_id": answer.headers["x-request-id"],
            }

    @pytest.mark.parametrize(
        ("change", "field", "reason"),
        [
            ({"subscription_id": 5}, "subscription_id", "invalid_type"),
            ({"subscription_id": None}, "subscription_id", "invalid_type"),
            ({"subscription_id": ""}, "subscription_id", "invalid_value"),
            ({"subscription_id": " "}, "subscription_id", "invalid_value"),
            ({"subscription_id": "a\nb"}, "subscription_id", "invalid_format"),
            ({"subscription_id": "s" * 201}, "subscription_id", "too_long"),
            ({"scope": "planet"}, "scope", "invalid_value"),
            ({"scope": "resource_group"}, "resource_group", "missing_required_field"),
            ({"scope": "subscription", "resource_group": "g"}, "resource_group", "mutually_exclusive"),
            ({"resource_group": "g" * 91}, "resource_group", "too_long"),
            ({"auto_remediate": "yes"}, "auto_remediate", "invalid_type"),
            ({"auto_remediate": 1}, "auto_remediate", "invalid_type"),
            ({"severity_filter": "critical"}, "severity_filter", "invalid_type"),
            ({"severity_filter": ["critical", "huge"]}, "severity_filter.1", "invalid_value"),
            ({"severity_filter": [3]}, "severity_filter.0", "invalid_type"),
            ({"notification_channels": ["pigeon"]}, "notification_channels.0", "invalid_value"),
            ({"custom_rules": ["x"] * 1001}, "custom_rules", "too_long"),
            ({"custom_rules": ["rule1", "rule2"]}, "custom_rules", "invalid_value"),
            ({"custom_rules": [1] * 1001}, "custom_rules", "too_long"),
            ({"scan_type": "everything"}, "scan_type", "invalid_value"),
            ({"colour": "red"}, "colour", "unknown_field"),
        ],
    )
    async def test_refusals(self, api: Api, change: dict[str, Any], field: str, reason: str) -> None:
        answer = await api.post("/v1/scans", {"subscription_id": "s", **change})
        assert answer.status == 400
        assert answer.error["code"] == "INVALID_REQUEST"
        assert (answer.error["details"]["field"], answer.error["details"]["reason"]) == (field, reason)

    async def test_several_errors_in_document_order_without_values(self, api: Api) -> None:
        answer = await api.post("/v1/scans", {"zzz": "hush", "scope": "hush", "subscription_id": 7})
        details = answer.error["details"]
        assert [entry["field"] for entry in details["errors"]] == ["zzz", "scope", "subscription_id"]
        assert (details["field"], details["reason"]) == ("zzz", "unknown_field")
        assert b"hush" not in answer.body

    async def test_resource_group_alone_narrows(self, api: Api) -> None:
        request = await api.started("/v1/scans", {"subscription_id": "s", "resource_group": "g"})
        assert request.resource_group == "g"

    async def test_strict_subscription_ids(self) -> None:
        api = Api(settings=settings(STRICT_SUBSCRIPTION_IDS="true"))
        answer = await api.post("/v1/scans", {"subscription_id": "your-subscription-id"})
        assert answer.error["details"] == {"field": "subscription_id", "reason": "invalid_format"}
        assert (await api.post("/v1/scans", {"subscription_id": SUBSCRIPTION.upper()})).status == 202

    @pytest.mark.parametrize(
        ("failure", "retry_after"),
        [(BrokerUnavailableError("amqp secret-host"), "5"), (UnavailableError("Busy", 7), "7")],
    )
    async def test_unavailable(self, api: Api, failure: Exception, retry_after: str) -> None:
        api.messenger.failure = failure
        answer = await api.post("/v1/scans", {"subscription_id": "s"})
        assert (answer.status, answer.error["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert answer.headers["retry-after"] == retry_after
        assert b"secret-host" not in answer.body


@contract("B-02")
class TestB02:
    async def test_completed_scan_reads_as_in_the_seed(self, api: Api) -> None:
        scan = await store_finished_scan(api, [CRITICAL] + [HIGH] * 2 + [MEDIUM] * 5 + [LOW] * 8)
        answer = await api.get(f"/v1/scans/{scan.scan_id}")
        assert answer.status == 200
        assert scan.scan_id == "scan-20250805-174258"
        seed = {
            "scan_id": "scan-20250805-174258",
            "status": "completed",
            "created_at": "2025-08-05T17:42:58Z",
            "completed_at": "2025-08-05T17:43:15Z",
            "duration_seconds": 17,
            "resources_scanned": 156,
            "findings_count": {"critical": 1, "high": 2, "medium": 5, "low": 8},
        }
        assert {key: answer.json[key] for key in seed} == seed
        assert "retry-after" not in answer.headers

    @pytest.mark.parametrize(
        "status", [ScanStatus.QUEUED, ScanStatus.PLANNING, ScanStatus.RUNNING, ScanStatus.FINALIZING]
    )
    async def test_not_terminal_is_shown_running(self, api: Api, status: ScanStatus) -> None:
        ends = NOW + timedelta(seconds=9) if status is ScanStatus.FINALIZING else None
        scan = scan_at(NOW, status=status, completed_at=ends)
        await api.scans.insert(scan)
        answer = await api.get(f"/v1/scans/{scan.scan_id}")
        assert answer.json["status"] == "running"
        assert answer.json["completed_at"] is None
        assert answer.json["duration_seconds"] is None
        assert answer.json["findings_count"] == {"critical": 0, "high": 0, "medium": 0, "low": 0}
        assert answer.headers["retry-after"] == "2"

    async def test_I1_duration_is_that_of_the_shown_times(self, api: Api) -> None:
        scan = finished(NOW + timedelta(milliseconds=900)).model_copy(
            update={"completed_at": NOW + timedelta(seconds=17, milliseconds=100)}
        )
        await api.scans.insert(scan)
        assert (await api.get(f"/v1/scans/{scan.scan_id}")).json["duration_seconds"] == 17

    @pytest.mark.parametrize("scan_id", ["scan-20250805-174259", "sync", "x", "scan-20250805-174258-UPPER"])
    async def test_unknown(self, api: Api, scan_id: str) -> None:
        for suffix in ("", "/results", "/coverage", "/exposure"):
            answer = await api.get(f"/v1/scans/{scan_id}{suffix}")
            assert (answer.status, answer.error["code"]) == (404, "NOT_FOUND")


@contract("B-03")
class TestB03:
    async def test_finding_has_the_members_of_the_seed(self, api: Api) -> None:
        scan = await store_finished_scan(api, [CRITICAL])
        answer = await api.get(f"/v1/scans/{scan.scan_id}/results")
        (shown,) = answer.json["findings"]
        seed = {
            "severity": "critical",
            "title": "Unrestricted SSH access detected",
            "description": "SSH port 22 is open to the internet (0.0.0.0/0)",
            "resource_name": "SSH",
            "resource_group": "Honeypot_group",
            "resource_type": "NSG_RULE",
            "risk_score": 95,
            "cvss_score": 9.8,
            "auto_remediable": True,
            "remediation_steps": [
                "Restrict SSH access to management subnet",
                "Implement Just-In-Time (JIT) access",
                "Enable Azure Bastion for secure access",
            ],
            "github_issue_url": None,
            "detected_at": "2025-08-05T17:43:01Z",
        }
        assert set(shown) >= SEED_FINDING_MEMBERS
        assert {key: shown[key] for key in seed} == seed
        assert shown["id"].startswith("finding-20250805-174301")
        assert shown["first_seen_at"] == shown["last_seen_at"] == "2025-08-05T17:43:01Z"

    async def test_I2_I3_I9_sums(self, api: Api) -> None:
        scan = await store_finished_scan(api, [CRITICAL] + [HIGH] * 2 + [MEDIUM] * 5 + [LOW] * 8)
        state = (await api.get(f"/v1/scans/{scan.scan_id}")).json
        results = (await api.get(f"/v1/scans/{scan.scan_id}/results")).json
        summary = results["summary"]
        assert summary["total_findings"] == sum(summary["by_severity"].values()) == 16
        assert summary["auto_remediable"] + summary["manual_review_required"] == 16
        assert state["findings_count"] == summary["by_severity"]
        assert len(results["findings"]) == 16
        assert "next_link" not in results

    async def test_pages_and_their_links(self, api: Api) -> None:
        scan = await store_finished_scan(api, [HIGH, LOW] * 5)
        url: str | None = f"/v1/scans/{scan.scan_id}/results?severity=LOW,info&limit=2"
        ids: list[str] = []
        while url is not None:
            page = await api.get(url)
            assert (page.status, page.json["total"], page.json["limit"]) == (200, 5, 2)
            assert page.json["summary"]["total_findings"] == 10
            ids += [entry["id"] for entry in page.json["findings"]]
            link = page.json.get("next_link")
            assert link is None or link.startswith(
                f"{PUBLIC_URL}/v1/scans/{scan.scan_id}/results?severity=low"
            )
            url = link.removeprefix(PUBLIC_URL) if link else None
        assert len(ids) == len(set(ids)) == 5

    async def test_cursor_is_bound_to_its_list(self, api: Api) -> None:
        scan = await store_finished_scan(api, [HIGH, LOW] * 5)
        other = await store_finished_scan(api, [HIGH] * 3, at=NOW + timedelta(hours=1), first=10)
        link = (await api.get(f"/v1/scans/{scan.scan_id}/results?limit=2")).json["next_link"]
        cursor = link.partition("cursor=")[2]
        for url in (
            f"/v1/scans/{other.scan_id}/results?cursor={cursor}",
            f"/v1/scans/{scan.scan_id}/results?severity=high&cursor={cursor}",
            f"/v1/scans/{scan.scan_id}/results?cursor={cursor}x",
            f"/v1/scans/{scan.scan_id}/results?cursor=%00",
        ):
            answer = await api.get(url)
            assert (answer.status, answer.error["details"]["field"]) == (400, "cursor")
        both = await api.get(f"/v1/scans/{scan.scan_id}/results?offset=1&cursor={cursor}")
        assert both.error["details"] == {"field": "cursor", "reason": "mutually_exclusive"}

    async def test_people_s_fields_are_today_s_the_rest_is_frozen(self, api: Api) -> None:
        scan = await store_finished_scan(api, [CRITICAL])
        member = frozen(scan, observation(), NOW + timedelta(seconds=3), "000000")
        stored = await api.findings.get(member.id)
        assert stored is not None
        changed = record(
            member,
            observation=observation(0, LOW, title="Changed"),
            status=FindingStatus.RESOLVED,
            assigned_to="ann",
            priority=Priority.URGENT,
            resolution_notes="closed",
            github_issue_url="https://github.com/owner/repo/issues/123",
            scan_id="scan-20260101-000000",
        )
        assert await api.findings.save([(changed, stored.etag)]) == []
        (shown,) = (await api.get(f"/v1/scans/{scan.scan_id}/results")).json["findings"]
        assert (shown["severity"], shown["title"]) == ("critical", "Unrestricted SSH access detected")
        assert shown["scan_id"] == scan.scan_id
        assert (shown["status"], shown["assigned_to"], shown["priority"]) == ("resolved", "ann", "urgent")
        assert shown["resolution_notes"] == "closed"
        assert shown["github_issue_url"] == "https://github.com/owner/repo/issues/123"

    async def test_C16_a_running_scan_shows_shards_that_succeeded(self, api: Api) -> None:
        scan = scan_at(NOW, status=ScanStatus.RUNNING, request=ScanRequest())
        await api.scans.insert(scan)
        shards = [
            Shard(scan_id=scan.scan_id, shard_id=name, stage=stage, read_at=NOW)
            for name, stage in (
                ("c000001", ShardStage.COLLECT), ("r-1", ShardStage.RELATE), ("r-2", ShardStage.RELATE),
                ("r-3", ShardStage.RELATE),
            )
        ]  # fmt: skip
        page = PlannedPage(
            scan_id=scan.scan_id, number=0, read_at=NOW, cursor=PlanCursor(step=PlanStep.RESOLVE), next=None
        )
        assert await api.plans.insert_page(page, shards)
        for index, severity in enumerate((CRITICAL, HIGH, LOW)):
            row = frozen(scan, observation(index, severity), NOW, f"{index:06d}")
            await api.results.put_findings(scan.scan_id, f"r-{index + 1}", [row])
        markers = [
            Marker(scan_id=scan.scan_id, shard_id="c000001", stage=ShardStage.COLLECT,
                   outcome=ShardOutcome.DONE, resources_read=40, failures=1),
            Marker(scan_id=scan.scan_id, shard_id="r-1", stage=ShardStage.RELATE, outcome=ShardOutcome.DONE,
                   by_severity={CRITICAL: 1}, auto_remediable=1, exposures=2),
            Marker(scan_id=scan.scan_id, shard_id="r-2", stage=ShardStage.RELATE,
                   outcome=ShardOutcome.FAILED, by_severity={LOW: 9}, auto_remediable=9),
        ]  # fmt: skip
        for marker in markers:
            assert await api.plans.insert_marker(marker)
        answer = await api.get(f"/v1/scans/{scan.scan_id}/results")
        assert (answer.status, answer.json["status"], answer.headers["retry-after"]) == (200, "running", "2")
        assert [entry["severity"] for entry in answer.json["findings"]] == ["critical"]
        assert answer.json["summary"] == {
            "total_findings": 1,
            "by_severity": {"critical": 1, "high": 0, "medium": 0, "low": 0},
            "auto_remediable": 1,
            "manual_review_required": 0,
        }
        state = (await api.get(f"/v1/scans/{scan.scan_id}")).json
        assert state["resources_scanned"] == 40
        listed = (await api.get("/v1/scans")).json["scans"][0]
        assert listed == state

    @pytest.mark.parametrize(
        ("query", "field", "reason"),
        [
            ("limit=0", "limit", "out_of_range"),
            ("limit=201", "limit", "out_of_range"),
            ("limit=-1", "limit", "out_of_range"),
            ("limit=ten", "limit", "invalid_type"),
            ("limit=1.0", "limit", "invalid_type"),
            ("limit=", "limit", "invalid_type"),
            ("offset=-1", "offset", "out_of_range"),
            ("offset=10001", "offset", "out_of_range"),
            ("severity=critical,huge", "severity", "invalid_value"),
            ("severity=", "severity", "invalid_value"),
            ("serverity=low", "serverity", "unknown_field"),
        ],
    )
    async def test_bad_queries(self, api: Api, query: str, field: str, reason: str) -> None:
        scan = await store_finished_scan(api, [CRITICAL])
        answer = await api.get(f"/v1/scans/{scan.scan_id}/results?{query}")
        assert answer.status == 400
        assert answer.error["details"] == {"field": field, "reason": reason}
