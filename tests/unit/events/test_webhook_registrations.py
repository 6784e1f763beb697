"""Registrations: rotation, replay, switching off and on, tests, and what is forgotten (X-05)."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from shared.domain.errors import ConflictError, InvalidRequestError
from shared.domain.events import EventType
from shared.domain.page import PageRequest
from shared.domain.webhook_signatures import verify_body, verify_message
from shared.services.fan_out_webhooks import FEED
from shared.services.relay_events import TrimEvents
from shared.services.webhooks import WebhookChange
from tests.adapters.builders import event
from tests.unit.events.test_webhook_delivery import OTHER, URL, of, statuses
from tests.unit.events.world import SECRET, EventWorld, silent


async def test_rotation_has_no_gap() -> None:
    world = EventWorld()
    webhook = await world.register(URL)
    await world.service.rotate_secret(webhook.webhook_id, "another-webhook-secret")
    moments = [timedelta(), timedelta(hours=23, minutes=59), timedelta(hours=24, minutes=1)]
    began = world.clock.now()
    for number, moment in enumerate(moments):
        world.clock.set(began + moment)
        await world.outbox.append([event(number)])
        await world.hand_on()
        await world.work()
    accepted = []
    for (headers, body), moment in zip(world.receivers.received[URL], moments, strict=True):
        now = began + moment
        accepted.append(
            (
                verify_message(SECRET, headers, body, now),
                verify_message("another-webhook-secret", headers, body, now),
                verify_body("another-webhook-secret", headers["X-Security-Copilot-Signature"], body),
            )
        )
    assert accepted == [(True, True, True), (True, True, True), (False, True, True)]


async def test_replay_delivers_kept_events_again_under_the_same_ids() -> None:
    world = EventWorld()
    webhook = await world.register(URL)
    await world.outbox.append([of(1, 1), of(1, 2), of(2, 3)])
    await world.hand_on()
    await world.work()
    before = world.receivers.events(URL)
    again = await world.service.replay(webhook.webhook_id, world.clock.now() - timedelta(hours=1))
    assert (again.queued, again.stopped_at) == (3, None)
    await world.work()
    assert sorted(world.receivers.events(URL)[3:]) == sorted(before)
    page = await world.deliveries.page(webhook.webhook_id, PageRequest())
    assert page.total == 6 and len({one.delivery_id for one in page.items}) == 6


async def test_a_webhook_switched_off_and_on_goes_on_from_now() -> None:
    world = EventWorld()
    webhook = await world.register(URL)
    await world.service.change(webhook.webhook_id, WebhookChange(active=False))
    await world.outbox.append([event(1)])
    await world.hand_on()
    await world.service.change(webhook.webhook_id, WebhookChange(active=True))
    await world.outbox.append([event(2)])
    await world.hand_on()
    await world.work()
    assert [one[0] for one in world.receivers.events(URL)] == ["evt-20250805-174258-00000002"]
    await world.service.change(webhook.webhook_id, WebhookChange(active=False))
    with pytest.raises(ConflictError):
        await world.service.replay(webhook.webhook_id, world.clock.now())


async def test_a_removed_webhook_gets_nothing_more() -> None:
    world = EventWorld()
    webhook = await world.register(URL)
    await world.register(OTHER)
    await world.outbox.append([event(1)])
    await world.hand_on()
    await world.service.delete(webhook.webhook_id)
    await world.work()
    assert list(world.receivers.received) == [OTHER]


async def test_a_test_event_says_what_came_of_it() -> None:
    world = EventWorld()
    webhook = await world.register(URL)
    assert (await world.service.test(webhook.webhook_id)).delivered
    ((headers, body),) = world.receivers.received[URL]
    assert json.loads(body)["event_type"] == "webhook.test"
    assert verify_message(SECRET, headers, body, world.clock.now())
    world.receivers.behaviours[URL] = silent
    outcome = await world.service.test(webhook.webhook_id)
    assert (outcome.delivered, outcome.error) == (False, "no answer within 15 seconds")


async def test_what_cannot_be_a_receiver_is_refused() -> None:
    world = EventWorld()
    with pytest.raises(InvalidRequestError) as refused:
        await world.register("http://one.example/")
    assert refused.value.details == {"field": "url", "reason": "invalid_value"}
    with pytest.raises(InvalidRequestError):
        await world.service.create(URL, (EventType.SCAN_COMPLETED,), "whsec_no base64!", "tester")


async def test_old_events_and_deliveries_are_forgotten_once_every_feed_has_them() -> None:
    world = EventWorld()
    webhook = await world.register(URL)
    keep = timedelta(days=30)
    trim = TrimEvents(
        world.log, world.positions, [FEED, "late"], world.webhooks, world.deliveries, keep, world.clock
    )
    await world.outbox.append([of(number, 1) for number in range(5)])
    await world.hand_on()
    await world.work()
    world.clock.advance(keep + timedelta(hours=1))
    await world.outbox.append([of(7, 1)])
    await world.hand_on()
    await world.work()
    assert await trim.run() == 0, "a feed that is behind holds everything"
    await world.positions.advance("late", 6)
    assert await trim.run() == 5
    assert [one.position for one in await world.log.after(0, 10)] == [6]
    assert len(await statuses(world, webhook.webhook_id)) == 1
