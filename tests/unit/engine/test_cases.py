"""What a scan says of what it met: refusals, failures, missing scanners, fixed and vanished problems."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.domain.coverage import Coverage, CoverageStatus
from shared.domain.errors import ConflictError, InvalidRequestError, NotFoundError, UnavailableError
from shared.domain.events import EventType
from shared.domain.finding import Finding, FindingStatus, FrozenFinding, Resolution
from shared.domain.finding_filter import FindingFilter
from shared.domain.page import PageRequest
from shared.domain.principal import Principal, Role
from shared.domain.scan import Scan, ScanRequest, ScanStatus, ScanType
from shared.domain.severity import Severity
from shared.ports.errors import BrokerUnavailableError, InventoryDeniedError, InventoryError
from shared.rules.base import RuleResult, RuleStatus
from shared.scanners.base import Projection
from shared.services.ledgers import get_ledger
from shared.services.scan_control import ScanControl
from shared.services.start_scan import StartScan
from tests.unit.engine.probe_scanner import RULE, TYPE, ProbeScanner, resource
from tests.unit.engine.simulation import Faults, World, known

CALLER = Principal("tester", "Tester", Role.OPERATOR)
BAD, GOOD = resource("s1", 1, bad=True), resource("s1", 2, bad=False)


def world(*resources: Any, subscriptions: tuple[str, ...] = ("s1",)) -> World:
    return World(5, Faults(), list(resources), list(subscriptions))


async def scanned(
    place: World,
    *,
    environments: dict[str, tuple[str, ...]] | None = None,
    scan_type: ScanType = ScanType.NETWORK,
    **request: Any,
) -> Scan:
    place.clock.advance(timedelta(minutes=20))
    asked = ScanRequest(scan_type=scan_type, **request)
    scan = await StartScan(place.calm, known(environments)).start(asked, CALLER)
    return await place.run(scan.scan_id)


async def ledger(place: World, scan: Scan) -> Coverage:
    return await get_ledger(place.calm, scan)


async def rows(place: World, scan: Scan) -> tuple[FrozenFinding, ...]:
    shards = None if scan.result_shards is None else frozenset(scan.result_shards)
    return (await place.results.findings(scan.scan_id, PageRequest(limit=200), shards)).items


async def records(place: World) -> tuple[Finding, ...]:
    return (await place.findings.page(PageRequest(limit=200), FindingFilter())).items


async def announced(place: World, kind: EventType) -> int:
    return sum(event.type is kind for event in await place.outbox.pending(1000))


async def test_a_broker_that_is_away_leaves_no_scan_behind() -> None:
    place = world(BAD)

    class Away:
        async def send(self, messages: object) -> None:
            raise BrokerUnavailableError("no answer")

    object.__setattr__(place.calm, "messenger", Away())
    with pytest.raises(UnavailableError):
        await StartScan(place.calm, known()).start(ScanRequest(scan_type=ScanType.NETWORK), CALLER)
    assert (await place.scans.page(PageRequest())).total == 0


async def test_a_scanner_that_this_build_lacks_is_said_so() -> None:
    place = world(BAD)
    scan = await scanned(place, scan_type=ScanType.CVE_ONLY, subscriptions=("s1",))
    coverage = await ledger(place, scan)
    assert scan.status is ScanStatus.PARTIAL
    assert [(one.name, one.status, one.reason) for one in coverage.scanners] == [
        ("cve", CoverageStatus.SKIPPED, "not_available")
    ]
    assert [(one.subscription_id, one.status) for one in coverage.subscriptions] == [
        ("s1", CoverageStatus.SKIPPED)
    ]
    assert any(error.subject == "cve" and error.reason == "not_available" for error in scan.errors)


async def test_a_full_scan_runs_what_there_is_and_ends_partial() -> None:
    place = world(BAD)
    scan = await scanned(place, scan_type=ScanType.FULL)
    assert scan.status is ScanStatus.PARTIAL and scan.totals.findings == 1
    status = {one.name: one.status for one in (await ledger(place, scan)).scanners}
    assert status.pop("network") is CoverageStatus.READ
    assert set(status.values()) == {CoverageStatus.SKIPPED} and len(status) == 7


@pytest.mark.parametrize("action", ["execute_actions", "create_issues"])
async def test_an_action_that_this_build_lacks_is_never_a_clean_end(action: str) -> None:
    place = world(GOOD)
    scan = await scanned(place, **{action: True})
    assert scan.status is ScanStatus.PARTIAL
    assert [(error.subject, error.reason) for error in scan.errors] == [(action, "not_available")]


async def test_a_denied_subscription_is_named_and_the_rest_is_scanned() -> None:
    place = world(BAD, resource("s2", 1, bad=True), subscriptions=("s1", "s2"))
    place.inventory.denied_subscriptions.add("s2")
    scan = await scanned(place, subscriptions=("s1", "s2", "nowhere"))
    coverage = await ledger(place, scan)
    assert scan.status is ScanStatus.PARTIAL and not coverage.complete
    assert {one.subscription_id: one.status for one in coverage.subscriptions} == {
        "s1": CoverageStatus.READ,
        "s2": CoverageStatus.DENIED,
        "nowhere": CoverageStatus.DENIED,
    }
    assert all(one.reason for one in coverage.subscriptions if one.status is CoverageStatus.DENIED)
    assert len(await rows(place, scan)) == 1


async def test_nothing_readable_is_a_failed_scan() -> None:
    place = world(BAD)
    place.inventory.denied_subscriptions.add("s1")
    scan = await scanned(place, subscriptions=("s1",))
    assert scan.status is ScanStatus.FAILED
    assert await announced(place, EventType.SCAN_FAILED) == 1


async def test_no_visible_subscription_at_all_is_a_failed_scan() -> None:
    place = world(subscriptions=())
    assert (await scanned(place)).status is ScanStatus.FAILED


async def test_a_type_that_may_not_be_read_is_denied_not_empty() -> None:
    place = world(BAD)
    place.inventory.denied_types.add(TYPE)
    scan = await scanned(place)
    [row] = (await ledger(place, scan)).resource_types
    assert row.status is CoverageStatus.DENIED and row.read == 0 and f"{TYPE}/read" in (row.reason or "")
    assert scan.status is ScanStatus.FAILED


async def test_an_inventory_that_recovers_is_no_loss() -> None:
    place = world(BAD, GOOD)
    place.inventory.fail("page", InventoryError("503", status=503, transient=True))
    with pytest.raises(InventoryError):
        await scanned(place)
    [scan] = (await place.scans.page(PageRequest())).items
    end = await place.run(scan.scan_id)
    assert end.status is ScanStatus.COMPLETED and end.totals.findings == 1


async def test_a_page_refused_for_good_leaves_the_rest_and_says_why() -> None:
    place = world(BAD, subscriptions=("s1", "s2"))
    place.inventory.fail("page", InventoryDeniedError("AuthorizationFailed", status=403))
    scan = await scanned(place)
    coverage = await ledger(place, scan)
    assert scan.status in (ScanStatus.PARTIAL, ScanStatus.FAILED)
    assert all("AuthorizationFailed" in (one.reason or "") for one in coverage.resource_types)
    assert any("AuthorizationFailed" in error.message for error in scan.errors)


async def test_rows_that_are_no_resources_are_failures_with_a_reason() -> None:
    place = world(BAD, "just a string", {**GOOD, "properties": "cut off"}, {"id": "/x", "type": "y"})
    scan = await scanned(place)
    failures = (await place.results.failures(scan.scan_id, PageRequest(limit=50), None)).items
    assert scan.status is ScanStatus.PARTIAL
    assert scan.totals.resources_scanned == 1 and scan.totals.findings == 1
    assert {(one.resource_id, one.reason) for one in failures} >= {
        (None, "row is not an object"),
        (GOOD["id"], "properties is not an object"),
    }


async def test_the_severity_filter_limits_the_scan_and_not_the_records() -> None:
    place = world(BAD)
    scan = await scanned(place, severity_filter=(Severity.CRITICAL,))
    assert scan.status is ScanStatus.COMPLETED and scan.totals.findings == 0 and not await rows(place, scan)
    assert len(await records(place)) == 1


async def test_a_fixed_problem_is_resolved_and_reopened_under_the_same_id() -> None:
    place = world(BAD, GOOD)
    began = await scanned(place)
    [first] = await records(place)
    place.inventory.put(resource("s1", 1, bad=False))
    await scanned(place)
    [fixed] = await records(place)
    assert fixed.status is FindingStatus.RESOLVED and fixed.resolution is Resolution.FIXED
    assert fixed.resolved_at is not None and fixed.resolved_at > first.detected_at
    place.inventory.put(BAD)
    scan = await scanned(place)
    [back] = await records(place)
    assert back.status is FindingStatus.OPEN and back.reopened_at is not None and back.resolved_at is None
    assert (back.id, back.detected_at) == (first.id, first.detected_at)
    assert (await rows(place, scan))[0].id == first.id
    seen = [(await rows(place, one))[0].last_seen_at for one in (began, scan)]
    assert seen == [first.last_seen_at, back.last_seen_at] and seen[0] < seen[1]
    for kind in (EventType.FINDING_CREATED, EventType.FINDING_RESOLVED, EventType.FINDING_REOPENED):
        assert await announced(place, kind) == 1


async def test_a_vanished_resource_resolves_its_finding_only_when_arm_agrees() -> None:
    place = world(BAD, GOOD)
    await scanned(place)
    place.inventory.remove(BAD["id"])
    await scanned(place)
    [record] = await records(place)
    assert record.status is FindingStatus.RESOLVED and record.resolution is Resolution.RESOURCE_GONE
    events = await place.outbox.pending(1000)
    assert [one.data["resolution"] for one in events if "resolution" in one.data] == ["resource_gone"]

    place = world(BAD, GOOD)
    await scanned(place)
    listed = place.inventory.page

    async def lagging(*args: Any, **kwargs: Any) -> Any:
        page = await listed(*args, **kwargs)
        return type(page)([row for row in page.rows if row["id"] != BAD["id"]], 1, None, page.page_size)

    place.inventory.page = lagging  # type: ignore[method-assign]
    await scanned(place)
    [record] = await records(place)
    assert record.status is FindingStatus.OPEN, "Resource Graph lags; ARM still has the resource"


async def test_what_could_not_be_read_changes_nothing() -> None:
    place = world(BAD, GOOD)
    await scanned(place)
    place.inventory.put({**BAD, "properties": "cut off"})
    await scanned(place)
    place.inventory.denied_types.add(TYPE)
    await scanned(place)
    place.inventory.denied_types.clear()
    place.inventory.denied_subscriptions.add("s1")
    await scanned(place)
    [record] = await records(place)
    assert record.status is FindingStatus.OPEN


async def test_a_false_positive_stays_one_and_a_suppressed_problem_too() -> None:
    for status in (FindingStatus.FALSE_POSITIVE, FindingStatus.SUPPRESSED):
        place = world(BAD)
        await scanned(place)
        [record] = await records(place)
        stored = await place.findings.get(record.id)
        assert stored is not None
        await place.findings.save([(record.model_copy(update={"status": status}), stored.etag)])
        scan = await scanned(place)
        [after] = await records(place)
        assert after.status is status and len(await rows(place, scan)) == 1


async def test_environments_name_subscriptions_and_an_unknown_one_is_refused() -> None:
    place = world(BAD, resource("s2", 1, bad=True), subscriptions=("s1", "s2"))
    environments = {"staging": ("s2",)}
    scan = await scanned(place, environments=environments, environment="staging")
    assert [one.observation.subscription_id for one in await rows(place, scan)] == ["s2"]
    everything = await scanned(place, environments=environments, environment="production")
    assert everything.totals.findings == 2
    named = await scanned(place, environments=environments, environment="default", subscriptions=("S2",))
    assert named.request.environment == "staging"
    with pytest.raises(InvalidRequestError) as refused:
        await scanned(place, environments=environments, environment="prod")
    assert refused.value.details == {"field": "environment", "reason": "invalid_value"}


async def test_scans_of_one_second_get_different_ids_of_the_contracts_form() -> None:
    place = world()
    start = StartScan(place.calm, known())
    ids = [(await start.start(ScanRequest(scan_type=ScanType.NETWORK), CALLER)).scan_id for _ in range(3)]
    assert len(set(ids)) == 3
    assert ids[0] == "scan-20250805-174258" and all(one.startswith(ids[0] + "-") for one in ids[1:])


async def test_resuming_reads_what_was_refused_and_keeps_what_was_read() -> None:
    place = world(BAD, resource("s2", 1, bad=True), subscriptions=("s1", "s2"))
    place.inventory.denied_subscriptions.add("s2")
    scan = await scanned(place, subscriptions=("s1", "s2"))
    assert scan.status is ScanStatus.PARTIAL
    place.inventory.denied_subscriptions.clear()
    pages = place.inventory.calls["page"]
    await ScanControl(place.calm).resume(scan.scan_id, CALLER)
    end = await place.run(scan.scan_id)
    assert end.status is ScanStatus.COMPLETED and end.run == 2 and end.totals.findings == 2
    assert {one.observation.subscription_id for one in await rows(place, end)} == {"s1", "s2"}
    assert place.inventory.calls["page"] == pages + 1, "only what was refused is read again"
    assert place.scans.ends == {(scan.scan_id, 1): 1, (scan.scan_id, 2): 1}


async def test_only_what_can_be_resumed_is() -> None:
    place = world(GOOD)
    scan = await scanned(place)
    control = ScanControl(place.calm)
    with pytest.raises(ConflictError):
        await control.resume(scan.scan_id, CALLER)
    with pytest.raises(ConflictError):
        await control.cancel(scan.scan_id, CALLER)
    with pytest.raises(NotFoundError):
        await control.cancel("scan-20000101-000000", CALLER)


async def test_a_scan_with_older_data_does_not_undo_a_newer_word() -> None:
    place = world(BAD)
    await scanned(place)
    [record] = await records(place)
    stored = await place.findings.get(record.id)
    assert stored is not None
    newer = record.model_copy(
        update={"read_at": record.read_at + timedelta(days=1), "scan_id": "scan-20990101-000000"}
    )
    await place.findings.save([(newer, stored.etag)])
    await scanned(place)
    [after] = await records(place)
    assert after == newer


class PartlyBlind(ProbeScanner):
    """Fails on every resource, finds nothing definite, and says that it could not see all."""

    def judged(self, projection: Projection) -> RuleResult:
        return RuleResult(RULE, projection["id"], RuleStatus.FAIL, reason="an interface was not read")


async def test_a_failure_that_saw_only_a_part_resolves_nothing() -> None:
    """A rule that fails and says that it could not see all leaves the other findings of its subject alone."""
    place = world(BAD)
    await scanned(place)
    place.inventory.put(GOOD)
    place.scanner = PartlyBlind()
    await scanned(place)
    [record] = await records(place)
    assert record.status is FindingStatus.OPEN


class Inapplicable(ProbeScanner):
    """A scanner whose rule no longer applies to what it looked at."""

    def judged(self, projection: Projection) -> RuleResult:
        return RuleResult(RULE, projection["id"], RuleStatus.NOT_APPLICABLE)


async def test_a_rule_that_no_longer_applies_resolves_its_finding() -> None:
    place = world(BAD)
    await scanned(place)
    place.scanner = Inapplicable()
    await scanned(place)
    [record] = await records(place)
    assert (record.status, record.resolution) == (FindingStatus.RESOLVED, Resolution.FIXED)
