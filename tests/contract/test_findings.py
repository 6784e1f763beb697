"""Findings: B-04 and B-05."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.domain.finding import FindingStatus, Resolution
from shared.domain.severity import Severity
from tests.contract.harness import NOW, PUBLIC_URL, Api, contract, frozen, observation, record, scan_at
from tests.contract.test_scans_v1 import SEED_FINDING_MEMBERS

STATES = (FindingStatus.OPEN, FindingStatus.RESOLVED, FindingStatus.IN_PROGRESS)
SEVERITIES = (Severity.CRITICAL, Severity.HIGH, Severity.LOW, Severity.MEDIUM)


async def _store(api: Api, count: int = 12) -> list[str]:
    """Findings a minute apart, states and severities in turn; ids newest first."""
    scan = scan_at(NOW)
    ids = []
    for index in range(count):
        seen = observation(index, SEVERITIES[index % 4])
        row = record(frozen(scan, seen, NOW + timedelta(minutes=index)), status=STATES[index % 3])
        assert await api.findings.save([(row, None)]) == []
        ids.append(row.id)
    return ids[::-1]


@contract("B-04")
class TestB04:
    async def test_newest_first_all_states_by_default(self, api: Api) -> None:
        ids = await _store(api)
        page = (await api.get("/v1/findings")).json
        assert [entry["id"] for entry in page["findings"]] == ids
        assert {entry["status"] for entry in page["findings"]} == {"open", "resolved", "in_progress"}
        assert set(page) == {"findings", "total", "limit", "offset"}
        assert (page["total"], page["limit"], page["offset"]) == (12, 50, 0)

    async def test_the_seed_s_query(self, api: Api) -> None:
        await _store(api)
        for query in (
            "status=open&severity=critical,high&limit=50&offset=0",
            "status=OPEN&severity=High,CRITICAL",
        ):
            page = (await api.get(f"/v1/findings?{query}")).json
            assert page["total"] == len(page["findings"]) == 2
            assert {entry["status"] for entry in page["findings"]} == {"open"}
            assert {entry["severity"] for entry in page["findings"]} == {"critical", "high"}

    async def test_offset_and_cursor_walk_the_same_list(self, api: Api) -> None:
        ids = await _store(api)
        by_offset = [
            entry["id"]
            for offset in range(0, 12, 5)
            for entry in (await api.get(f"/v1/findings?limit=5&offset={offset}")).json["findings"]
        ]
        walked: list[str] = []
        url: str | None = "/v1/findings?limit=5"
        while url:
            page = (await api.get(url)).json
            walked += [entry["id"] for entry in page["findings"]]
            url = page["next_link"].removeprefix(PUBLIC_URL) if "next_link" in page else None
        assert by_offset == walked == ids

    @pytest.mark.parametrize(
        ("query", "field", "reason"),
        [
            ("status=broken", "status", "invalid_value"),
            ("severity=critical,,high", "severity", "invalid_value"),
            (f"severity={'critical,' * 100}critical", "severity", "too_long"),
            ("limit=1000", "limit", "out_of_range"),
            ("limit=99999999999999999999", "limit", "invalid_type"),
            ("cursor=", "cursor", "invalid_value"),
            ("cursor=abc", "cursor", "invalid_value"),
            ("cursor=abc&offset=3", "cursor", "mutually_exclusive"),
        ],
    )
    async def test_bad_queries(self, api: Api, query: str, field: str, reason: str) -> None:
        answer = await api.get(f"/v1/findings?{query}")
        assert answer.status == 400
        assert answer.error["details"] == {"field": field, "reason": reason}

    async def test_api_version_is_tolerated(self, api: Api) -> None:
        assert (await api.get("/v1/findings?api-version=2025-01-01")).status == 200


@contract("B-05")
@pytest.mark.parametrize("resolution", list(Resolution))
async def test_a_resolved_finding_says_why(api: Api, resolution: Resolution) -> None:
    row = record(
        frozen(scan_at(NOW), observation(), NOW),
        status=FindingStatus.RESOLVED,
        resolved_by="scanner",
        resolution=resolution,
    )
    await api.findings.save([(row, None)])
    assert (await api.get(f"/v1/findings/{row.id}")).json["resolution"] == resolution.value


@contract("B-05")
class TestB05:
    async def test_one_finding(self, api: Api) -> None:
        ids = await _store(api, 1)
        answer = await api.get(f"/v1/findings/{ids[0]}")
        assert (answer.status, answer.json["id"]) == (200, "finding-20250805-174258")
        assert set(answer.json) >= SEED_FINDING_MEMBERS
        assert answer.json["github_issue_url"] is None
        assert answer.json["detected_at"] == answer.json["first_seen_at"] == "2025-08-05T17:42:58Z"
        assert answer.json == (await api.get("/v1/findings")).json["findings"][0]

    @pytest.mark.parametrize("finding_id", ["finding-20250805-174258", "finding-1", "bulk-update"])
    async def test_unknown(self, api: Api, finding_id: str) -> None:
        answer = await api.get(f"/v1/findings/{finding_id}")
        assert (answer.status, answer.error["code"]) == (404, "NOT_FOUND")
