"""Deliveries: order, retries, receivers in trouble, switching off, rotation, replay (contract section 8)."""

from __future__ import annotations

import asyncio
import json
import random
from collections import defaultdict
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.events import EventType
from shared.domain.page import PageRequest
from shared.domain.webhook_signatures import verify_body, verify_message
from shared.domain.webhooks import RETRY_DELAYS, DeliveryStatus
from shared.ports.outbound import Answer
from shared.services.sweep_webhooks import SLACK
from tests.adapters.builders import event
from tests.unit.events.world import SECRET, EventWorld, answering, failing_at_random, silent

URL = "https://one.example/hook"
OTHER = "https://two.example/hook"


def of(subject: int, number: int, **changes: Any) -> Any:
    """The `number`-th event of a finding."""
    data = {"finding_id": f"finding-{subject}"}
    name = f"evt-{subject}-{number}"
    return event(subject, number, event_id=name, data=data, **changes)


async def statuses(world: EventWorld, webhook_id: str) -> list[DeliveryStatus]:
    return [one.status for one in (await world.deliveries.page(webhook_id, PageRequest(limit=200))).items]


async def test_an_event_arrives_signed_by_both_schemes() -> None:
    world = EventWorld()
    webhook = await world.register(URL)
    await world.outbox.append([event(1)])
    await world.hand_on()
    await world.work()
    ((headers, body),) = world.receivers.received[URL]
    assert json.loads(body) == {
        "event_type": "finding.created",
        "timestamp": "2025-08-05T17:42:58Z",
        "data": {"finding_id": "finding-1", "severity": "high"},
    }
    assert verify_body(SECRET, headers["X-Security-Copilot-Signature"], body)
    assert verify_message(SECRET, headers, body, world.clock.now())
    assert headers["webhook-id"] == "msg_2025080517425800000001"
    assert "." not in headers["webhook-id"]
    assert await statuses(world, webhook.webhook_id) == [DeliveryStatus.DELIVERED]


async def test_a_webhook_removed_while_it_is_called_leaves_nothing_behind() -> None:
    world = EventWorld()
    name = (await world.register(URL)).webhook_id
    world.receivers.meanwhile[URL] = lambda: world.service.delete(name)
    world.receivers.behaviours[URL] = answering(500)
    await world.outbox.append([of(1, 1), of(1, 2), of(2, 1)])
    await world.hand_on()
    await world.pass_time()
    assert len(world.receivers.received[URL]) == 1
    assert await statuses(world, name) == []
    assert await world.webhooks.health(name) is None


async def test_only_wanted_events_from_now_on_arrive() -> None:
    world = EventWorld()
    await world.outbox.append([event(1)])
    await world.hand_on()
    await world.register(URL, EventType.SCAN_COMPLETED)
    await world.outbox.append([event(2), event(3, type=EventType.SCAN_COMPLETED)])
    await world.hand_on()
    await world.work()
    assert [one[0] for one in world.receivers.events(URL)] == ["evt-20250805-174258-00000003"]


async def test_retries_follow_the_contract_and_end_as_a_dead_letter() -> None:
    world = EventWorld()
    webhook = await world.register(URL)
    attempts = []

    def refuse(*_: Any) -> Answer:
        attempts.append(world.clock.now())
        return Answer(500)

    world.receivers.behaviours[URL] = refuse
    await world.outbox.append([event(1)])
    await world.hand_on()
    await world.pass_time()
    assert len(attempts) == 1 + len(RETRY_DELAYS) == 10
    for before, after, pause in zip(attempts, attempts[1:], RETRY_DELAYS, strict=False):
        assert pause <= after - before <= pause * 1.1 + timedelta(seconds=1)
    assert await statuses(world, webhook.webhook_id) == [DeliveryStatus.DEAD_LETTER]
    stored = await world.service.get(webhook.webhook_id)
    assert not stored.active and stored.disabled_reason is not None


async def test_a_dead_letter_among_successes_leaves_the_webhook_on() -> None:
    world = EventWorld()
    webhook = await world.register(URL)
    world.receivers.behaviours[URL] = lambda _url, _headers, body: Answer(
        500 if b'"finding-1"' in body else 200
    )
    await world.outbox.append([of(1, 1)])
    await world.hand_on()
    for hour in range(90):
        await world.outbox.append([of(2, 10 + hour)])
        await world.hand_on()
        await world.pass_time(timedelta(hours=1))
        world.clock.advance(timedelta(minutes=30))
    await world.pass_time()
    assert (await world.service.get(webhook.webhook_id)).active
    found = await world.deliveries.page(webhook.webhook_id, PageRequest(limit=200))
    assert {one.subject: one.status for one in found.items} == {
        "findings/finding-1": DeliveryStatus.DEAD_LETTER,
        "findings/finding-2": DeliveryStatus.DELIVERED,
    }


async def test_later_events_of_a_subject_wait_and_others_do_not() -> None:
    world = EventWorld()
    await world.register(URL)
    down = True
    world.receivers.behaviours[URL] = lambda _url, _headers, body: Answer(
        503 if down and b'"finding-1"' in body else 200
    )
    await world.outbox.append([of(1, 1), of(1, 2), of(2, 1), of(2, 2), of(1, 3)])
    await world.hand_on()
    await world.work()
    taken = [one for one in world.receivers.events(URL) if one[1] == "finding-2"]
    assert [sequence for _, _, sequence in taken] == [1, 2]
    assert {one for one in world.receivers.events(URL) if one[1] == "finding-1"} == {
        ("evt-20250805-174259-00000001", "finding-1", 1)
    }
    down = False
    world.receivers.received.clear()
    await world.pass_time()
    assert [sequence for _, _, sequence in world.receivers.events(URL)] == [1, 2, 3]


async def test_an_event_that_comes_while_the_one_before_fails_waits_too() -> None:
    world = EventWorld()
    await world.register(URL)
    down = True
    world.receivers.behaviours[URL] = lambda *_: silent() if down else Answer(200)
    for number in (1, 2, 3):
        await world.outbox.append([of(1, number)])
        await world.hand_on()
        await world.work()
        down = number < 2
    await world.pass_time()
    accepted = world.receivers.events(URL, accepted=True)
    assert [sequence for _, _, sequence in accepted] == [1, 2, 3]


async def test_a_dead_letter_lets_the_next_event_of_the_subject_go() -> None:
    world = EventWorld()
    await world.register(URL)
    world.receivers.behaviours[URL] = lambda _url, headers, body: Answer(
        400 if b'"finding-1"' in body and headers["X-Security-Copilot-Sequence"] == "1" else 200
    )
    await world.outbox.append([of(1, 1), of(1, 2), of(2, 2)])
    await world.hand_on()
    await world.pass_time()
    assert ("evt-20250805-174300-00000002", "finding-1", 2) in world.receivers.events(URL)


async def test_gone_switches_off_at_once_and_cancels_what_waits() -> None:
    world = EventWorld()
    webhook = await world.register(URL)
    world.receivers.behaviours[URL] = answering(410)
    await world.outbox.append([of(1, 1), of(1, 2)])
    await world.hand_on()
    await world.pass_time()
    assert len(world.receivers.received[URL]) == 1
    stored = await world.service.get(webhook.webhook_id)
    assert (stored.active, stored.disabled_reason) == (False, "the receiver answered 410 Gone")
    assert await statuses(world, webhook.webhook_id) == [DeliveryStatus.CANCELLED, DeliveryStatus.DEAD_LETTER]


@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_is_honoured(status: int) -> None:
    world = EventWorld()
    await world.register(URL)
    world.receivers.behaviours[URL] = answering(status, retry_after="120")
    await world.outbox.append([event(1)])
    await world.hand_on()
    await world.work()
    due = world.messenger.next_due()
    assert due is not None and due - world.clock.now() >= timedelta(seconds=120)


async def test_retry_after_of_other_answers_means_nothing() -> None:
    world = EventWorld()
    await world.register(URL)
    world.receivers.behaviours[URL] = answering(500, retry_after="7200")
    await world.outbox.append([event(1)])
    await world.hand_on()
    await world.work()
    due = world.messenger.next_due()
    assert due is not None and due - world.clock.now() < timedelta(seconds=7)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_a_failure(status: int) -> None:
    world = EventWorld()
    await world.register(URL)
    world.receivers.behaviours[URL] = answering(status, location="http://127.0.0.1/")
    await world.outbox.append([event(1)])
    await world.hand_on()
    await world.work()
    assert list(world.receivers.received) == [URL]
    assert world.messenger.next_due() is not None


async def test_a_dead_receiver_rests_and_gets_everything_when_it_is_back() -> None:
    world = EventWorld()
    webhook = await world.register(URL)
    calls = 0

    def count(*_: Any) -> Answer:
        nonlocal calls
        calls += 1
        return silent()

    world.receivers.behaviours[URL] = count
    await world.outbox.append([of(subject, 1) for subject in range(100)])
    await world.hand_on()
    await world.pass_time(timedelta(hours=1))
    # One attempt at a time, and ever fewer: not a hundred at once, again and again.
    assert calls < 40
    del world.receivers.behaviours[URL]
    world.receivers.received.clear()
    await world.pass_time()
    assert len({one[0] for one in world.receivers.events(URL)}) == 100
    assert set(await statuses(world, webhook.webhook_id)) == {DeliveryStatus.DELIVERED}


async def test_a_slow_receiver_leaves_places_free() -> None:
    world = EventWorld()
    await world.register(URL)
    await world.outbox.append([of(subject, 1) for subject in range(20)])
    await world.hand_on()
    waiting = asyncio.Event()
    under_way = most = 0

    async def slow(url: str, headers: Any, body: bytes, seconds: float) -> Answer:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await waiting.wait()
        world.clock.advance(2)
        under_way -= 1
        return Answer(200)

    world.receivers.post = slow  # type: ignore[method-assign]
    first, *rest = world.wakes()
    tasks = [asyncio.create_task(world.deliver.run(wake)) for wake in (first, rest[0])]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    world.clock.advance(1.5)
    for wake in rest[1:]:
        await asyncio.wait_for(world.deliver.run(wake), 1)
    assert most <= 2
    waiting.set()
    await asyncio.gather(*tasks)


async def test_a_thousand_events_through_a_receiver_that_fails_at_random() -> None:
    world = EventWorld()
    await world.register(URL)
    world.receivers.behaviours[URL] = failing_at_random(7, 0.3)
    dice = random.Random(11)
    expected: defaultdict[str, list[str]] = defaultdict(list)
    for number in range(1000):
        one = of(number % 137, number)
        await world.outbox.append([one])
        if number % 40 == 39:
            await world.hand_on()
            await world.work()
            # Sooner than the first retry, later than the first rests: old and new events meet.
            world.clock.advance(dice.choice([1, 4, 20]))
    await world.hand_on()
    await world.pass_time()
    for entry in await world.log.after(0, 2000):
        expected[entry.event.subject.removeprefix("findings/")].append(entry.public_id)
    first_seen: defaultdict[str, list[str]] = defaultdict(list)
    for event_id, subject, _ in world.receivers.events(URL, accepted=True):
        if event_id not in first_seen[subject]:
            first_seen[subject].append(event_id)
    assert first_seen == expected
    assert sum(len(ids) for ids in expected.values()) == 1000


async def test_the_id_is_the_same_at_every_attempt_and_the_timestamp_is_not() -> None:
    world = EventWorld()
    await world.register(URL)
    answers = [Answer(500), Answer(500), Answer(200)]
    world.receivers.behaviours[URL] = lambda *_: answers.pop(0)
    await world.outbox.append([event(1)])
    await world.hand_on()
    await world.pass_time()
    sent = world.receivers.received[URL]
    assert len({headers["webhook-id"] for headers, _ in sent}) == 1 and len({body for _, body in sent}) == 1
    assert len({headers["webhook-timestamp"] for headers, _ in sent}) == 3


async def test_a_lost_message_is_made_up_for() -> None:
    world = EventWorld()
    await world.register(URL)
    await world.outbox.append([event(1)])
    await world.hand_on()
    assert len(world.wakes()) == 1
    assert await world.sweep.run() == 0
    world.clock.advance(SLACK + timedelta(seconds=1))
    assert await world.sweep.run() == 1
    assert await world.sweep.run() == 0
    await world.work()
    assert len(world.receivers.received[URL]) == 1
