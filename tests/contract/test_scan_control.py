"""Listing, cancelling and resuming scans: X-01, X-02, X-02b."""

from __future__ import annotations

from datetime import timedelta

from shared.domain.scan import ScanRequest, ScanStatus, ScanType
from tests.contract.harness import NOW, PUBLIC_URL, Api, contract, finished, scan_at


@contract("X-01")
class TestX01:
    async def test_newest_first_with_filter_and_offset(self, api: Api) -> None:
        for index in range(5):
            kind = ScanType.NETWORK if index % 2 else ScanType.FULL
            await api.scans.insert(
                finished(NOW + timedelta(minutes=index), request=ScanRequest(scan_type=kind))
            )
        page = (await api.get("/v1/scans?limit=2&offset=1")).json
        assert (page["total"], page["limit"], page["offset"]) == (5, 2, 1)
        assert [entry["created_at"][14:16] for entry in page["scans"]] == ["45", "44"]
        only = (await api.get("/v1/scans?scan_type=NETWORK")).json
        assert [entry["scan_type"] for entry in only["scans"]] == ["network", "network"]
        assert "next_link" not in only


@contract("X-02")
class TestX02:
    async def test_cancel_then_conflict_then_resume(self, api: Api) -> None:
        scan = scan_at(NOW, status=ScanStatus.RUNNING)
        await api.scans.insert(scan)
        url = f"/v1/scans/{scan.scan_id}"
        cancelled = await api.post(f"{url}/cancel", role="operator")
        assert (cancelled.status, cancelled.json["status"]) == (202, "cancelled")
        assert cancelled.headers["location"] == f"{PUBLIC_URL}{url}"
        again = await api.post(f"{url}/cancel")
        assert (again.status, again.error["code"]) == (409, "CONFLICT")
        resumed = await api.post(f"{url}/resume", {})
        assert (resumed.status, resumed.json["status"]) == (202, "running")
        assert (await api.post(f"{url}/resume")).status == 409

    async def test_body_must_be_empty_and_scan_known(self, api: Api) -> None:
        answer = await api.post("/v1/scans/scan-20250805-174258/cancel", {"force": True})
        assert answer.error["details"]["reason"] == "unknown_field"
        assert (await api.post("/v1/scans/scan-20250805-174258/cancel")).status == 404
