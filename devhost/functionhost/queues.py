"""Service Bus queue triggers: receive under a lock, complete on success, abandon at once on failure."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from devhost.functionhost.host_json import ServiceBusOptions
from devhost.functionhost.indexing import IndexedFunction
from devhost.functionhost.invocation import Invoker, log_failure

RECEIVE_WAIT_SECONDS = 0.5
"""Longest wait of one receive call, so the longest that a stop waits for an idle queue. A receive call is
never cancelled: a message that arrives at that moment would stay locked."""

FIRST_BACK_OFF_SECONDS = 0.25
LONGEST_BACK_OFF_SECONDS = 10.0
RENEW_AT_FRACTION = 0.5
"""A lock is renewed when this part of its remaining time has passed."""
SHORTEST_RENEWAL_PAUSE_SECONDS = 0.05


class QueueReceiver(Protocol):
    """One open peek-lock receiver on one queue. Every method raises what the transport raises."""

    async def receive(self, max_messages: int, wait_seconds: float) -> Sequence[Any]:
        """At most ``max_messages`` locked messages; empty when none came in time."""

    async def complete(self, message: Any) -> None:
        """Remove the message from the queue."""

    async def abandon(self, message: Any) -> None:
        """Give the message back: it is delivered again at once or, at its limit, dead-lettered."""

    async def renew(self, message: Any) -> datetime:
        """Extend the lock; returns its new end, in UTC."""

    def locked_until(self, message: Any) -> datetime:
        """End of the message's lock, in UTC."""

    async def close(self) -> None:
        """Close the link and release what it still holds."""


OpenReceiver = Callable[[], Awaitable[QueueReceiver]]
Decode = Callable[[Sequence[Any]], Any]
"""From received messages (one, or a batch) to the value that the function takes."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class QueuePump:
    """Feeds one function from one queue until stopped."""

    def __init__(
        self,
        function: IndexedFunction,
        *,
        open_receiver: OpenReceiver,
        decode: Decode,
        invoker: Invoker,
        options: ServiceBusOptions,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._function = function
        self._open_receiver = open_receiver
        self._decode = decode
        self._invoker = invoker
        self._clock = clock
        cardinality = getattr(function.trigger.cardinality, "value", function.trigger.cardinality)
        batched = str(cardinality).lower() == "many"
        self._batch_size = options.max_message_batch_size if batched else 1
        # Batches are worked on one after the other, single messages side by side.
        self._slots = asyncio.Semaphore(1 if batched else options.max_concurrent_calls)
        own = getattr(function.trigger, "auto_complete_messages", None)
        self._auto_complete = options.auto_complete_messages if own is None else bool(own)
        self._renew_for = timedelta(seconds=options.max_auto_lock_renewal_seconds)
        self._stopped = asyncio.Event()
        self._back_off = FIRST_BACK_OFF_SECONDS
        self._working: set[asyncio.Task[None]] = set()

    def stop(self) -> None:
        """Receive no more; ``run`` ends when the running invocations are settled."""
        self._stopped.set()

    async def run(self) -> None:
        """Pump until ``stop``, reconnecting with a growing pause while the broker does not answer."""
        retiring: set[asyncio.Task[None]] = set()
        while not self._stopped.is_set():
            receiver: QueueReceiver | None = None
            try:
                receiver = await self._open_receiver()
                await self._pump(receiver)
            except Exception as error:
                await self._pause_after(error)
            finally:
                if receiver is not None:
                    # In the background: running invocations do not delay the new connection.
                    task = asyncio.create_task(self._retire(receiver, frozenset(self._working)))
                    retiring.add(task)
                    task.add_done_callback(retiring.discard)
        if retiring:
            await asyncio.wait(retiring)

    async def _pump(self, receiver: QueueReceiver) -> None:
        while not self._stopped.is_set():
            await self._slots.acquire()
            taken = False
            try:
                if self._stopped.is_set():
                    return
                messages = await receiver.receive(self._batch_size, RECEIVE_WAIT_SECONDS)
                self._back_off = FIRST_BACK_OFF_SECONDS
                if messages:
                    task = asyncio.create_task(self._work(receiver, messages))
                    taken = True
                    self._working.add(task)
                    task.add_done_callback(self._release)
            finally:
                if not taken:
                    self._slots.release()

    def _release(self, task: asyncio.Task[None]) -> None:
        self._working.discard(task)
        self._slots.release()

    async def _pause_after(self, error: Exception) -> None:
        name, wait = self._function.name, self._back_off
        sys.stderr.write(f"queue of function {name}: {type(error).__name__}: {error}; again in {wait:g} s\n")
        self._back_off = min(wait * 2, LONGEST_BACK_OFF_SECONDS)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopped.wait(), wait)

    async def _retire(self, receiver: QueueReceiver, working: frozenset[asyncio.Task[None]]) -> None:
        if working:
            await asyncio.wait(working)
        try:
            await receiver.close()
        except Exception as error:
            sys.stderr.write(f"queue of function {self._function.name}: closing failed: {error}\n")

    async def _work(self, receiver: QueueReceiver, messages: Sequence[Any]) -> None:
        done = asyncio.Event()
        renewal = asyncio.create_task(self._renew(receiver, messages, done))
        try:
            await self._invoker.invoke(self._function, self._decode(messages), {})
        except asyncio.CancelledError:
            await self._end_renewal(renewal, done)
            await self._settle(receiver.abandon, "abandon", messages)
            raise
        except Exception as error:
            log_failure(self._function.name, error)
            await self._end_renewal(renewal, done)
            await self._settle(receiver.abandon, "abandon", messages)
        else:
            await self._end_renewal(renewal, done)
            if self._auto_complete:
                await self._settle(receiver.complete, "complete", messages)

    @staticmethod
    async def _end_renewal(renewal: asyncio.Task[None], done: asyncio.Event) -> None:
        # Waits for a renewal under way: cancelling it could break the connection for the settlement.
        done.set()
        await renewal

    async def _settle(
        self, settle: Callable[[Any], Awaitable[None]], verb: str, messages: Sequence[Any]
    ) -> None:
        for message in messages:
            try:
                await settle(message)
            except Exception as error:
                # The lock runs out and the broker delivers the message again: at least once.
                name = self._function.name
                sys.stderr.write(f"queue of function {name}: cannot {verb} a message: {error}\n")

    async def _renew(self, receiver: QueueReceiver, messages: Sequence[Any], done: asyncio.Event) -> None:
        give_up = self._clock() + self._renew_for
        until = min(receiver.locked_until(message) for message in messages)
        while True:
            left = (until - self._clock()).total_seconds()
            pause = max(left * RENEW_AT_FRACTION, SHORTEST_RENEWAL_PAUSE_SECONDS)
            with suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), pause)
            if done.is_set() or self._clock() >= give_up:
                return
            try:
                until = min([await receiver.renew(message) for message in messages])
            except Exception as error:
                name = self._function.name
                sys.stderr.write(f"queue of function {name}: cannot renew a lock: {error}\n")
                return
