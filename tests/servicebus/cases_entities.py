"""The contract, continued: sessions, topics, unknown entities and wrong keys."""

from __future__ import annotations

import asyncio

import pytest
from azure.servicebus import NEXT_AVAILABLE_SESSION
from azure.servicebus.exceptions import (
    MessagingEntityNotFoundError,
    OperationTimeoutError,
    ServiceBusAuthenticationError,
    ServiceBusAuthorizationError,
    SessionCannotBeLockedError,
    SessionLockLostError,
)

from tests.servicebus.cases import case, message
from tests.servicebus.sdk import Sdk, body, nothing, receive


@case
async def sessions_are_exclusive_ordered_and_keep_state(sdk: Sdk) -> None:
    async with sdk.sender("sessions") as sender:
        await sender.send_messages(
            [message(f"{name}{number}", session_id=name) for number in range(3) for name in "AB"]
        )
    async with sdk.receiver("sessions", session_id="A") as receiver:
        await receiver.session.set_state(b"where we stand")
        assert await receiver.session.get_state() == b"where we stand"
        before = receiver.session.locked_until_utc
        await asyncio.sleep(0.05)
        assert await receiver.session.renew_lock() > before
        with pytest.raises(SessionCannotBeLockedError):
            async with sdk.receiver("sessions", session_id="A"):
                pass
        found = await receive(receiver, 3)
        assert [body(one) for one in found] == ["A0", "A1", "A2"]
        for one in found:
            await receiver.complete_message(one)
    async with sdk.receiver("sessions", session_id=NEXT_AVAILABLE_SESSION, max_wait_time=5) as receiver:
        assert receiver.session.session_id == "B"
        found = await receive(receiver, 3)
        assert [body(one) for one in found] == ["B0", "B1", "B2"]
        for one in found:
            await receiver.complete_message(one)
    async with sdk.receiver("sessions", session_id="A") as receiver:
        assert await receiver.session.get_state() == b"where we stand"
        await receiver.session.set_state(None)


@case
async def a_lost_session_lock_frees_the_session(sdk: Sdk) -> None:
    async with sdk.sender("session-lock") as sender:
        await sender.send_messages(message("work", session_id="X"))
    async with sdk.receiver("session-lock", session_id="X") as receiver:
        [found] = await receive(receiver, 1)
        await asyncio.sleep(sdk.short_lock + 0.5)  # the promise is about time passing
        with pytest.raises(SessionLockLostError):
            await receiver.complete_message(found)
    async with sdk.receiver("session-lock", session_id="X") as receiver:
        [found] = await receive(receiver, 1)
        assert found.delivery_count == 1
        await receiver.complete_message(found)


@case
async def no_session_available_times_out(sdk: Sdk) -> None:
    with pytest.raises(OperationTimeoutError):
        async with sdk.receiver(
            "session-none", session_id=NEXT_AVAILABLE_SESSION, max_wait_time=2
        ) as receiver:
            await receiver.receive_messages(1)


@case
async def sessions_can_be_listed(sdk: Sdk) -> None:
    async with sdk.sender("session-list") as sender:
        await sender.send_messages([message("x", session_id=name) for name in ("L1", "L2")])
    assert sorted(await sdk.list_sessions("session-list")) == ["L1", "L2"]
    for name in ("L1", "L2"):
        async with sdk.receiver("session-list", session_id=name) as receiver:
            [found] = await receive(receiver, 1)
            await receiver.complete_message(found)
    assert await sdk.list_sessions("session-list") == []


@case
async def a_topic_copies_to_every_subscription(sdk: Sdk) -> None:
    async with sdk.topic_sender("news") as sender:
        await sender.send_messages(message("news"))
    for name in ("first", "second"):
        async with sdk.subscription("news", name) as receiver:
            [found] = await receive(receiver, 1)
            assert body(found) == "news"
            await receiver.complete_message(found)


@case
async def an_unknown_queue_is_named_as_such(sdk: Sdk) -> None:
    with pytest.raises(MessagingEntityNotFoundError):
        async with sdk.sender("no-such-queue"):
            pass


@case
async def a_wrong_key_is_refused(sdk: Sdk) -> None:
    parts = dict(part.split("=", 1) for part in sdk.connection_string.split(";") if part)
    parts["SharedAccessKey"] = "d3JvbmcgLSB3cm9uZyAtIHdyb25nIC0gd3Jvbmc="
    stranger = Sdk(sdk.kind, ";".join(f"{k}={v}" for k, v in parts.items()), "", 1)
    with pytest.raises((ServiceBusAuthenticationError, ServiceBusAuthorizationError)):
        async with stranger.sender("auth") as sender:
            await sender.send_messages(message("no"))
    await stranger.close()
    async with sdk.receiver("auth") as receiver:
        assert await nothing(receiver)
