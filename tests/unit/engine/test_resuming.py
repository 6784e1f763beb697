"""A resumed scan goes on at once, and what it shows meanwhile counts nothing twice."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.errors import ConflictError
from shared.domain.page import PageRequest
from shared.domain.scan import Scan, ScanStatus
from shared.ports.errors import InventoryDeniedError
from shared.services.scan_control import ScanControl
from shared.services.scan_queries import ScanQueries
from tests.unit.engine.probe_scanner import resource
from tests.unit.engine.simulation import Faults, World
from tests.unit.engine.test_simulation import CALLER, started

SUBSCRIPTIONS = ["s1", "s2", "s3"]
SWEPT = timedelta(seconds=60)
"""Less than the sweeper lets pass before it starts a scan again."""


def world(seed: int, workers: int = 1) -> World:
    rows = [resource(one, number, bad=number % 2 == 0) for one in SUBSCRIPTIONS for number in range(5)]
    return World(seed, Faults(workers=workers), rows, SUBSCRIPTIONS)


async def cancelled_in_its_midst(place: World, turns: int) -> Scan | None:
    """A scan cancelled while handlers are at work; None where it was over before."""
    scan = await started(place)
    for _ in range(turns):
        await place._turn()

    async def cancel() -> Scan:
        for _ in range(place.dice.randrange(40)):
            await asyncio.sleep(0)
        return await ScanControl(place.engine(0.0)).cancel(scan.scan_id, CALLER)

    try:
        _, cancelled = await asyncio.gather(place._turn(), cancel())
    except ConflictError:
        return None
    return cancelled


@pytest.mark.parametrize("seed", [126, 157, 1177, 1386, *range(16)])
async def test_without_a_fault_no_sweeper_is_needed(seed: int) -> None:
    """The first four were cancelled between a check's successor and its row."""
    place = world(seed, 1 + seed % 4)
    scan = await cancelled_in_its_midst(place, seed % 30)
    if scan is None:
        return
    for _ in range(place.dice.randrange(12)):
        await place._turn()
    before = place.clock.now()
    await ScanControl(place.calm).resume(scan.scan_id, CALLER)
    end = await place.run(scan.scan_id)
    assert end.status is ScanStatus.COMPLETED and end.totals.findings == 9
    assert place.clock.now() - before < SWEPT


@pytest.mark.parametrize("turns", range(0, 20, 2))
async def test_one_sweep_takes_a_scan_up_whose_resume_died(turns: int) -> None:
    place = world(3)
    scan = await cancelled_in_its_midst(place, turns)
    if scan is None:
        return
    await place.drain()
    dying = replace(place.calm, plans=Dying(place.calm.plans, "delete_markers"))
    with pytest.raises(RuntimeError):
        await ScanControl(dying).resume(scan.scan_id, CALLER)
    found = await place.scans.get(scan.scan_id)
    assert found is not None and found.value.status is ScanStatus.RESUMING
    before = place.clock.now()
    end = await place.run(scan.scan_id)
    assert end.status is ScanStatus.COMPLETED
    assert place.clock.now() - before < place.calm.pace.stall + SWEPT


class Dying:
    """A port of which one call fails the caller."""

    def __init__(self, port: Any, call: str) -> None:
        self._port, self._call = port, call

    def __getattr__(self, name: str) -> Any:
        if name == self._call:
            raise RuntimeError("the process died")
        return getattr(self._port, name)


async def test_what_a_late_worker_leaves_of_a_dropped_shard_is_not_counted() -> None:
    place = world(3)
    scan = await started(place)
    while place.inventory.calls["page"] < 3:
        await place._turn()
    place.inventory.fail("page", InventoryDeniedError("refused once", status=403))
    await place.run(scan.scan_id)
    late = await place.plans.markers(scan.scan_id)
    await ScanControl(place.calm).resume(scan.scan_id, CALLER)
    left = await place.plans.markers(scan.scan_id)
    for marker in late:
        await place.plans.insert_marker(marker)
    assert len(left) < len(late), "the resume dropped none"
    queries = ScanQueries(place.calm)
    while not (shown := await queries.get(scan.scan_id)).status.terminal:
        assert shown.totals.resources_scanned <= 15 and shown.totals.findings <= 9
        found = (await queries.results(scan.scan_id, PageRequest(limit=200))).page
        assert len({one.frozen.fingerprint for one in found.items}) == found.total
        await place._turn()
    assert (shown.totals.resources_scanned, shown.totals.findings) == (15, 9)
