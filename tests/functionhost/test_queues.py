"""The queue pump over a fake receiver: locks, settlement, concurrency, reconnection, stop."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devhost.functionhost.host_json import ServiceBusOptions
from devhost.functionhost.invocation import Invoker
from devhost.functionhost.queues import QueuePump
from devhost.functionhost.servicebus_client import split_queue_name
from tests.functionhost.functions import NoOutputs, indexed


class FakeQueue:
    """A queue and its broker: keeps what is waiting, locked and settled."""

    def __init__(self, *bodies: str, lock: timedelta = timedelta(seconds=30)) -> None:
        self.waiting = deque(bodies)
        self.locked: list[str] = []
        self.completed: list[str] = []
        self.abandoned: list[str] = []
        self.renewed: list[str] = []
        self.asked: list[int] = []
        self.open_receivers = 0
        self.opened = 0
        self.down = False
        self.keep_abandoned = True
        self.lock = lock
        self.changed = asyncio.Condition()

    async def note(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with self.changed:
            await asyncio.wait_for(self.changed.wait_for(condition), 10)

    async def open(self) -> FakeReceiver:
        if self.down:
            raise ConnectionError("the broker is down")
        self.open_receivers += 1
        self.opened += 1
        return FakeReceiver(self)


class FakeReceiver:
    def __init__(self, queue: FakeQueue) -> None:
        self._queue = queue
        self._closed = False

    def _check(self) -> None:
        if self._queue.down:
            raise ConnectionError("the broker is down")
        assert not self._closed, "used after close"

    async def receive(self, max_messages: int, wait_seconds: float) -> Sequence[str]:
        queue = self._queue
        self._check()
        queue.asked.append(max_messages)
        if not queue.waiting:
            async with queue.changed:
                try:
                    await asyncio.wait_for(
                        queue.changed.wait_for(lambda: bool(queue.waiting) or queue.down),
                        min(wait_seconds, 0.05),
                    )
                except TimeoutError:
                    return []
            self._check()
        taken = [queue.waiting.popleft() for _ in range(min(max_messages, len(queue.waiting)))]
        queue.locked.extend(taken)
        await queue.note()
        return taken

    async def complete(self, message: str) -> None:
        self._check()
        self._queue.locked.remove(message)
        self._queue.completed.append(message)
        await self._queue.note()

    async def abandon(self, message: str) -> None:
        self._check()
        self._queue.locked.remove(message)
        self._queue.abandoned.append(message)
        if self._queue.keep_abandoned:
            self._queue.waiting.append(message)
        await self._queue.note()

    async def renew(self, message: str) -> datetime:
        self._check()
        self._queue.renewed.append(message)
        await self._queue.note()
        return datetime.now(UTC) + self._queue.lock

    def locked_until(self, message: str) -> datetime:
        return datetime.now(UTC) + self._queue.lock

    async def close(self) -> None:
        self._closed = True
        self._queue.open_receivers -= 1


@asynccontextmanager
async def pumping(
    queue: FakeQueue, function: Callable[..., Any], **overrides: Any
) -> AsyncIterator[tuple[QueuePump, Invoker]]:
    """A running pump; the end stops it and checks that nothing is left locked or open."""
    cardinality = overrides.pop("cardinality", None)
    own_auto_complete = overrides.pop("own_auto_complete", None)
    invoker = Invoker("/app", 4, NoOutputs())
    pump = QueuePump(
        indexed(
            function, "serviceBusTrigger", cardinality=cardinality, auto_complete_messages=own_auto_complete
        ),
        open_receiver=queue.open,
        decode=lambda messages: list(messages) if cardinality else messages[0],
        invoker=invoker,
        options=ServiceBusOptions(**overrides),
    )
    task = asyncio.create_task(pump.run())
    try:
        yield pump, invoker
    finally:
        pump.stop()
        await asyncio.wait_for(task, 10)
        invoker.close()
        assert queue.open_receivers == 0


async def test_complete_on_success() -> None:
    queue, seen = FakeQueue("a", "b"), []

    def function(value: str) -> None:
        seen.append(value)

    async with pumping(queue, function):
        await queue.until(lambda: len(queue.completed) == 2)
    assert sorted(seen) == sorted(queue.completed) == ["a", "b"]
    assert queue.locked == [] and queue.abandoned == []


async def test_abandon_at_once_on_failure_then_deliver_again(capsys: pytest.CaptureFixture[str]) -> None:
    queue, attempts = FakeQueue("a"), []

    async def function(value: str) -> None:
        attempts.append(value)
        if len(attempts) < 3:
            raise ValueError("not yet")

    async with pumping(queue, function):
        await queue.until(lambda: bool(queue.completed))
    assert (queue.abandoned, queue.completed, attempts) == (["a", "a"], ["a"], ["a", "a", "a"])
    assert capsys.readouterr().err.count("function F failed:") == 2


async def test_a_returned_value_fails_the_message() -> None:
    queue = FakeQueue("a")
    queue.keep_abandoned = False

    async def function(value: str) -> str:
        return value

    async with pumping(queue, function):
        await queue.until(lambda: bool(queue.abandoned))
    assert queue.completed == []


async def test_at_most_max_concurrent_calls_and_no_lock_without_a_free_slot() -> None:
    queue = FakeQueue(*"abcdefghij")
    running, most, gate = 0, 0, asyncio.Event()

    async def function(value: str) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await gate.wait()
        running -= 1

    async with pumping(queue, function, max_concurrent_calls=3):
        await queue.until(lambda: len(queue.locked) == 3)
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(queue.locked) == 3
        gate.set()
        await queue.until(lambda: len(queue.completed) == 10)
    assert most == 3 and set(queue.asked) == {1}


async def test_sync_functions_run_side_by_side() -> None:
    queue = FakeQueue("a", "b")
    together = threading.Barrier(2, timeout=10)
    async with pumping(queue, lambda value: (together.wait(), None)[1]):
        await queue.until(lambda: len(queue.completed) == 2)


@pytest.mark.parametrize(("host", "own"), [(False, None), (True, False)])
async def test_without_auto_complete_the_message_stays_locked(host: bool, own: bool | None) -> None:
    queue, seen = FakeQueue("a"), asyncio.Event()

    async def function(value: str) -> None:
        seen.set()

    async with pumping(queue, function, auto_complete_messages=host, own_auto_complete=own):
        await asyncio.wait_for(seen.wait(), 10)
    assert (queue.completed, queue.abandoned, queue.locked) == ([], [], ["a"])


async def test_a_batch_is_settled_as_a_whole() -> None:
    queue, batches = FakeQueue(*"abcde"), []
    queue.keep_abandoned = False

    async def function(value: list[str]) -> None:
        batches.append(value)
        if "d" in value:
            raise ValueError("one of them is bad")

    async with pumping(queue, function, cardinality="many", max_message_batch_size=3):
        await queue.until(lambda: len(queue.completed) + len(queue.abandoned) == 5)
    assert batches == [["a", "b", "c"], ["d", "e"]]
    assert (queue.completed, queue.abandoned) == (["a", "b", "c"], ["d", "e"])


async def test_the_lock_is_renewed_while_the_function_runs() -> None:
    queue, gate = FakeQueue("a", lock=timedelta(seconds=0.2)), asyncio.Event()

    async def function(value: str) -> None:
        await gate.wait()

    async with pumping(queue, function):
        await queue.until(lambda: len(queue.renewed) >= 3)
        gate.set()
        await queue.until(lambda: bool(queue.completed))
    assert queue.completed == ["a"]


async def test_renewal_ends_at_its_limit() -> None:
    queue, gate = FakeQueue("a", lock=timedelta(seconds=0.1)), asyncio.Event()

    async def function(value: str) -> None:
        await gate.wait()

    async with pumping(queue, function, max_auto_lock_renewal_seconds=0.0):
        await queue.until(lambda: bool(queue.locked))
        await asyncio.sleep(0.2)
        assert queue.renewed == []
        gate.set()
        await queue.until(lambda: bool(queue.completed))


async def test_reconnects_when_the_broker_comes_back(capsys: pytest.CaptureFixture[str]) -> None:
    queue, gate = FakeQueue("a"), asyncio.Event()

    async def function(value: str) -> None:
        if value == "a":
            await gate.wait()

    async with pumping(queue, function):
        await queue.until(lambda: queue.locked == ["a"])
        queue.down = True
        await queue.note()
        gate.set()
        while queue.open_receivers:
            await asyncio.sleep(0)
        queue.down = False
        queue.locked.clear()
        queue.waiting.extend(["a", "b"])
        await queue.until(lambda: len(queue.completed) == 2)
    assert sorted(queue.completed) == ["a", "b"] and queue.opened >= 2
    errors = capsys.readouterr().err
    assert "cannot complete a message: the broker is down" in errors
    assert "ConnectionError: the broker is down; again in 0.25 s" in errors


async def test_stop_ends_the_wait_for_a_broker_that_is_down() -> None:
    queue = FakeQueue()
    queue.down = True
    async with pumping(queue, lambda value: None):
        await asyncio.sleep(0)


async def test_stop_waits_for_the_running_function() -> None:
    queue, gate = FakeQueue("a", "b"), asyncio.Event()

    async def function(value: str) -> None:
        await gate.wait()

    async with pumping(queue, function, max_concurrent_calls=1) as (pump, _):
        await queue.until(lambda: queue.locked == ["a"])
        pump.stop()
        gate.set()
    assert (queue.completed, queue.locked, list(queue.waiting)) == (["a"], [], ["b"])


async def test_a_cancelled_function_gives_its_message_back() -> None:
    queue, started = FakeQueue("a"), asyncio.Event()
    queue.keep_abandoned = False

    async def function(value: str) -> None:
        started.set()
        await asyncio.Event().wait()

    async with pumping(queue, function) as (pump, invoker):
        await asyncio.wait_for(started.wait(), 10)
        pump.stop()
        assert await invoker.drain(0.01) == 1
    assert (queue.completed, queue.abandoned, queue.locked) == ([], ["a"], [])


@settings(max_examples=40, deadline=None)
@given(
    failures=st.lists(st.integers(0, 3), min_size=1, max_size=12),
    concurrency=st.integers(1, 5),
    batch=st.sampled_from([None, "many"]),
)
def test_every_message_ends_completed_once(failures: list[int], concurrency: int, batch: str | None) -> None:
    async def scenario() -> FakeQueue:
        bodies = [str(number) for number in range(len(failures))]
        left = dict(zip(bodies, failures, strict=True))
        queue = FakeQueue(*bodies)

        async def function(value: str | list[str]) -> None:
            await asyncio.sleep(0)
            for one in [value] if isinstance(value, str) else value:
                if left[one]:
                    left[one] -= 1
                    raise ValueError("not yet")

        async with pumping(
            queue, function, cardinality=batch, max_concurrent_calls=concurrency, max_message_batch_size=3
        ):
            await queue.until(lambda: len(queue.completed) == len(bodies))
        assert sorted(queue.completed) == sorted(bodies)
        assert not queue.locked and not queue.waiting
        return queue

    queue = asyncio.run(scenario())
    if batch is None:
        assert len(queue.abandoned) == sum(failures)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("work", ("work", False)),
        ("work/$deadletterqueue", ("work", True)),
        ("a/b/$DeadLetterQueue", ("a/b", True)),
        ("$deadletterqueue", ("$deadletterqueue", False)),
    ],
)
def test_dead_letter_queue_names(name: str, expected: tuple[str, bool]) -> None:
    assert split_queue_name(name) == expected
