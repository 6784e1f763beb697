"""Processes that die at any call between event and delivery: nothing lost, nothing out of order."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.engine.simulation import Crash, Crashing
from tests.unit.events.test_webhook_delivery import URL, of
from tests.unit.events.world import EventWorld, failing_at_random

ROUNDS = 40
OTHER = "https://two.example/hook"


async def alive(step: Any, attempts: int = 400) -> None:
    """Run a step again until it survives, as timers and the broker do."""
    for _ in range(attempts):
        try:
            await step()
            return
        except Crash:
            continue
    raise AssertionError("it never survived")


async def run(seed: int, rate: float) -> EventWorld:
    dice = random.Random(seed)
    world = EventWorld(guard=lambda port: Crashing(port, dice, rate))
    for url in (URL, OTHER):
        await world.register(url)
    world.receivers.behaviours[OTHER] = failing_at_random(seed, 0.2)
    number = 0
    for _ in range(ROUNDS):
        batch = [of(dice.randrange(6), number + step) for step in range(dice.randrange(1, 6))]
        number += len(batch)
        # The engine repeats an append that it does not know to have worked.
        await alive(lambda batch=batch: world.relay._outbox.append(batch))
        await alive(world.hand_on)
        await deliver(world)
    world.build()
    return world


async def deliver(world: EventWorld) -> None:
    """Work on what is due; a crash gives the message back and starts a new process."""
    waiting = world.wakes()
    for _ in range(5_000):
        if not waiting:
            waiting = world.wakes()
            if not waiting:
                return
        wake = waiting.pop(0)
        try:
            await world.deliver.run(wake)
        except Crash:
            world.build()
            waiting.append(wake)
    raise AssertionError("deliveries without end")


@pytest.mark.parametrize("seed", range(12))
async def test_every_event_arrives_in_order_whatever_dies(seed: int) -> None:
    world = await run(seed, 0.04)
    for _ in range(200):
        await alive(world.hand_on)
        await deliver(world)
        due = world.messenger.next_due()
        if due is None and not await world.deliveries.overdue(world.clock.now() + timedelta(days=1), 1):
            break
        world.clock.set(due) if due is not None else world.clock.advance(timedelta(minutes=3))
        await alive(world.sweep.run)
    entries = await world.log.after(0, 10_000)
    expected: defaultdict[str, list[str]] = defaultdict(list)
    for entry in entries:
        expected[entry.event.subject].append(entry.event.event_id)
        assert entry.sequence == len(expected[entry.event.subject])
    assert len({entry.event.event_id for entry in entries}) == len(entries)
    for url in (URL, OTHER):
        first_seen: defaultdict[str, list[int]] = defaultdict(list)
        for _, subject, sequence in world.receivers.events(url, accepted=True):
            if sequence not in first_seen[f"findings/{subject}"]:
                first_seen[f"findings/{subject}"].append(sequence)
        assert first_seen == {subject: list(range(1, len(ids) + 1)) for subject, ids in expected.items()}


async def test_two_hosts_relay_and_fan_out_at_once() -> None:
    world = EventWorld()
    await world.register(URL)
    await world.outbox.append([of(number % 7, number) for number in range(100)])
    await asyncio.gather(*(world.hand_on() for _ in range(4)))
    await world.work()
    taken = world.receivers.events(URL)
    assert len(taken) == len(set(taken)) == 100
