"""The real engine over memory stores, on a broker and storage that misbehave as a seed says.

Every call of a store, blob, broker or inventory may crash the handler before or after its effect. The broker
duplicates, reorders, loses (while remembering the id), delivers again what failed, and dead-letters what
failed too often. Several handlers run interleaved. Time moves only when nothing is due.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from shared.adapters.memory.blobs import MemoryBlobStore
from shared.adapters.memory.clock import MemoryClock, MemoryTokenSource
from shared.adapters.memory.events import MemoryEventOutbox
from shared.adapters.memory.inventory import MemoryInventory
from shared.adapters.memory.lifecycle_stores import MemoryFindingHistoryStore, MemorySuppressionStore
from shared.adapters.memory.plans import MemoryPlanStore
from shared.adapters.memory.postures import MemoryPostureStore
from shared.adapters.memory.reads import MemoryAzureReads
from shared.adapters.memory.scan_results import MemoryScanResultStore
from shared.adapters.memory.scans import MemoryScanStore
from shared.adapters.memory.tables import MemoryTable, MemoryTables
from shared.adapters.tables.findings import TableFindingStore
from shared.adapters.tables.transaction import Write
from shared.domain.join import Pace
from shared.domain.scan import Scan
from shared.ports.inventory import Subscription
from shared.ports.messaging import Message, Queue
from shared.services.check_scan import CheckScan
from shared.services.dead_letters import DeadLetters
from shared.services.engine import Engine
from shared.services.messages import CheckMessage, PlanMessage, ShardMessage
from shared.services.plan_scan import PlanScan
from shared.services.run_shard import RunShard
from shared.services.start_scan import Environments
from shared.services.sweep_scans import SweepScans
from tests.unit.engine.probe_scanner import Only, ProbeScanner

MAX_DELIVERIES = 5
WRITES_OF_A_SAVE = 4
"""Saving takes ten times that, so a save dies more often than another call, and mostly in the middle."""
DUPLICATE_WINDOW = timedelta(minutes=10)


class Crash(BaseException):
    """The process dies here: nothing in the handler may catch it."""


@dataclass(frozen=True)
class Faults:
    crash: float = 0.0
    duplicate: float = 0.0
    lose: float = 0.0
    poison: float = 0.0
    workers: int = 1


@dataclass
class Letter:
    message: Message
    due: Any
    deliveries: int = 0


@dataclass
class Broker:
    clock: MemoryClock
    dice: random.Random
    faults: Faults
    waiting: list[Letter] = field(default_factory=list)
    dead: list[tuple[Queue, bytes]] = field(default_factory=list)
    seen: dict[tuple[Queue, str], Any] = field(default_factory=dict)
    lost: int = 0

    async def send(self, messages: Sequence[Message]) -> None:
        for message in messages:
            key = (message.queue, message.message_id)
            now = self.clock.now()
            if key in self.seen and now - self.seen[key] < DUPLICATE_WINDOW:
                continue
            self.seen[key] = now
            if self.dice.random() < self.faults.lose:
                self.lost += 1
                continue
            letter = Letter(message, now + (message.delay or timedelta()))
            self.waiting.append(letter)
            if self.dice.random() < self.faults.duplicate:
                self.waiting.append(replace(letter))

    def take(self) -> Letter | None:
        due = [letter for letter in self.waiting if letter.due <= self.clock.now()]
        if not due:
            return None
        letter = self.dice.choice(due)
        self.waiting.remove(letter)
        return letter

    def give_back(self, letter: Letter) -> None:
        letter.deliveries += 1
        if letter.deliveries >= MAX_DELIVERIES:
            self.dead.append((letter.message.queue, letter.message.body))
        else:
            self.waiting.append(letter)

    def next_due(self) -> Any:
        return min((letter.due for letter in self.waiting), default=None)


def known(environments: Mapping[str, tuple[str, ...]] | None = None) -> Environments:
    """Environments as the configuration gives them."""

    async def every() -> Mapping[str, tuple[str, ...]]:
        return environments or {}

    return every


def _died(error: BaseException) -> bool:
    """Whether a crash, or a body that is none of ours, ended the handler; inside a task group too."""
    if isinstance(error, BaseExceptionGroup):
        return all(_died(one) for one in error.exceptions)
    return isinstance(error, Crash | ValidationError)


class Crashing:
    """Any port, dying at random just before or just after a call, and yielding to the other workers."""

    def __init__(self, target: Any, dice: random.Random, rate: float) -> None:
        self._target, self._dice, self._rate = target, dice, rate

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._target, name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            await self._maybe()
            result = await method(*args, **kwargs)
            await self._maybe()
            return result

        return call

    async def _maybe(self) -> None:
        for _ in range(self._dice.randrange(3)):
            await asyncio.sleep(0)
        if self._dice.random() < self._rate:
            raise Crash


class CountingScanStore(MemoryScanStore):
    """Counts how often a scan's run came to an end."""

    def __init__(self) -> None:
        super().__init__()
        self.ends: Counter[tuple[str, int]] = Counter()

    async def replace(self, scan: Scan, etag: str) -> Any:
        before = await self.get(scan.scan_id)
        written = await super().replace(scan, etag)
        if scan.status.terminal and before is not None and not before.value.status.terminal:
            self.ends[scan.scan_id, scan.run] += 1
        return written


class TornTables(MemoryTables):
    """Tables that may die just before or just after any write."""

    def __init__(self, dice: random.Random, rate: float) -> None:
        super().__init__()
        self._dice, self._rate = dice, rate

    def __call__(self, name: str) -> MemoryTable:
        table = super().__call__(name)
        table.before = table.after = self._maybe
        return table

    def _maybe(self, writes: Sequence[Write]) -> None:
        if self._dice.random() < self._rate:
            raise Crash


@dataclass
class World:
    seed: int
    faults: Faults
    resources: list[Any]
    subscriptions: list[str]
    page_size: int = 3
    scanner: ProbeScanner = field(default_factory=ProbeScanner)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.clock = MemoryClock()
        self.broker = Broker(self.clock, self.dice, self.faults)
        self.scans = CountingScanStore()
        self.plans = MemoryPlanStore()
        self.tables = TornTables(self.dice, self.faults.crash / WRITES_OF_A_SAVE)
        self.findings: Any = TableFindingStore(self.tables, now=self.clock.now)
        self.history, self.suppressions = MemoryFindingHistoryStore(), MemorySuppressionStore()
        self.results = MemoryScanResultStore()
        self.outbox = MemoryEventOutbox()
        self.blobs = MemoryBlobStore()
        self.postures = MemoryPostureStore()
        self.inventory = MemoryInventory(
            self.resources,
            subscriptions=[Subscription(one, one, "Enabled", "t-" + one[-1]) for one in self.subscriptions],
            page_size=self.page_size,
        )
        self.steps = 0
        self.calm = self.engine(0.0)

    def engine(self, rate: float | None = None) -> Engine:
        crash = self.faults.crash if rate is None else rate

        def port(target: Any) -> Any:
            return Crashing(target, self.dice, crash)

        return Engine(
            scans=port(self.scans),
            plans=port(self.plans),
            findings=port(self.findings),
            history=port(self.history),
            suppressions=port(self.suppressions),
            results=port(self.results),
            outbox=port(self.outbox),
            blobs=port(self.blobs),
            messenger=port(self.broker),
            inventory=port(self.inventory),
            postures=port(self.postures),
            clock=self.clock,
            tokens=MemoryTokenSource(self.seed),
            scanners=Only(self.scanner),
            reads=MemoryAzureReads(),
            pace=Pace(),
            page_size=self.page_size,
        )

    async def run(self, scan_id: str, limit: int = 4000) -> Scan:
        """Let the world turn until the scan is over; the limit of turns is "stuck"."""
        for _ in range(limit):
            self.steps += 1
            found = await self.scans.get(scan_id)
            assert found is not None
            if found.value.status.terminal:
                return found.value
            await self._turn()
        raise AssertionError(f"stuck after {limit} turns: {found.value.status} {found.value.check}")

    async def drain(self, limit: int = 4000) -> None:
        """Deliver everything that is left, in whatever order."""
        for _ in range(limit):
            if not self.broker.waiting and not self.broker.dead:
                return
            await self._turn()
        raise AssertionError("messages without end")

    async def _turn(self) -> None:
        if self.dice.random() < self.faults.poison:
            body = self.dice.choice([b"\xff\x00", b"{}", b'{"scan_id": 3}', b"[]"])
            queue = self.dice.choice(list(Queue))
            self.broker.waiting.append(Letter(Message(queue, "poison", body), self.clock.now()))
        letters = [letter for _ in range(self.faults.workers) if (letter := self.broker.take())]
        if letters:
            self.clock.advance(timedelta(milliseconds=self.dice.randrange(1, 200)))
            await asyncio.gather(*(self._deliver(letter) for letter in letters))
        elif self.broker.dead:
            await self._bury(*self.broker.dead.pop(self.dice.randrange(len(self.broker.dead))))
        else:
            await self._idle()

    async def _deliver(self, letter: Letter) -> None:
        engine = self.engine()
        message = letter.message
        try:
            if message.queue is Queue.PLAN:
                await PlanScan(engine).run(PlanMessage.model_validate_json(message.body))
            elif message.queue is Queue.SHARDS:
                await RunShard(engine).run(ShardMessage.model_validate_json(message.body))
            else:
                await CheckScan(engine).run(CheckMessage.model_validate_json(message.body))
        except BaseException as error:
            if not _died(error):
                raise
            self.broker.give_back(letter)

    async def _bury(self, queue: Queue, body: bytes) -> None:
        try:
            await DeadLetters(self.engine()).run(queue, body, "MaxDeliveryCountExceeded")
        except Crash:
            self.broker.dead.append((queue, body))

    async def _idle(self) -> None:
        due = self.broker.next_due()
        tick = self.clock.now() + timedelta(seconds=30)
        self.clock.set(min(due, tick) if due is not None else tick)
        if due is None or due > tick:
            try:
                await SweepScans(self.engine()).run()
            except Crash:
                return
