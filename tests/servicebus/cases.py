"""The contract: what users of azure-servicebus can rely on, one coroutine per promise, each on its own queue.

Sources: the documentation of Service Bus (Microsoft Learn: message transfers, locks and settlement; message
expiration; duplicate detection; message sessions; message deferral; dead-letter queues).
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from azure.servicebus import (
    ServiceBusMessage,
    ServiceBusMessageState,
    ServiceBusReceiveMode,
    ServiceBusSubQueue,
)
from azure.servicebus.exceptions import (
    MessageLockLostError,
    MessageNotFoundError,
    MessageSizeExceededError,
)

from tests.servicebus.sdk import Sdk, body, nothing, receive, soon

Case = Callable[[Sdk], Awaitable[None]]
CASES: dict[str, Case] = {}


def case(function: Case) -> Case:
    CASES[function.__name__] = function
    return function


def message(text: str, **fields: Any) -> ServiceBusMessage:
    return ServiceBusMessage(text, **fields)


@case
async def a_completed_message_is_gone_and_kept_its_properties(sdk: Sdk) -> None:
    properties = {"text": "x", "whole": 7, "real": 0.5, "flag": True, "id": uuid.uuid4()}
    async with sdk.sender("complete") as sender, sdk.receiver("complete") as receiver:
        before = soon(-5)
        await sender.send_messages(
            message(
                "hello",
                application_properties=properties,
                message_id="m1",
                correlation_id="c1",
                subject="label",
                content_type="text/plain",
                reply_to="elsewhere",
                partition_key="p",
            )
        )
        [found] = await receive(receiver, 1)
        assert body(found) == "hello"
        assert {k.decode(): v for k, v in found.application_properties.items()} == {
            **properties,
            "text": b"x",
        }
        assert (found.message_id, found.correlation_id, found.subject) == ("m1", "c1", "label")
        assert (found.content_type, found.reply_to, found.partition_key) == ("text/plain", "elsewhere", "p")
        assert found.sequence_number > 0
        assert found.delivery_count == 0
        assert before < found.enqueued_time_utc < soon(5)
        assert soon(20) < found.locked_until_utc < soon(40)
        await receiver.complete_message(found)
        assert await nothing(receiver)


@case
async def receive_and_delete_leaves_nothing(sdk: Sdk) -> None:
    mode = ServiceBusReceiveMode.RECEIVE_AND_DELETE
    async with sdk.sender("delete") as sender, sdk.receiver("delete", receive_mode=mode) as receiver:
        await sender.send_messages([message("1"), message("2")])
        assert [body(found) for found in await receive(receiver, 2)] == ["1", "2"]
    async with sdk.receiver("delete") as receiver:
        assert await nothing(receiver)


@case
async def abandoning_counts_until_the_message_is_dead_lettered(sdk: Sdk) -> None:
    dead = ServiceBusSubQueue.DEAD_LETTER
    async with sdk.sender("abandon") as sender, sdk.receiver("abandon") as receiver:
        await sender.send_messages(message("poison", application_properties={"k": 1}))
        for count in range(3):
            [found] = await receive(receiver, 1)
            assert found.delivery_count == count
            await receiver.abandon_message(found)
        async with sdk.receiver("abandon", sub_queue=dead) as grave:
            [found] = await receive(grave, 1)
            assert found.dead_letter_reason == "MaxDeliveryCountExceeded"
            assert found.dead_letter_source.lower() == sdk.entity("abandon")
            assert found.application_properties[b"k"] == 1
            await grave.abandon_message(found)
            [again] = await receive(grave, 1)
            await grave.complete_message(again)
            assert await nothing(grave)
        assert await nothing(receiver)


@case
async def a_message_is_dead_lettered_with_reason_and_description(sdk: Sdk) -> None:
    async with sdk.sender("dead") as sender, sdk.receiver("dead") as receiver:
        await sender.send_messages(message("bad", message_id="m", application_properties={"k": "v"}))
        [found] = await receive(receiver, 1)
        await receiver.dead_letter_message(found, reason="unreadable", error_description="not JSON")
        assert await nothing(receiver)
    async with sdk.receiver("dead", sub_queue="deadletter") as grave:
        [found] = await receive(grave, 1)
        assert (found.dead_letter_reason, found.dead_letter_error_description) == ("unreadable", "not JSON")
        assert (body(found), found.message_id, found.application_properties[b"k"]) == ("bad", "m", b"v")
        await grave.complete_message(found)


@case
async def a_deferred_message_comes_only_by_its_number(sdk: Sdk) -> None:
    async with sdk.sender("defer") as sender, sdk.receiver("defer") as receiver:
        await sender.send_messages([message("later"), message("now")])
        [later, now] = await receive(receiver, 2)
        await receiver.defer_message(later)
        await receiver.complete_message(now)
        assert await nothing(receiver)
        [found] = await receiver.receive_deferred_messages(later.sequence_number)
        assert body(found) == "later"
        await receiver.abandon_message(found)
        assert await nothing(receiver)
        [found] = await receiver.receive_deferred_messages(later.sequence_number)
        assert found.delivery_count >= 1
        await receiver.complete_message(found)
        with pytest.raises(MessageNotFoundError):
            await receiver.receive_deferred_messages(later.sequence_number)


@case
async def scheduled_messages_come_when_due(sdk: Sdk) -> None:
    async with sdk.sender("schedule") as sender, sdk.receiver("schedule") as receiver:
        due = soon(3)
        [number] = await sender.schedule_messages(message("scheduled"), due)
        await sender.send_messages(message("by property", scheduled_enqueue_time_utc=due))
        assert number > 0
        assert await nothing(receiver)
        found = await receive(receiver, 2)
        assert sorted(map(body, found)) == ["by property", "scheduled"]
        for one in found:
            assert soon(0) >= due
            assert abs((one.enqueued_time_utc - due).total_seconds()) < 3
            await receiver.complete_message(one)


@case
async def a_cancelled_message_never_comes(sdk: Sdk) -> None:
    async with sdk.sender("cancel") as sender, sdk.receiver("cancel") as receiver:
        numbers = await sender.schedule_messages([message("no"), message("yes")], soon(1.5))
        await sender.cancel_scheduled_messages(numbers[0])
        [found] = await receive(receiver, 1)
        assert body(found) == "yes"
        await receiver.complete_message(found)
        assert await nothing(receiver)
        with pytest.raises(MessageNotFoundError):
            await sender.cancel_scheduled_messages(numbers[0])


@case
async def an_expired_message_is_dropped(sdk: Sdk) -> None:
    async with sdk.sender("ttl-drop") as sender, sdk.receiver("ttl-drop") as receiver:
        await sender.send_messages(message("short", time_to_live=timedelta(seconds=1)))
        await sender.send_messages(message("long", time_to_live=timedelta(minutes=5)))
        await asyncio.sleep(1.3)  # the promise is about time passing
        [found] = await receive(receiver, 1)
        assert body(found) == "long"
        await receiver.complete_message(found)
        assert await nothing(receiver)
    async with sdk.receiver("ttl-drop", sub_queue="deadletter") as grave:
        assert await nothing(grave)


@case
async def an_expired_message_is_dead_lettered_where_asked(sdk: Sdk) -> None:
    async with sdk.sender("ttl-dead") as sender:
        await sender.send_messages(message("old", time_to_live=timedelta(seconds=1)))
    async with sdk.receiver("ttl-dead", sub_queue="deadletter") as grave:
        [found] = await receive(grave, 1, within=70)
        assert (body(found), found.dead_letter_reason) == ("old", "TTLExpiredException")
        await grave.complete_message(found)


@case
async def the_queue_bounds_every_time_to_live(sdk: Sdk) -> None:
    async with sdk.sender("default-ttl") as sender:
        await sender.send_messages([message("none"), message("longer", time_to_live=timedelta(hours=1))])
    async with sdk.receiver("default-ttl", sub_queue="deadletter") as grave:
        found = await receive(grave, 2, within=70)
        assert sorted(map(body, found)) == ["longer", "none"]
        for one in found:
            await grave.complete_message(one)


@case
async def a_lost_lock_redelivers_and_refuses_settlement(sdk: Sdk) -> None:
    async with sdk.sender("lock") as sender, sdk.receiver("lock") as receiver:
        await sender.send_messages(message("slow"))
        [first] = await receive(receiver, 1)
        [second] = await receive(receiver, 1, within=sdk.short_lock + 10)
        assert second.sequence_number == first.sequence_number
        assert second.delivery_count == 1
        with pytest.raises(MessageLockLostError):
            await receiver.complete_message(first)
        await receiver.complete_message(second)
        assert await nothing(receiver)


@case
async def a_renewed_lock_holds(sdk: Sdk) -> None:
    async with sdk.sender("renew") as sender, sdk.receiver("renew") as receiver:
        await sender.send_messages(message("work"))
        [found] = await receive(receiver, 1)
        first = found.locked_until_utc
        for _ in range(3):
            await asyncio.sleep(sdk.short_lock / 2)  # the promise is about time passing
            assert await receiver.renew_message_lock(found) > first
        await receiver.complete_message(found)
        assert await nothing(receiver)


@case
async def the_auto_renewer_holds_a_lock(sdk: Sdk) -> None:
    async with sdk.sender("auto-renew") as sender, sdk.receiver("auto-renew", auto_renew=True) as receiver:
        await sender.send_messages(message("work"))
        [found] = await receive(receiver, 1)
        await asyncio.sleep(6.5)  # the promise is about time passing
        await receiver.complete_message(found)
        assert await nothing(receiver)


@case
async def an_id_seen_in_the_window_is_dropped_whatever_became_of_it(sdk: Sdk) -> None:
    async with sdk.sender("duplicates") as sender, sdk.receiver("duplicates") as receiver:

        async def send(*ids: str) -> None:
            for found in ids:
                await sender.send_messages(message(found, message_id=found))

        await send("completed", "dead", "completed", "dead")
        for found in await receive(receiver, 2):
            if body(found) == "completed":
                await receiver.complete_message(found)
            else:
                await receiver.dead_letter_message(found, reason="test")
        await send("completed", "dead", "other")
        [found] = await receive(receiver, 1)
        assert body(found) == "other"
        await receiver.complete_message(found)
        assert await nothing(receiver)
    async with sdk.receiver("duplicates", sub_queue="deadletter") as grave:
        [found] = await receive(grave, 1)
        await grave.complete_message(found)


@case
async def batches_keep_their_order(sdk: Sdk) -> None:
    async with sdk.sender("batch") as sender, sdk.receiver("batch", prefetch_count=100) as receiver:
        batch = await sender.create_message_batch()
        for number in range(150):
            batch.add_message(message(f"{number:03}", message_id=str(number)))
        await sender.send_messages(batch)
        await sender.send_messages([message(f"{number:03}") for number in range(150, 180)])
        found = await receive(receiver, 180)
        assert [body(one) for one in found] == [f"{number:03}" for number in range(180)]
        for one in found:
            await receiver.complete_message(one)
        assert await nothing(receiver)


@case
async def competing_receivers_share_without_overlap(sdk: Sdk) -> None:
    async with sdk.sender("compete") as sender:
        await sender.send_messages([message(str(number)) for number in range(40)])
        async with sdk.receiver("compete") as one, sdk.receiver("compete") as two:
            shares = await asyncio.gather(receive(one, 20), receive(two, 20))
            assert sorted(int(body(found)) for share in shares for found in share) == list(range(40))
            for receiver, share in zip((one, two), shares, strict=True):
                for found in share:
                    await receiver.complete_message(found)


@case
async def a_message_of_many_frames_arrives_whole_and_a_larger_one_is_refused(sdk: Sdk) -> None:
    text = "0123456789" * 20_000
    async with sdk.sender("big") as sender, sdk.receiver("big") as receiver:
        await sender.send_messages(message(text))
        [found] = await receive(receiver, 1)
        assert body(found) == text
        await receiver.complete_message(found)
        with pytest.raises(MessageSizeExceededError):
            await sender.send_messages(message("x" * 1_200_000))


@case
async def peeking_changes_nothing(sdk: Sdk) -> None:
    async with sdk.sender("peek") as sender, sdk.receiver("peek") as receiver:
        await sender.send_messages([message("deferred"), message("active")])
        [scheduled] = await sender.schedule_messages(message("scheduled"), soon(600))
        [first] = await receive(receiver, 1)
        await receiver.defer_message(first)
        for _ in range(2):
            found = await receiver.peek_messages(10, sequence_number=1)
            assert [(body(one), one.state) for one in found] == [
                ("deferred", ServiceBusMessageState.DEFERRED),
                ("active", ServiceBusMessageState.ACTIVE),
                ("scheduled", ServiceBusMessageState.SCHEDULED),
            ]
        await sender.cancel_scheduled_messages(scheduled)
        [active] = await receive(receiver, 1)
        [deferred] = await receiver.receive_deferred_messages(first.sequence_number)
        for one in (active, deferred):
            await receiver.complete_message(one)
        assert await receiver.peek_messages(10, sequence_number=1) == []
