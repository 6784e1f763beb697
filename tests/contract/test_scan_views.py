"""Coverage, exposure and the rule catalogue: X-10, X-11, X-07."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from shared.domain.attack_path import AttackPath
from shared.domain.coverage import (
    Coverage,
    CoverageStatus,
    ReadFailure,
    RuleCoverage,
    ScannerCoverage,
    SubscriptionCoverage,
    TypeCoverage,
)
from shared.domain.exposure import Exposure, PathStep, Protocol, SourceClass, Verdict
from shared.domain.plan import Marker, PlanCursor, PlannedPage, PlanStep, Shard, ShardOutcome, ShardStage
from shared.domain.scan import Scan, ScanRequest, ScanStatus, ScanType
from shared.domain.severity import Severity
from shared.services.ledgers import put_ledger
from tests.adapters.builders import attack_path
from tests.contract.harness import (
    NOW,
    PUBLIC_URL,
    RULE,
    SUBSCRIPTION,
    Api,
    contract,
    finished,
    scan_at,
    store_finished_scan,
)

NSG_TYPE = "microsoft.network/networksecuritygroups"


@contract("X-10")
class TestX10:
    async def test_ledger_with_failures_paged(self, api: Api) -> None:
        scan_id = "scan-20250805-174258"
        ledger = await put_ledger(
            api.engine,
            Coverage(
                scan_id=scan_id,
                complete=False,
                subscriptions=(
                    SubscriptionCoverage(subscription_id=SUBSCRIPTION, status=CoverageStatus.READ),
                ),
                resource_types=(
                    TypeCoverage(
                        subscription_id=SUBSCRIPTION,
                        type=NSG_TYPE,
                        status=CoverageStatus.PARTIAL,
                        asked=5,
                        read=2,
                        failed=3,
                        reason="unreadable",
                    ),
                ),
                rules=(RuleCoverage(rule_id=RULE.rule_id, evaluated=2, passed=1, failed=1),),
                scanners=(
                    ScannerCoverage(name="cve", status=CoverageStatus.SKIPPED, reason="not_available"),
                ),
                failures_total=3,
            ),
        )
        scan = await store_finished_scan(api, [], status=ScanStatus.PARTIAL, ledger=ledger)
        failures = [ReadFailure(resource_id=f"/r/{index}", type=NSG_TYPE, reason="bad") for index in range(3)]
        await api.results.put_failures(scan.scan_id, "r-1", failures)
        url = f"/v1/scans/{scan.scan_id}/coverage"
        page = (await api.get(f"{url}?limit=2")).json
        members = ("scan_id", "complete", "subscriptions", "resource_types", "rules")
        assert {key: page[key] for key in members} == {
            "scan_id": scan.scan_id,
            "complete": False,
            "subscriptions": [{"subscription_id": SUBSCRIPTION, "status": "read", "reason": None}],
            "resource_types": [
                {
                    "subscription_id": SUBSCRIPTION,
                    "type": NSG_TYPE,
                    "status": "partial",
                    "asked": 5,
                    "read": 2,
                    "failed": 3,
                    "reason": "unreadable",
                }
            ],
            "rules": [
                {
                    "rule_id": RULE.rule_id,
                    "evaluated": 2,
                    "passed": 1,
                    "failed": 1,
                    "errors": 0,
                    "not_applicable": 0,
                    "reason": None,
                }
            ],
        }
        assert page["scanners"] == [{"name": "cve", "status": "skipped", "reason": "not_available"}]
        assert page["failures"][0] == {"resource_id": "/r/0", "type": NSG_TYPE, "reason": "bad"}
        assert (len(page["failures"]), page["failures_total"]) == (2, 3)
        rest = (await api.get(page["next_link"].removeprefix(PUBLIC_URL))).json
        assert [entry["resource_id"] for entry in rest["failures"]] == ["/r/2"]
        assert "next_link" not in rest

    async def test_running_scan_tells_what_is_known_and_is_never_complete(self, api: Api) -> None:
        scan = scan_at(NOW, status=ScanStatus.RUNNING)
        await api.scans.insert(scan)
        page = PlannedPage(
            scan_id=scan.scan_id,
            number=0,
            read_at=NOW,
            cursor=PlanCursor(step=PlanStep.RESOLVE),
            next=None,
            batches=((SUBSCRIPTION,),),
            subscriptions=(
                SubscriptionCoverage(subscription_id=SUBSCRIPTION, status=CoverageStatus.READ),
                SubscriptionCoverage(
                    subscription_id="gone", status=CoverageStatus.DENIED, reason="no access"
                ),
            ),
        )
        assert await api.plans.insert_page(page, [])
        read = TypeCoverage(
            subscription_id=SUBSCRIPTION, type=NSG_TYPE, status=CoverageStatus.READ, asked=4, read=4
        )
        marker = Marker(
            scan_id=scan.scan_id,
            shard_id="c000001",
            stage=ShardStage.COLLECT,
            outcome=ShardOutcome.DONE,
            types=(read,),
            resources_read=4,
        )
        shard = Shard(scan_id=scan.scan_id, shard_id="c000001", stage=ShardStage.COLLECT, read_at=NOW)
        await api.plans.insert_shards(scan.scan_id, [shard])
        assert await api.plans.insert_marker(marker)
        answer = await api.get(f"/v1/scans/{scan.scan_id}/coverage")
        ledger = answer.json
        assert (ledger["status"], ledger["complete"], answer.headers["retry-after"]) == (
            "running",
            False,
            "2",
        )
        assert {(one["subscription_id"], one["status"]) for one in ledger["subscriptions"]} == {
            (SUBSCRIPTION, "partial"),
            ("gone", "denied"),
        }
        (kind,) = ledger["resource_types"]
        assert (kind["type"], kind["asked"], kind["read"], kind["status"]) == (NSG_TYPE, 4, 4, "partial")

    async def test_a_running_scan_that_read_nothing_yet_says_so(self, api: Api) -> None:
        scan = scan_at(NOW, status=ScanStatus.RUNNING, request=ScanRequest(scan_type=ScanType.NETWORK))
        await api.scans.insert(scan)
        page = PlannedPage(
            scan_id=scan.scan_id,
            number=0,
            read_at=NOW,
            cursor=PlanCursor(step=PlanStep.RESOLVE),
            next=None,
            batches=((SUBSCRIPTION,),),
            subscriptions=(SubscriptionCoverage(subscription_id=SUBSCRIPTION, status=CoverageStatus.READ),),
        )
        assert await api.plans.insert_page(page, [])
        ledger = (await api.get(f"/v1/scans/{scan.scan_id}/coverage")).json
        assert [one["status"] for one in ledger["subscriptions"]] == ["partial"]
        assert ledger["complete"] is False

    async def test_before_the_first_page(self, api: Api) -> None:
        await api.scans.insert(scan_at(NOW))
        ledger = (await api.get("/v1/scans/scan-20250805-174258/coverage")).json
        assert (ledger["complete"], ledger["subscriptions"], ledger["failures"]) == (False, [], [])


def _exposure(port: int, verdict: Verdict = Verdict.EXPOSED, protocol: Protocol = Protocol.TCP) -> Exposure:
    receiver = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.Network/networkInterfaces"
    return Exposure.model_validate(
        {
            "subscription_id": SUBSCRIPTION,
            "entry_point": f"/subscriptions/{SUBSCRIPTION}/pip-{port}",
            "resource_id": f"{receiver}/nic-{port:03d}",
            "public_ip": "20.0.0.1",
            "protocol": protocol,
            "ports": (str(port),),
            "backend_ports": (str(port),),
            "class": SourceClass.INTERNET,
            "verdict": verdict,
            "path": (
                PathStep(stage="nic_nsg", resource_id="nsg", rule="SSH", priority=100, decision="allow"),
            ),
        }
    )


@contract("X-11")
class TestX11:
    async def test_rows_filters_and_pages(self, api: Api) -> None:
        scan = finished(NOW)
        await api.scans.insert(scan)
        rows = [_exposure(22), _exposure(80), _exposure(443, Verdict.POSSIBLE), _exposure(53, Verdict.LATENT)]
        await api.results.put_exposures(scan.scan_id, "r-1", rows)
        url = f"/v1/scans/{scan.scan_id}/exposure"
        page = (await api.get(f"{url}?class=INTERNET&verdict=exposed,possible&limit=2")).json
        assert (page["total"], page["limit"], page["offset"]) == (3, 2, 0)
        row = page["exposures"][0]
        members = "entry_point resource_id public_ip protocol ports backend_ports class verdict path"
        assert set(members.split()) <= set(row)
        assert (row["class"], row["verdict"], row["ports"]) == ("internet", "exposed", ["22"])
        assert row["path"] == [
            {"stage": "nic_nsg", "resource_id": "nsg", "rule": "SSH", "priority": 100, "decision": "allow"}
        ]
        assert "?class=internet&verdict=exposed,possible&limit=2&cursor=" in page["next_link"]
        rest = (await api.get(page["next_link"].removeprefix(PUBLIC_URL))).json
        shown = [entry["ports"][0] for entry in page["exposures"] + rest["exposures"]]
        assert sorted(shown) == ["22", "443", "80"]

    async def test_port_and_resource(self, api: Api) -> None:
        scan = finished(NOW)
        await api.scans.insert(scan)
        rows = [_exposure(22), _exposure(80), _exposure(443)]
        wide = _exposure(8000).model_copy(update={"ports": ("20-90", "*")})
        await api.results.put_exposures(scan.scan_id, "r-1", [*rows, wide])
        url = f"/v1/scans/{scan.scan_id}/exposure"
        page = (await api.get(f"{url}?port=80&limit=1")).json
        assert (page["total"], len(page["exposures"])) == (2, 1)
        assert "?port=80&limit=1&cursor=" in page["next_link"]
        rest = (await api.get(page["next_link"].removeprefix(PUBLIC_URL))).json
        both = [entry["ports"] for entry in page["exposures"] + rest["exposures"]]
        assert sorted(both) == [["20-90", "*"], ["80"]]
        assert "next_link" not in rest
        other = page["next_link"].removeprefix(PUBLIC_URL).replace("port=80", "port=81")
        assert (await api.get(other)).error["details"]["field"] == "cursor"
        for resource in (rows[0].resource_id.upper(), str(rows[0].entry_point)):
            asked = quote(resource, safe="")
            found = (await api.get(f"{url}?resource={asked}&class=internet")).json
            assert [entry["resource_id"] for entry in found["exposures"]] == [rows[0].resource_id]
        assert (await api.get(f"{url}?port=0")).json["total"] == 1

    @pytest.mark.parametrize(
        ("query", "field", "reason"),
        [
            ("port=65536", "port", "out_of_range"),
            ("port=-1", "port", "out_of_range"),
            ("port=ssh", "port", "invalid_type"),
            ("port=", "port", "invalid_type"),
            ("resource=nic-7", "resource", "invalid_format"),
            ("resource=", "resource", "invalid_format"),
            ("resource=/subscriptions//x", "resource", "invalid_format"),
            ("resource=/subscriptions/x%0a/y", "resource", "invalid_format"),
            ("resource=/subscriptions/x/" + "y" * 2048, "resource", "too_long"),
            ("verdict=certain", "verdict", "invalid_value"),
            ("ports=22", "ports", "unknown_field"),
        ],
    )
    async def test_bad_filter(self, api: Api, query: str, field: str, reason: str) -> None:
        answer = await api.get(f"/v1/scans/scan-20250805-174258/exposure?{query}")
        assert (answer.status, answer.error["details"]) == (400, {"field": field, "reason": reason})

    async def test_bad_class(self, api: Api) -> None:
        answer = await api.get("/v1/scans/scan-20250805-174258/exposure?class=martians")
        assert answer.error["details"] == {"field": "class", "reason": "invalid_value"}


async def _scan_with_paths(api: Api, rows: list[AttackPath], *types: TypeCoverage) -> Scan:
    read = SubscriptionCoverage(subscription_id=SUBSCRIPTION, status=CoverageStatus.READ)
    ledger = await put_ledger(
        api.engine,
        Coverage(
            scan_id="scan-20250805-174258",
            complete=False,
            subscriptions=(read,),
            resource_types=types,
            rules=(RuleCoverage(rule_id="path.internet.data_store"),),
            scanners=(),
        ),
    )
    scan = await store_finished_scan(api, [], status=ScanStatus.PARTIAL, ledger=ledger)
    await api.results.put_attack_paths(scan.scan_id, "r-1", rows)
    return scan


@contract("X-21")
class TestX21:
    async def test_rows_filters_and_pages(self, api: Api) -> None:
        rows = [
            attack_path("a", 90),
            attack_path("b", 70, severity=Severity.HIGH),
            attack_path("c", 50, entry_point="other", severity=Severity.MEDIUM),
        ]
        scan = await _scan_with_paths(api, rows)
        url = f"/v1/scans/{scan.scan_id}/attack-paths"
        page = (await api.get(f"{url}?severity=CRITICAL,high&limit=1")).json
        assert (page["scan_id"], page["total"], page["limit"], page["offset"]) == (scan.scan_id, 2, 1, 0)
        row = page["attack_paths"][0]
        assert row == {"id": rows[0].id, **rows[0].model_dump(mode="json")}
        rest = (await api.get(page["next_link"].removeprefix(PUBLIC_URL))).json
        assert [entry["score"] for entry in rest["attack_paths"]] == [70]
        assert "next_link" not in rest
        entry, target = quote(rows[2].entry_point.upper()), quote(rows[2].target)
        found = (await api.get(f"{url}?entry_point={entry}&target={target}")).json
        assert [entry["score"] for entry in found["attack_paths"]] == [50]

    async def test_a_link_repeats_the_filters(self, api: Api) -> None:
        rows = [attack_path(name, 60) for name in "abc"]
        scan = await _scan_with_paths(api, rows)
        entry = quote(rows[0].entry_point, safe="")
        url = f"/v1/scans/{scan.scan_id}/attack-paths?entry_point={entry}&limit=2"
        page = (await api.get(url)).json
        rest = (await api.get(page["next_link"].removeprefix(PUBLIC_URL))).json
        shown = [entry["target"] for entry in (*page["attack_paths"], *rest["attack_paths"])]
        assert shown == [row.target for row in rows]

    @pytest.mark.parametrize(
        ("kind", "status", "expected"),
        [
            ("microsoft.keyvault/vaults", CoverageStatus.READ, (True, True, 0)),
            ("microsoft.keyvault/vaults", CoverageStatus.DENIED, (True, False, 1)),
            ("microsoft.logic/workflows", CoverageStatus.DENIED, (True, True, 0)),
        ],
    )
    async def test_what_was_not_read_is_said(
        self, api: Api, kind: str, status: CoverageStatus, expected: tuple[bool, bool, int]
    ) -> None:
        row = TypeCoverage(subscription_id=SUBSCRIPTION, type=kind, status=status, reason="needs X")
        scan = await _scan_with_paths(api, [], row)
        coverage = (await api.get(f"/v1/scans/{scan.scan_id}/attack-paths")).json["coverage"]
        assert (coverage["evaluated"], coverage["complete"], len(coverage["not_read"])) == expected

    async def test_a_scan_that_does_not_look_says_so(self, api: Api) -> None:
        await api.scans.insert(scan_at(NOW, status=ScanStatus.RUNNING))
        answer = await api.get("/v1/scans/scan-20250805-174258/attack-paths")
        assert answer.json["attack_paths"] == []
        assert (answer.json["coverage"]["evaluated"], answer.json["coverage"]["complete"]) == (False, False)

    @pytest.mark.parametrize("query", ["severity=dire", "entry_point=vm", "target=", "target=/a%00"])
    async def test_bad_filters(self, api: Api, query: str) -> None:
        answer = await api.get(f"/v1/scans/scan-20250805-174258/attack-paths?{query}")
        assert answer.status == 400
        assert answer.error["details"]["field"] == query.partition("=")[0]


@contract("X-07")
class TestX07:
    async def test_catalogue(self, api: Api) -> None:
        other = RULE.model_copy(update={"rule_id": "network.nsg.rdp_from_internet"})
        api.rewire(rules={RULE.rule_id: RULE, other.rule_id: other})
        page = (await api.get("/v1/rules?limit=1")).json
        assert [entry["rule_id"] for entry in page["rules"]] == ["network.nsg.rdp_from_internet"]
        rest = (await api.get(page["next_link"].removeprefix(PUBLIC_URL))).json
        assert [entry["rule_id"] for entry in rest["rules"]] == [RULE.rule_id]
        assert "next_link" not in rest
        offset = (await api.get("/v1/rules?limit=1&offset=1")).json
        assert offset["rules"] == rest["rules"]

    async def test_one_rule(self, api: Api) -> None:
        shown = (await api.get(f"/v1/rules/{RULE.rule_id}", role="viewer")).json
        assert (shown["severity"], shown["reads"]) == ("critical", [NSG_TYPE])
        assert (await api.get("/v1/rules/network.nsg.nothing")).status == 404
