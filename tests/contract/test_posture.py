"""Posture, compliance, frameworks, trend: A-06, A-08, A-04's scores, X-16, X-22; invariants I-5 and I-6."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.coverage import Coverage, CoverageStatus, PassedResources, RuleCoverage, ScannerCoverage
from shared.domain.posture import ControlStatus, FrameworkPosture, PostureSnapshot
from shared.domain.scan import Scan, ScanRequest, ScanStatus, ScanType
from shared.domain.severity import Severity, count_by_severity
from shared.frameworks.registry import current, frameworks
from shared.services.ledgers import put_ledger
from shared.services.posture_queries import PostureQueries
from shared.services.record_posture import record_posture
from tests.contract.harness import (
    NOW,
    PUBLIC_URL,
    RULE,
    Api,
    contract,
    finished,
    frozen,
    observation,
    store_finished_scan,
)

POSTURE = "/api/v1/security/posture"
COMPLIANCE = "/api/v1/security/compliance"
SSH = RULE.rule_id
SKIPPED = tuple(
    ScannerCoverage(name=name, status=CoverageStatus.SKIPPED, reason="not_available")
    for name in ("cve", "credentials")
)


def assessed(score: float, status: ControlStatus = ControlStatus.PASS) -> FrameworkPosture:
    return FrameworkPosture(score=score, controls={"CC6.1": status})


async def store_snapshot(api: Api, scan: Scan, scores: dict[str, float], **members: Any) -> None:
    """A scan that ended, with scores that nothing computed."""
    await api.scans.insert(scan)
    base: dict[str, Any] = {
        "scan_id": scan.scan_id,
        "run": scan.run,
        "scan_type": scan.request.scan_type,
        "completed_at": NOW,
        "frameworks": {name: assessed(score) for name, score in scores.items()},
        "by_severity": count_by_severity([Severity.CRITICAL, Severity.LOW]),
    }
    await api.postures.put(PostureSnapshot(**{**base, **members}))


async def store_assessed(
    api: Api,
    tallies: Iterable[RuleCoverage],
    *,
    severities: Iterable[Severity] = (),
    passed: PassedResources | None = None,
    **members: Any,
) -> Scan:
    """A scan whose posture was taken from what its rules said."""
    scan_id = "scan-20250805-174258"
    ledger = Coverage(
        scan_id=scan_id,
        complete=False,
        rules=tuple(tallies),
        scanners=SKIPPED,
        passed=passed or PassedResources(),
    )
    named = await put_ledger(api.engine, ledger)
    scan = await store_finished_scan(api, list(severities), ledger=named, **members)
    await record_posture(api.engine, scan, ledger)
    return scan


def said(**counts: int) -> RuleCoverage:
    return RuleCoverage(rule_id=SSH, **counts)


@contract("A-06")
class TestA06:
    async def test_the_seed_s_values(self, api: Api) -> None:
        """Golden: 87.5 from 92.0 and 83.0; 2, 5 and 1 (I-5)."""
        counted: dict[str, Any] = {"critical_cves": 2, "pending_patches": 5, "expiring_soon": 1}
        counted |= {"subscriptions": ("s-1",), "subscriptions_total": 1}
        scan = finished(NOW, request=ScanRequest(compliance_frameworks=("soc2", "pci-dss")))
        await store_snapshot(api, scan, {"soc2": 92.0, "pci-dss": 83.0}, **counted)
        answer = await api.get(POSTURE, role="viewer")
        assert answer.status == 200
        body = answer.json
        assert list(body)[:5] == [
            "overall_score",
            "frameworks",
            "critical_cves",
            "pending_patches",
            "credentials_expiring_soon",
        ]
        assert body["overall_score"] == 87.5
        assert body["frameworks"] == {"soc2": 92.0, "pci-dss": 83.0}
        assert (body["critical_cves"], body["pending_patches"], body["credentials_expiring_soon"]) == (
            2,
            5,
            1,
        )
        assert body["complete"] is True
        assert body["coverage"] == f"{PUBLIC_URL}/v1/scans/{scan.scan_id}/coverage"
        assert body["not_assessed"] == []
        assert body["scanned"] == {
            "scan_type": "full",
            "environment": "production",
            "subscriptions": ["s-1"],
            "subscriptions_total": 1,
        }

    async def test_no_scan_yet(self, api: Api) -> None:
        answer = await api.get(POSTURE)
        assert (answer.status, answer.error["code"]) == (404, "NOT_FOUND")

    @pytest.mark.parametrize("status", [ScanStatus.FAILED, ScanStatus.CANCELLED, ScanStatus.RUNNING])
    async def test_only_scans_that_ended_count(self, api: Api, status: ScanStatus) -> None:
        await store_snapshot(api, finished(NOW, status=status), {"soc2": 50.0})
        assert (await api.get(POSTURE)).status == 404

    @pytest.mark.parametrize("scan_type", [one for one in ScanType if one is not ScanType.FULL])
    async def test_other_types_do_not_count(self, api: Api, scan_type: ScanType) -> None:
        await store_snapshot(api, finished(NOW, request=ScanRequest(scan_type=scan_type)), {"soc2": 50.0})
        assert (await api.get(POSTURE)).status == 404

    async def test_the_latest_of_several_and_partial_ones_count(self, api: Api) -> None:
        await store_snapshot(api, finished(NOW), {"soc2": 10.0})
        later = NOW + timedelta(hours=1)
        await store_snapshot(api, finished(later, status=ScanStatus.PARTIAL), {"soc2": 20.0})
        latest = NOW + timedelta(hours=2)
        await store_snapshot(api, finished(latest, status=ScanStatus.FAILED), {"soc2": 30.0})
        body = (await api.get(POSTURE)).json
        assert (body["frameworks"], body["complete"]) == ({"soc2": 20.0}, False)

    async def test_a_resumed_scan_counts_by_the_run_it_ended_with(self, api: Api) -> None:
        scan = finished(NOW, run=2)
        await store_snapshot(api, scan, {"soc2": 70.0})
        first = PostureSnapshot(
            scan_id=scan.scan_id,
            run=1,
            scan_type=ScanType.FULL,
            completed_at=NOW,
            frameworks={"soc2": assessed(5.0)},
            by_severity={},
        )
        await api.postures.put(first)
        assert (await api.get(POSTURE)).json["frameworks"] == {"soc2": 70.0}

    async def test_what_was_not_assessed_is_named(self, api: Api) -> None:
        await store_assessed(api, [said(failed=1)])
        body = (await api.get(POSTURE)).json
        reasons = {row["subject"]: row["reason"] for row in body["not_assessed"]}
        assert reasons["critical_cves"] == "scanner cve skipped: not_available"
        assert reasons["pending_patches"] == "scanner cve skipped: not_available"
        assert reasons["credentials_expiring_soon"] == "scanner credentials skipped: not_available"
        assert reasons["cve"] == "skipped: not_available"
        assert (body["critical_cves"], body["pending_patches"], body["credentials_expiring_soon"]) == (
            0,
            0,
            0,
        )
        counts = body["controls"]["soc2"]
        assert counts["assessed"] == counts["passed"] + counts["failed"] == 1
        assert counts["manual"] == 23
        assert sum(counts[name] for name in ("assessed", "errors", "manual", "not_applicable")) == 33
        shown = set(body["frameworks"])
        assert shown | (set(reasons) & set(frameworks())) == set(current())

    async def test_overall_is_the_mean_of_what_is_shown(self, api: Api) -> None:
        """I-5, over scores that were computed."""
        await store_assessed(api, [said(failed=1)])
        body = (await api.get(POSTURE)).json
        shown = list(body["frameworks"].values())
        assert body["overall_score"] == round(sum(shown) / len(shown), 1)

    async def test_a_query_is_refused(self, api: Api) -> None:
        assert (await api.get(f"{POSTURE}?limit=1")).status == 400


@contract("A-08")
class TestA08:
    async def test_a_failed_control_names_resources_and_values(self, api: Api) -> None:
        await store_assessed(
            api,
            [said(evaluated=5, passed=3, failed=2)],
            severities=[Severity.HIGH, Severity.CRITICAL],
        )
        answer = await api.get(f"{COMPLIANCE}/soc2", role="viewer")
        assert answer.status == 200
        body = answer.json
        assert list(body)[:3] == ["framework", "score", "controls"]
        assert (body["framework"], body["score"]) == ("soc2", 0.0)
        assert body["evidence_whole"] is True
        by_id = {row["control_id"]: row for row in body["controls"]}
        failed = by_id["CC6.6"]
        assert list(failed)[:4] == ["control_id", "name", "status", "evidence"]
        assert failed["status"] == "fail"
        assert isinstance(failed["evidence"], str)
        assert "3 passed, 2 failed" in failed["evidence"]
        assert observation(0).resource_id in failed["evidence"]
        assert '(read: port "22")' in failed["evidence"]
        assert [one["severity"] for one in failed["findings"]] == ["critical", "high"]
        assert failed["findings"][0]["values"] == {"port": "22"}
        assert failed["evidence_total"] == 2
        tally = next(row for row in failed["rules"] if row["rule_id"] == SSH)
        assert (tally["title"], tally["ran"], tally["passed"], tally["failed"]) == (RULE.title, True, 3, 2)
        assert by_id["CC6.1"]["status"] == "error"
        assert "Did not run" in by_id["CC6.1"]["evidence"]
        assert by_id["CC1.1"]["status"] == "manual"
        assert by_id["CC1.1"]["evidence"] != ""

    async def test_a_passed_control_says_what_was_read(self, api: Api) -> None:
        await store_assessed(api, [said(evaluated=3, passed=3)])
        body = (await api.get(f"{COMPLIANCE}/cis-azure-6.0")).json
        control = next(row for row in body["controls"] if row["control_id"] == "7.2")
        assert (control["status"], control["evidence"]) == ("pass", "1 rule: 3 passed.")
        assert (body["score"], body["counts"]["assessed"]) == (100.0, 1)
        assert (control["findings"], control["evidence_total"]) == ([], 0)

    async def test_a_passed_control_names_some_of_the_resources(self, api: Api) -> None:
        ids = [f"/subscriptions/s/resourceGroups/rg/providers/p/t/R{number}" for number in range(9)]
        await store_assessed(api, [said(evaluated=9, passed=9)], passed=PassedResources.of({SSH: ids}))
        body = (await api.get(f"{COMPLIANCE}/cis-azure-6.0")).json
        control = next(row for row in body["controls"] if row["control_id"] == "7.2")
        assert control["evidence"] == f"1 rule: 9 passed. Among those that passed: {', '.join(ids[:3])}."
        assert control["passed"] == [{"rule_id": SSH, "resource_id": one} for one in ids[:5]]
        assert control["passed_total"] == 9

    async def test_a_failed_control_names_what_passed_beside_its_findings(self, api: Api) -> None:
        passed = PassedResources.of({SSH: ["/good"]})
        await store_assessed(api, [said(passed=1, failed=1)], severities=[Severity.HIGH], passed=passed)
        body = (await api.get(f"{COMPLIANCE}/cis-azure-6.0")).json
        control = next(row for row in body["controls"] if row["control_id"] == "7.2")
        assert "/good" not in control["evidence"]
        assert control["passed"] == [{"rule_id": SSH, "resource_id": "/good"}]

    async def test_a_control_with_nothing_to_judge(self, api: Api) -> None:
        await store_assessed(api, [said(evaluated=3, not_applicable=3)])
        body = (await api.get(f"{COMPLIANCE}/cis-azure-6.0")).json
        control = next(row for row in body["controls"] if row["control_id"] == "7.2")
        assert (control["status"], control["evidence"]) == ("not_applicable", "1 rule: nothing to judge.")

    async def test_evidence_is_bounded(self, api: Api) -> None:
        await store_assessed(api, [said(failed=30)], severities=[Severity.CRITICAL] * 30)
        body = (await api.get(f"{COMPLIANCE}/cis-azure-6.0")).json
        control = next(row for row in body["controls"] if row["control_id"] == "7.2")
        assert (len(control["findings"]), control["evidence_total"]) == (20, 30)

    async def test_evidence_that_was_not_looked_through_is_said_so(self, api: Api) -> None:
        await store_assessed(api, [said(failed=9)], severities=[Severity.CRITICAL] * 9)
        api.rewire(posture_queries=PostureQueries(api.engine, reads=2, findings_per_read=3))
        body = (await api.get(f"{COMPLIANCE}/cis-azure-6.0")).json
        control = next(row for row in body["controls"] if row["control_id"] == "7.2")
        assert (len(control["findings"]), control["evidence_total"]) == (6, 9)
        assert body["evidence_whole"] is False
        assert body["findings_link"] == f"{PUBLIC_URL}/v1/scans/{body['scan_id']}/results"

    async def test_a_control_never_shows_another_rule_s_findings(self, api: Api) -> None:
        scan = await store_assessed(api, [said(failed=1)], severities=[Severity.CRITICAL])
        other = observation(7, rule_id="network.nsg.rdp_from_internet")
        await api.results.put_findings(
            scan.scan_id, "r-2", [frozen(scan, other, NOW + timedelta(seconds=5), "zz0001")]
        )
        body = (await api.get(f"{COMPLIANCE}/cis-azure-6.0")).json
        for control in body["controls"]:
            assert {one["rule_id"] for one in control["findings"]} <= {
                row["rule_id"] for row in control["rules"]
            }

    @pytest.mark.parametrize("name", ["nothing", "SOC2", "soc-2", "..", "themes"])
    async def test_unknown_framework(self, api: Api, name: str) -> None:
        await store_assessed(api, [said(passed=1)])
        answer = await api.get(f"{COMPLIANCE}/{name}")
        assert (answer.status, answer.error["code"]) == (404, "NOT_FOUND")

    async def test_no_scan_yet(self, api: Api) -> None:
        assert (await api.get(f"{COMPLIANCE}/soc2")).status == 404

    async def test_a_compliance_scan_serves_where_there_is_no_full_one(self, api: Api) -> None:
        request = ScanRequest(scan_type=ScanType.COMPLIANCE_ONLY)
        scan = await store_assessed(api, [said(passed=1)], request=request)
        body = (await api.get(f"{COMPLIANCE}/cis-azure-6.0")).json
        assert (body["scan_id"], body["score"]) == (scan.scan_id, 100.0)

    async def test_the_score_is_that_of_posture(self, api: Api) -> None:
        """I-6, for every framework that posture shows."""
        await store_assessed(api, [said(failed=1, passed=2)])
        posture = (await api.get(POSTURE)).json
        assert posture["frameworks"]
        for name, score in posture["frameworks"].items():
            assert (await api.get(f"{COMPLIANCE}/{name}")).json["score"] == score


@contract("A-04")
class TestScoresOfAScan:
    async def scores(self, api: Api, **members: Any) -> dict[str, float]:
        scan = await store_assessed(api, [said(failed=1)], **members)
        answer = await api.get(f"/api/v1/security/scans/{scan.scan_id}")
        found: dict[str, float] = answer.json["compliance"]
        return found

    async def test_a_full_scan_shows_current_frameworks(self, api: Api) -> None:
        scores = await self.scores(api)
        assert scores["soc2"] == 0.0
        assert "cis-azure-6.0" in scores
        assert "cis-azure-3.0" not in scores

    async def test_those_asked_for_and_no_others(self, api: Api) -> None:
        request = ScanRequest(compliance_frameworks=("cis-azure-3.0", "soc2"))
        assert set(await self.scores(api, request=request)) == {"cis-azure-3.0", "soc2"}

    async def test_other_scans_show_what_was_asked_for(self, api: Api) -> None:
        assert await self.scores(api, request=ScanRequest(scan_type=ScanType.NETWORK)) == {}

    async def test_a_network_scan_asked_for_a_framework(self, api: Api) -> None:
        request = ScanRequest(scan_type=ScanType.NETWORK, compliance_frameworks=("soc2",))
        assert await self.scores(api, request=request) == {"soc2": 0.0}


@contract("A-01")
async def test_a_framework_that_nobody_knows_is_refused(api: Api) -> None:
    answer = await api.post("/api/v1/security/scans", {"compliance_frameworks": ["soc2", "soc3"]})
    assert (answer.status, answer.error["code"]) == (400, "INVALID_REQUEST")
    assert answer.error["details"] == {"field": "compliance_frameworks", "reason": "invalid_value"}


@contract("X-16")
class TestX16:
    async def test_list(self, api: Api) -> None:
        body = (await api.get("/v1/frameworks", role="viewer")).json
        assert body["total"] == len(body["frameworks"]) == len(frameworks())
        by_id = {row["id"]: row for row in body["frameworks"]}
        assert {"soc2", "pci-dss", "hipaa"} <= set(by_id)
        cis = by_id["cis-azure-6.0"]
        assert cis["controls_total"] == cis["automated"] + cis["manual"] + cis["not_applicable"] == 127
        assert (cis["superseded_by"], by_id["cis-azure-5.0"]["superseded_by"]) == (None, "cis-azure-6.0")

    async def test_one(self, api: Api) -> None:
        body = (await api.get("/v1/frameworks/soc2")).json
        controls = {row["control_id"]: row for row in body["controls"]}
        assert len(controls) == body["controls_total"] == 33
        assert any(SSH in one["rules"] for one in controls["CC6.6"]["evidence"])
        assert controls["CC1.1"]["kind"] == "manual" and controls["CC1.1"]["reason"]

    async def test_unknown(self, api: Api) -> None:
        assert (await api.get("/v1/frameworks/soc3")).status == 404


@contract("X-22")
class TestTrend:
    async def test_newest_first_and_only_full_scans_that_ended(self, api: Api) -> None:
        for hour, status in enumerate((ScanStatus.COMPLETED, ScanStatus.FAILED, ScanStatus.PARTIAL)):
            at = NOW + timedelta(hours=hour)
            await store_snapshot(api, finished(at, status=status), {"soc2": 10.0 * hour})
        network = ScanRequest(scan_type=ScanType.NETWORK)
        await store_snapshot(api, finished(NOW + timedelta(hours=9), request=network), {"soc2": 99.0})
        body = (await api.get("/v1/posture/trend", role="viewer")).json
        assert [(row["overall_score"], row["complete"]) for row in body["snapshots"]] == [
            (20.0, False),
            (0.0, True),
        ]
        assert body["snapshots"][0]["findings_count"] == {"critical": 1, "high": 0, "medium": 0, "low": 1}
        assert body["snapshots"][0]["credentials_expiring_soon"] is None
        assert [row["scanned"]["scan_type"] for row in body["snapshots"]] == ["full", "full"]

    async def test_limit(self, api: Api) -> None:
        for hour in range(4):
            await store_snapshot(api, finished(NOW + timedelta(hours=hour)), {"soc2": float(hour)})
        body = (await api.get("/v1/posture/trend?limit=2")).json
        assert [row["frameworks"]["soc2"] for row in body["snapshots"]] == [3.0, 2.0]

    async def test_none(self, api: Api) -> None:
        body = (await api.get("/v1/posture/trend")).json
        assert (body["snapshots"], body["limit"]) == ([], 30)

    @pytest.mark.parametrize("limit", ["0", "101", "x", "-1"])
    async def test_bad_limits(self, api: Api, limit: str) -> None:
        answer = await api.get(f"/v1/posture/trend?limit={limit}")
        assert (answer.status, answer.error["details"]["field"]) == (400, "limit")


@contract("X-07")
async def test_a_rule_shows_the_controls_it_speaks_to(api: Api) -> None:
    controls = (await api.get(f"/v1/rules/{SSH}")).json["controls"]
    assert {"framework": "cis-azure-6.0", "version": "6.0.0", "control": "7.2"} in controls
