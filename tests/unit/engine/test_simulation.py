"""None early, none stuck, none twice: the engine under crashes, duplicates, reordering, poison and loss."""

from __future__ import annotations

import asyncio
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.domain.coverage import CoverageStatus
from shared.domain.errors import ConflictError
from shared.domain.events import EventType
from shared.domain.page import PageRequest
from shared.domain.plan import PlanStep, ShardOutcome
from shared.domain.principal import Principal, Role
from shared.domain.scan import Scan, ScanRequest, ScanStatus, ScanType
from shared.ports.errors import InventoryDeniedError
from shared.services.finalize_scan import load_record
from shared.services.ledgers import get_ledger
from shared.services.scan_control import ScanControl
from shared.services.start_scan import StartScan
from tests.unit.engine.probe_scanner import ProbeScanner, observation, resource
from tests.unit.engine.simulation import Crash, Faults, World, known

CALLER = Principal("tester", "Tester", Role.OPERATOR)
RUNS = int(os.environ.get("SIMULATION_RUNS", "5000"))

worlds = st.builds(
    World,
    seed=st.integers(0, 2**32),
    faults=st.builds(
        Faults,
        crash=st.sampled_from([0.0, 0.01, 0.03, 0.06]),
        duplicate=st.sampled_from([0.0, 0.15, 0.4]),
        lose=st.sampled_from([0.0, 0.02, 0.1]),
        poison=st.sampled_from([0.0, 0.02]),
        workers=st.integers(1, 4),
    ),
    resources=st.lists(
        st.tuples(st.sampled_from(["s1", "s2", "s3"]), st.integers(0, 40), st.booleans()),
        max_size=25,
        unique_by=lambda one: one[:2],
    ).map(lambda rows: [resource(sub, number, bad=bad) for sub, number, bad in rows]),
    subscriptions=st.just(["s1", "s2", "s3"]),
    scanner=st.builds(ProbeScanner, below=st.booleans(), wide=st.booleans()),
)


async def started(world: World) -> Scan:
    request = ScanRequest(scan_type=ScanType.NETWORK, subscriptions=("s1", "s2", "s3"))
    return await StartScan(world.calm, known()).start(request, CALLER)


async def check_lists(world: World, records: int) -> None:
    """Lists hold every record as it is, though no timer ever ran."""
    proof = await world.findings.prove()
    assert (proof.wrong_lists, proof.wrong_totals) == (0, 0), "a record is missing in the lists"
    assert proof.records == records


async def check_end(world: World, scan: Scan) -> None:
    """What must hold however the world behaved."""
    shards = {one.shard_id for one in await world.plans.shards(scan.scan_id)}
    every = {one.shard_id: one for one in await world.plans.markers(scan.scan_id)}
    assert shards <= set(every), "ended early"
    # What a resume dropped may have been marked by a late worker; it counts for nothing.
    markers = {shard_id: every[shard_id] for shard_id in shards}
    assert world.scans.ends[scan.scan_id, scan.run] == 1, "ended twice"
    broken = [one for one in markers.values() if one.outcome is ShardOutcome.FAILED]
    unread = (await load_record(world.calm, scan)).failed_pages
    ledger = await get_ledger(world.calm, scan)
    if scan.status is not ScanStatus.FAILED:
        posture = await world.postures.get(scan.scan_id, scan.run, scan.request.scan_type)
        assert posture is not None and posture.by_severity == scan.totals.by_severity
    bad = {one["id"] for one in world.resources if one["properties"]["bad"]}
    included = None if scan.result_shards is None else frozenset(scan.result_shards)
    rows = await world.results.findings(scan.scan_id, PageRequest(limit=200), included)
    found = [one.observation.resource_id for one in rows.items]
    assert len(found) == len(set(found)) == rows.total == scan.totals.findings
    assert set(found) <= bad
    created = [one for one in await world.outbox.pending(10_000) if one.type is EventType.FINDING_CREATED]
    assert len({one.event_id for one in created}) == len(created)
    if not broken and not unread:
        assert scan.status is ScanStatus.COMPLETED, (scan.errors, ledger)
        assert set(found) == bad
        assert ledger.complete
        await check_lists(world, len(bad))
        assert scan.totals.resources_scanned == len(world.resources)
        assert {one.data["finding_id"] for one in created} == {one.id for one in rows.items}
        for finding in rows.items:
            assert finding.id.startswith(finding.detected_at.strftime("finding-%Y%m%d-%H%M%S"))
            assert scan.created_at <= finding.detected_at <= (scan.completed_at or scan.created_at)
    else:
        assert scan.status in (ScanStatus.PARTIAL, ScanStatus.FAILED)
        assert not ledger.complete
        assert any(one.status is not CoverageStatus.READ for one in ledger.subscriptions)
    completions = [
        one
        for one in await world.outbox.pending(10_000)
        if one.type in (EventType.SCAN_COMPLETED, EventType.SCAN_FAILED)
    ]
    assert len({one.event_id for one in completions}) == len(completions) >= 1


async def one_scan(world: World) -> None:
    scan = await started(world)
    end = await world.run(scan.scan_id)
    await check_end(world, end)
    await world.drain()
    after = await world.scans.get(scan.scan_id)
    assert after is not None and after.value == end, "stragglers changed a finished scan"
    await check_end(world, end)


@given(world=worlds)
@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
def test_none_early_none_stuck_none_twice(world: World) -> None:
    asyncio.run(one_scan(world))


@pytest.mark.slow
@given(world=worlds)
@settings(max_examples=RUNS, deadline=None, suppress_health_check=list(HealthCheck))
def test_none_early_none_stuck_none_twice_full(world: World) -> None:
    asyncio.run(one_scan(world))


async def cancel_and_resume(world: World, turns: int) -> None:
    scan = await started(world)
    for _ in range(turns):
        await world._turn()
    now = await world.scans.get(scan.scan_id)
    assert now is not None
    control = ScanControl(world.calm)
    if now.value.status.working:
        cancelled = await control.cancel(scan.scan_id, CALLER)
        assert cancelled.status is ScanStatus.CANCELLED and cancelled.completed_at is not None
        included = frozenset(cancelled.result_shards or ())
        rows = await world.results.findings(scan.scan_id, PageRequest(limit=200), included)
        assert rows.total == cancelled.totals.findings
        await world.drain()
        later = await world.scans.get(scan.scan_id)
        assert later is not None and later.value == cancelled
        rows = await world.results.findings(scan.scan_id, PageRequest(limit=200), included)
        assert rows.total == cancelled.totals.findings, "a cancelled scan went on"
    await world.run(scan.scan_id)
    for _ in range(6):
        now = await world.scans.get(scan.scan_id)
        assert now is not None
        if not now.value.status.resumable:
            break
        await control.resume(scan.scan_id, CALLER)
        await world.run(scan.scan_id)
        await world.drain()
    end = await world.scans.get(scan.scan_id)
    assert end is not None
    await check_end(world, end.value)


@given(world=worlds, turns=st.integers(0, 40))
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_cancel_and_resume_lose_and_double_nothing(world: World, turns: int) -> None:
    asyncio.run(cancel_and_resume(world, turns))


async def cancel_then_resume(world: World, scan_id: str, denied: bool) -> None:
    """By a caller that may die at any point; access to s2 is taken away or given back in between.

    Not in the middle of a listing: what is taken away there, Azure leaves out of its next page silently.
    """
    control = ScanControl(world.engine())
    for call in (control.cancel, control.resume):
        try:
            await call(scan_id, CALLER)
        except (Crash, ConflictError):
            continue
        leads_on = (await world.plans.digest(scan_id)).next
        if denied and (leads_on is None or leads_on.step is not PlanStep.READ):
            world.inventory.denied_subscriptions.symmetric_difference_update({"s2"})


async def interrupted_again_and_again(world: World, interruptions: list[tuple[int, bool, bool]]) -> None:
    """Cancel and resume in the middle of work, by callers that die too, while access comes and goes."""
    scan = await started(world)
    for turns, access_changes, refused_page in interruptions:
        if refused_page:
            world.inventory.fail("page", InventoryDeniedError("refused once", status=403))
        for _ in range(turns):
            await world._turn()
        if access_changes:
            await cancel_then_resume(world, scan.scan_id, denied=True)
        else:
            # Beside workers in flight: what they still write belongs to the run before.
            await asyncio.gather(world._turn(), cancel_then_resume(world, scan.scan_id, denied=False))
    world.inventory.denied_subscriptions.clear()
    for _ in range(12):
        end = await world.run(scan.scan_id)
        if not end.status.resumable:
            break
        await ScanControl(world.calm).resume(scan.scan_id, CALLER)
    end = await world.run(scan.scan_id)
    await check_end(world, end)
    await world.drain()
    after = await world.scans.get(scan.scan_id)
    assert after is not None and after.value == end
    await check_end(world, end)


interruptions = st.lists(st.tuples(st.integers(0, 25), st.booleans(), st.booleans()), min_size=1, max_size=4)


@given(world=worlds, plan=interruptions)
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
def test_interruptions_lose_and_double_nothing(world: World, plan: list[tuple[int, bool, bool]]) -> None:
    asyncio.run(interrupted_again_and_again(world, plan))


@pytest.mark.slow
@given(world=worlds, plan=interruptions)
@settings(max_examples=RUNS, deadline=None, suppress_health_check=list(HealthCheck))
def test_interruptions_lose_and_double_nothing_full(world: World, plan: list[tuple[int, bool, bool]]) -> None:
    asyncio.run(interrupted_again_and_again(world, plan))


async def test_a_message_lost_inside_the_duplicate_window_is_sent_again_under_a_new_id() -> None:
    world = World(1, Faults(), [resource("s1", 1, bad=True)], ["s1"])
    scan = await started(world)
    world.broker.waiting.clear()
    end = await world.run(scan.scan_id)
    assert end.status is ScanStatus.PARTIAL
    assert end.plan_attempt > 1


async def test_a_crash_is_not_caught_by_the_engine() -> None:
    world = World(2, Faults(crash=1.0), [], ["s1"])
    with pytest.raises(Crash):
        await StartScan(world.engine(), known()).start(
            ScanRequest(scan_type=ScanType.NETWORK, subscriptions=("s1",)), CALLER
        )


def test_the_probe_observation_is_stable() -> None:
    assert observation("/subscriptions/s1/resourceGroups/rg/providers/a/b/c").fingerprint == (
        observation("/SUBSCRIPTIONS/s1/resourceGroups/rg/providers/a/b/c").fingerprint
    )
