"""Work that is slow is not sent again beside itself; work that was lost is."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.join import Pace, decide
from shared.domain.plan import PlanCursor, PlanDigest, PlanStep, ShardStage
from shared.domain.principal import Principal, Role
from shared.domain.scan import CheckState, ScanRequest, ScanType
from shared.ports.errors import StorageUnavailableError
from shared.ports.messaging import Queue
from shared.services.check_scan import CheckScan
from shared.services.engine import Engine
from shared.services.messages import CheckMessage, PlanMessage, ShardMessage
from shared.services.plan_scan import PlanScan
from shared.services.run_shard import RunShard
from shared.services.signs_of_life import LONGEST_WORK, SIGNS_PER_STALL
from shared.services.start_scan import StartScan
from tests.unit.engine.probe_scanner import resource
from tests.unit.engine.simulation import Faults, World, known

CALLER = Principal("tester", "Tester", Role.OPERATOR)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PACE = Pace()
TURNS = 20
"""Of the event loop: more than any call of a memory store takes."""


class Gate:
    """Blobs that nobody gets before it is opened."""

    def __init__(self, blobs: Any) -> None:
        self._blobs = blobs
        self.reached, self.opened = asyncio.Event(), asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._blobs, name)

    async def get(self, name: str) -> Any:
        self.reached.set()
        await self.opened.wait()
        return await self._blobs.get(name)


class Ticks:
    """Sleeping that ends when the test says so."""

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[None]] = []
        self.asked: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.asked.append(seconds)
        self._waiting.append(asyncio.get_running_loop().create_future())
        await self._waiting[-1]

    async def tick(self) -> None:
        for one in self._waiting:
            if not one.done():
                one.set_result(None)
        self._waiting.clear()
        for _ in range(TURNS):
            await asyncio.sleep(0)


class Silent:
    """Plans whose signs of life do not get through."""

    def __init__(self, plans: Any) -> None:
        self._plans = plans

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plans, name)

    async def note_work(self, *_: Any) -> None:
        raise StorageUnavailableError("away")


class Stage:
    """A scan whose one shard is being worked on and does not come to its end."""

    def __init__(self, *, silent: bool = False) -> None:
        self.world = World(1, Faults(), [resource("s1", 1, bad=True)], ["s1"])
        self.ticks, self.gate = Ticks(), Gate(self.world.blobs)
        self.engine: Engine = replace(self.world.calm, blobs=self.gate, sleep=self.ticks.sleep)
        if silent:
            self.engine = replace(self.engine, plans=Silent(self.world.plans))
        self.scan_id, self.shard_id = "", ""
        self.work: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        request = ScanRequest(scan_type=ScanType.NETWORK, subscriptions=("s1",))
        self.scan_id = (await StartScan(self.world.calm, known()).start(request, CALLER)).scan_id
        while (letter := next(self._letters(Queue.PLAN), None)) is not None:
            await PlanScan(self.world.calm).run(PlanMessage.model_validate_json(letter))
        letter = next(self._letters(Queue.SHARDS))
        message = ShardMessage.model_validate_json(letter)
        self.shard_id = message.shard_id
        self.work = asyncio.create_task(RunShard(self.engine).run(message))
        await self.gate.reached.wait()

    def _letters(self, queue: Queue) -> Any:
        for letter in list(self.world.broker.waiting):
            if letter.message.queue is queue:
                self.world.broker.waiting.remove(letter)
                yield letter.message.body

    async def wait(self, seconds: float, *, tick: bool) -> None:
        self.world.clock.advance(timedelta(seconds=seconds))
        if tick:
            await self.ticks.tick()
        found = await self.world.scans.get(self.scan_id)
        assert found is not None
        await CheckScan(self.world.calm).run(
            CheckMessage(scan_id=self.scan_id, number=found.value.check.number)
        )

    async def attempt(self) -> int:
        shard = await self.world.plans.get_shard(self.scan_id, self.shard_id)
        assert shard is not None
        return shard.attempt

    async def end(self) -> None:
        assert self.work is not None
        self.work.cancel()
        await asyncio.gather(self.work, return_exceptions=True)


async def test_slow_work_is_not_sent_again_and_lost_work_is() -> None:
    stage = Stage()
    await stage.begin()
    interval = PACE.stall.total_seconds() / SIGNS_PER_STALL
    for _ in range(SIGNS_PER_STALL * 5):
        await stage.wait(interval, tick=True)
    assert set(stage.ticks.asked) == {interval}
    assert await stage.attempt() == 1
    await stage.end()  # as the death of its process
    await stage.wait(PACE.stall.total_seconds() - 1, tick=True)
    assert await stage.attempt() == 1
    await stage.wait(1, tick=True)
    assert await stage.attempt() == 2


async def test_work_that_hangs_stops_saying_that_it_lives() -> None:
    stage = Stage()
    await stage.begin()
    interval = PACE.stall.total_seconds() / SIGNS_PER_STALL
    for _ in range(int(LONGEST_WORK / interval) + SIGNS_PER_STALL + 1):
        await stage.wait(interval, tick=True)
    assert await stage.attempt() == 2
    await stage.end()


async def test_signs_that_do_not_get_through_harm_no_work() -> None:
    stage = Stage(silent=True)
    await stage.begin()
    await stage.wait(40, tick=True)
    stage.gate.opened.set()
    assert stage.work is not None
    await stage.work
    assert stage.shard_id in (await stage.world.plans.digest(stage.scan_id)).marked


async def test_work_that_is_over_gives_no_more_signs() -> None:
    stage = Stage()
    await stage.begin()
    stage.gate.opened.set()
    assert stage.work is not None
    await stage.work
    before = len(stage.ticks.asked)
    await stage.ticks.tick()
    assert len(stage.ticks.asked) == before


@pytest.fixture(scope="module")
def scan() -> Any:
    """A scan whose check saw the plan of `DIGEST` at `NOW`."""
    world = World(1, Faults(), [], ["s1"])
    request = ScanRequest(scan_type=ScanType.NETWORK, subscriptions=("s1",))
    begun = asyncio.run(StartScan(world.calm, known()).start(request, CALLER))
    state = CheckState(number=3, checked_at=NOW, progress_at=NOW, progress=(2, 2, 1))
    return begun.model_copy(update={"created_at": NOW, "check": state})


DIGEST = PlanDigest(
    last_page=1,
    next=PlanCursor(step=PlanStep.RELATE),
    shards={"c000001": ShardStage.COLLECT, "c000002": ShardStage.COLLECT},
    marked=frozenset({"c000001"}),
)


@given(silent=st.floats(0, 3600), worked=st.none() | st.floats(-3600, 3600), nudges=st.integers(0, 4))
def test_only_silence_of_everybody_is_a_stall(
    scan: Any, silent: float, worked: float | None, nudges: int
) -> None:
    now = NOW + timedelta(seconds=silent)
    worked_at = None if worked is None else min(now, NOW + timedelta(seconds=worked))
    given_scan = scan.model_copy(update={"check": scan.check.model_copy(update={"nudges": nudges})})
    digest = DIGEST.model_copy(update={"worked_at": worked_at})
    decision = decide(given_scan, digest, 3, now, PACE)
    last = NOW if worked_at is None else max(NOW, worked_at)
    assert (decision.resend_shards == ("c000002",)) is (now - last >= PACE.stall * 2**nudges)
    assert not decision.resend_plan
