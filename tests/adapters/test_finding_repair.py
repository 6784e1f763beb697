"""Lists and totals of findings after crashes, races and damage: tables in memory, every write in turn."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.adapters.memory.findings import MemoryFindingStore
from shared.adapters.memory.tables import MemoryTables
from shared.adapters.tables.findings import GRACE, TableFindingStore
from shared.adapters.tables.transaction import Action, Write
from shared.domain.finding import Finding, FindingStatus
from shared.domain.finding_filter import FindingFilter
from shared.domain.page import PageRequest
from shared.domain.severity import Severity
from tests.adapters.builders import SUBSCRIPTION, T0, finding, ids_of, observation

FILTERS = [
    FindingFilter(),
    *(FindingFilter(statuses=(one,)) for one in FindingStatus),
    *(FindingFilter(severities=(one,)) for one in Severity),
    FindingFilter(statuses=(FindingStatus.OPEN, FindingStatus.RESOLVED)),
    FindingFilter(statuses=(FindingStatus.OPEN,), severities=(Severity.HIGH, Severity.CRITICAL)),
    FindingFilter(subscription_id=SUBSCRIPTION.upper()),
    FindingFilter(
        subscription_id=SUBSCRIPTION, statuses=(FindingStatus.RESOLVED,), severities=(Severity.LOW,)
    ),
    FindingFilter(rule_id="network.nsg.ssh_from_internet"),
    FindingFilter(rule_id="network.nsg.ssh_from_internet", statuses=(FindingStatus.OPEN,)),
    FindingFilter(resource_id=observation(1).resource_id.upper()),
    FindingFilter(text="nsg2"),
    FindingFilter(detected_after=T0 + timedelta(seconds=2), detected_before=T0 + timedelta(seconds=5)),
]


class Crash(BaseException):
    """The process dies."""


class World:
    """A store over tables in memory, its clock, and a crash at a chosen write."""

    def __init__(self) -> None:
        self.tables = MemoryTables()
        self.now = T0
        self.store = TableFindingStore(self.tables, now=lambda: self.now)
        self.until: float = float("inf")
        self.late = False

    async def died(self, work: Any) -> bool:
        try:
            await work
        except Crash:
            return True
        return False

    def arm(self, write: int, *, late: bool) -> None:
        """Die at that write, counted over all tables: before it has its effect, or after."""
        self.until = write
        for name in ("Findings", "FindingIndex", "FindingTotals", "FindingIntents", "FindingIds"):
            table = self.tables(name)
            table.before = self._step if not late else _nothing
            table.after = self._step if late else _nothing

    def _step(self, writes: Sequence[Write]) -> None:
        self.until -= 1
        if self.until < 0:
            raise Crash

    def calm(self) -> None:
        self.arm(10**9, late=False)

    async def restart_and_repair(self) -> None:
        self.calm()
        self.now += GRACE + timedelta(seconds=1)
        self.store = TableFindingStore(self.tables, now=lambda: self.now)
        await self.store.repair()

    async def assert_true_lists(self) -> None:
        """Every list, page by page, and every total agrees with the records."""
        twin = MemoryFindingStore()
        records = [one.value async for one in await self.store.of_subscription(SUBSCRIPTION)]
        await twin.save([(one, None) for one in records])
        for where in FILTERS:
            expected = await twin.page(PageRequest(limit=200), where)
            walked: list[str] = []
            after = None
            while True:
                page = await self.store.page(PageRequest(limit=2, after=after), where)
                walked += ids_of(page)  # type: ignore[arg-type]
                assert page.total in (None, expected.total), where
                after = page.next_after
                if after is None:
                    break
            assert walked == ids_of(expected), where  # type: ignore[arg-type]
        proof = await self.store.prove()
        assert (proof.wrong_lists, proof.wrong_totals) == (0, 0)


def _nothing(writes: Sequence[Write]) -> None:
    return None


async def _filled() -> World:
    world = World()
    records = [finding(number, number, severity=list(Severity)[number % 4]) for number in range(6)]
    assert await world.store.save([(one, None) for one in records]) == []
    return world


async def _resolve(world: World) -> None:
    """A status change of three findings at once, one of which changes its severity too."""
    changes = []
    for number in (1, 2, 3):
        stored = await world.store.find(SUBSCRIPTION, finding(number).fingerprint)
        assert stored is not None
        seen = stored.value.observation
        severity = Severity.LOW if number == 2 else seen.severity
        changed = stored.value.model_copy(
            update={
                "status": FindingStatus.RESOLVED,
                "observation": replace(seen, severity=severity),
            }
        )
        changes.append((changed, stored.etag))
    await world.store.save(changes)


async def _writes_of(work: Any) -> int:
    world = await _filled()
    before = sum(table.writes for table in world.tables.tables.values())
    await work(world)
    return sum(table.writes for table in world.tables.tables.values()) - before


async def test_a_crash_at_any_write_of_a_status_change_is_repaired() -> None:
    writes = await _writes_of(_resolve)
    assert writes > 10
    for write in range(writes):
        for late in (False, True):
            world = await _filled()
            world.arm(write, late=late)
            assert await world.died(_resolve(world)), (write, late)
            await world.restart_and_repair()
            await world.assert_true_lists()


async def test_a_crash_at_any_write_of_a_creation_is_repaired() -> None:
    async def create(world: World) -> None:
        new = [finding(20 + number, 3, tail=f"{number}0000000") for number in range(2)]
        await world.store.save([(one, None) for one in new])

    for write in range(await _writes_of(create)):
        for late in (False, True):
            world = await _filled()
            world.arm(write, late=late)
            assert await world.died(create(world)), (write, late)
            await world.restart_and_repair()
            await world.assert_true_lists()


async def test_a_crash_of_the_repair_itself_is_repaired() -> None:
    world = await _filled()
    world.arm(4, late=True)
    assert await world.died(_resolve(world))
    for write in range(60):
        world.now += GRACE + timedelta(seconds=1)
        world.arm(write, late=bool(write % 2))
        if not await world.died(world.store.repair()):
            break
    await world.restart_and_repair()
    await world.assert_true_lists()
    assert await world.store.repair() == 0


async def test_a_change_under_way_is_left_alone() -> None:
    world = await _filled()
    world.arm(3, late=True)
    assert await world.died(_resolve(world))
    world.calm()
    assert await world.store.repair() == 0, "its writer may still be at work"
    await world.restart_and_repair()
    await world.assert_true_lists()


@pytest.mark.parametrize("seed", range(12))
async def test_racing_writers_leave_true_lists(seed: int) -> None:
    """Writers of the same records, interleaved at every write."""
    rng = random.Random(seed)
    world = await _filled()
    for table in world.tables.tables.values():
        _interleave(table, rng)

    async def writer(name: str) -> None:
        for _ in range(6):
            number = rng.randrange(6)
            stored = await world.store.find(SUBSCRIPTION, finding(number).fingerprint)
            assert stored is not None
            changed = stored.value.model_copy(
                update={"status": rng.choice(list(FindingStatus)), "assigned_to": name}
            )
            await world.store.save([(changed, stored.etag)])

    await asyncio.gather(*(writer(f"w{number}") for number in range(4)))
    await world.assert_true_lists()


def _interleave(table: Any, rng: random.Random) -> None:
    transact = table.transact

    async def slow(writes: Sequence[Write]) -> Any:
        for _ in range(rng.choice((0, 1, 60))):
            await asyncio.sleep(0)
        return await transact(writes)

    table.transact = slow


async def test_a_proof_finds_and_restores_what_nobody_could_know_of() -> None:
    world = await _filled()
    index, totals = world.tables("FindingIndex"), world.tables("FindingTotals")
    stray = next(key for key in index._rows if key[0].startswith("y~"))
    await index.write(Write(Action.DELETE, {"PartitionKey": stray[0], "RowKey": stray[1]}))
    wrong = dict(index._rows[next(key for key in index._rows if key[0].startswith("u~"))])
    await index.write(Write(Action.PUT, {**wrong, "PartitionKey": "y~resolved~low~" + wrong["RowKey"][:14]}))
    lost = next(key for key in totals._rows if key[0] == "totals")
    await totals.write(Write(Action.DELETE, {"PartitionKey": lost[0], "RowKey": lost[1]}))
    proof = await world.store.prove()
    assert proof.records == 6
    assert proof.wrong_lists == 2
    assert proof.wrong_totals == 1
    await world.assert_true_lists()


async def test_sightings_are_told_without_touching_the_lists() -> None:
    world = await _filled()
    at, scan = T0 + timedelta(hours=1), "scan-20250805-184258"
    changes: list[tuple[Finding, str | None]] = []
    for number in range(5):  # the sixth is missed
        stored = await world.store.find(SUBSCRIPTION, finding(number).fingerprint)
        assert stored is not None
        seen = {"scan_id": scan, "last_seen_at": at, "read_at": at}
        changes.append((stored.value.model_copy(update=seen), stored.etag))
    before = world.tables("FindingIndex").writes
    assert await world.store.save(changes, sightings_told=True) == []
    missed = await world.store.find(SUBSCRIPTION, finding(5).fingerprint)
    assert missed is not None
    assert world.tables("FindingIndex").writes == before
    await world.store.save([(missed.value.model_copy(update={"missed": True, "read_at": at}), missed.etag)])
    await world.store.sighted(SUBSCRIPTION, ["network.nsg.ssh_from_internet"], scan, at)
    page = await world.store.page(PageRequest(), FindingFilter())
    for one in page.items:
        record = await world.store.get(one.id)
        assert record is not None
        assert record.value == one
    await world.store.sighted(SUBSCRIPTION, ["network.nsg.ssh_from_internet"], "scan-20250805-174258", T0)
    again = await world.store.page(PageRequest(), FindingFilter())
    assert again == page, "an older word is ignored"
