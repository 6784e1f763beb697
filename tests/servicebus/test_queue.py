"""The queue by itself, on a clock that the test moves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhost.servicebus.codec import Uint
from devhost.servicebus.config import QueueSettings
from devhost.servicebus.encoding import encode
from devhost.servicebus.errors import ServiceBusError
from devhost.servicebus.message import Message, State
from devhost.servicebus.queue import MessageQueue
from devhost.servicebus.session_queue import SessionQueue
from devhost.servicebus.store import MemoryStore

START = 1_800_000_000.0


def raw(
    text: str, message_id: str | None = None, ttl: int | None = None, session: str | None = None
) -> bytes:
    properties: list[Any] = [message_id, *[None] * 9, session]
    return b"".join(
        (
            b"\x00\x53\x70" + encode([None, None, None if ttl is None else Uint(ttl)]),
            b"\x00\x53\x73" + encode(properties),
            b"\x00\x53\x75" + encode(text.encode()),
        )
    )


@dataclass(eq=False)
class Receiver:
    """Takes up to `credit` messages."""

    credit: int = 1000
    pre_settled: bool = False
    holder: object = None
    got: list[Message] = field(default_factory=list)
    session: str | None = None

    def can_take(self) -> bool:
        return self.credit > 0

    def deliver(self, message: Message) -> None:
        self.credit -= 1
        self.got.append(message)

    def session_accepted(self, session_id: str, locked_until: float) -> None:
        self.session = session_id

    def session_lost(self) -> None:
        self.session = None


class Bench:
    """A queue, its clock and a receiver."""

    def __init__(self, kind: type[MessageQueue] = MessageQueue, **settings: Any) -> None:
        self.now = START
        self.wakes: list[float] = []
        self.queue = kind(
            "Orders", QueueSettings(**settings), MemoryStore(), lambda: self.now, self.wakes.append
        )

    def put(self, *texts: str, **fields: Any) -> list[int | None]:
        numbers = []
        for text in texts:
            message = Message(raw(text, **fields))
            self.queue.check(message)
            numbers.append(self.queue.put(message))
        self.queue.pump()
        return numbers

    def move(self, seconds: float) -> None:
        self.now += seconds
        self.queue.run_due()

    def receiver(self, **fields: Any) -> Receiver:
        receiver = Receiver(**fields)
        self.queue.attach(receiver)
        self.queue.pump()
        return receiver

    @property
    def dead(self) -> MessageQueue:
        assert self.queue.dead_letters is not None
        return self.queue.dead_letters


def token(message: Message) -> Any:
    assert message.token is not None
    return message.token


def test_messages_come_in_order_and_only_with_credit() -> None:
    bench = Bench()
    bench.put("1", "2", "3")
    receiver = bench.receiver(credit=2)
    assert [m.sequence for m in receiver.got] == [1, 2]
    receiver.credit = 5
    bench.queue.pump()
    assert [m.sequence for m in receiver.got] == [1, 2, 3]


def test_an_abandoned_message_comes_before_later_ones() -> None:
    bench = Bench()
    bench.put("1", "2", "3")
    receiver = bench.receiver(credit=1)
    receiver.credit = 2
    bench.queue.abandon(token(receiver.got[0]))
    assert [m.sequence for m in receiver.got] == [1, 1, 2]


def test_the_wake_time_is_that_of_the_first_lock() -> None:
    bench = Bench(lock_duration=30)
    bench.put("1")
    bench.receiver()
    assert bench.queue.next_due() == START + 30
    assert START + 30 in bench.wakes


def test_renewing_moves_a_lock_behind_the_others() -> None:
    bench = Bench(lock_duration=30)
    bench.put("1", "2")
    receiver = bench.receiver(credit=2)
    bench.now += 20
    assert bench.queue.renew(token(receiver.got[0])) == START + 50
    bench.move(10)
    assert [m.state for m in receiver.got] == [State.LOCKED, State.ACTIVE]
    bench.move(20)
    assert [m.delivery_count for m in receiver.got] == [1, 1]


def test_releasing_does_not_count_but_abandoning_does() -> None:
    bench = Bench(max_delivery_count=2)
    bench.put("1")
    receiver = bench.receiver()
    for _ in range(5):
        bench.queue.release(token(receiver.got[-1]))
    assert receiver.got[-1].delivery_count == 0
    bench.queue.abandon(token(receiver.got[-1]))
    bench.queue.abandon(token(receiver.got[-1]))
    assert (len(bench.queue), len(bench.dead)) == (0, 1)


def test_a_locked_message_outlives_its_expiry_until_it_is_given_back() -> None:
    bench = Bench(dead_letter_on_expiry=True)
    bench.put("1", ttl=1000)
    receiver = bench.receiver()
    bench.move(5)
    assert receiver.got[0].state is State.LOCKED
    bench.queue.abandon(token(receiver.got[0]))
    assert (len(bench.queue), len(bench.dead)) == (0, 1)


def test_an_expired_message_is_not_delivered_even_before_the_timer_ran() -> None:
    bench = Bench()
    bench.put("1", ttl=1000)
    bench.now += 1
    assert bench.receiver().got == []
    assert len(bench.queue) == 0


def test_the_shorter_time_to_live_counts() -> None:
    bench = Bench(default_ttl=10)
    bench.put("own", ttl=5000)
    bench.put("queue's", ttl=60_000)
    bench.put("none")
    bench.move(5)
    assert len(bench.queue) == 2
    bench.move(5)
    assert len(bench.queue) == 0


def test_a_duplicate_is_dropped_within_the_window_only() -> None:
    bench = Bench(duplicate_detection_window=60)
    assert bench.put("a", message_id="x") == [1]
    bench.now += 59
    assert bench.put("a", message_id="x") == [None]
    bench.now += 2  # 61 s after the first: repetitions do not extend the window
    assert bench.put("a", message_id="x") == [2]
    assert bench.put("a", "b") == [3, 4]  # no id, never a duplicate


def test_a_full_queue_refuses_and_empties_again() -> None:
    bench = Bench(max_size_bytes=1 << 16)
    big = "x" * 30_000
    bench.put(big, big)
    with pytest.raises(ServiceBusError, match="size limit") as caught:
        bench.put(big)
    assert caught.value.condition == "amqp:resource-limit-exceeded"
    receiver = bench.receiver()
    bench.queue.dead_letter(token(receiver.got[0]), None, None)
    with pytest.raises(ServiceBusError):  # what is dead-lettered still takes room
        bench.put(big)
    bench.queue.complete(token(receiver.got[1]))
    bench.put(big)
    assert bench.queue.size_bytes > 30_000


def test_the_dead_letter_queue_takes_no_sends_and_buries_nothing() -> None:
    bench = Bench()
    bench.put("1")
    receiver = bench.receiver()
    bench.queue.dead_letter(token(receiver.got[0]), "r", "d")
    with pytest.raises(ServiceBusError):
        bench.dead.check(Message(raw("x")))
    mourner = Receiver()
    bench.dead.attach(mourner)
    bench.dead.pump()
    with pytest.raises(ServiceBusError):
        bench.dead.dead_letter(token(mourner.got[0]), None, None)
    bench.dead.complete(token(mourner.got[0]))
    assert len(bench.dead) == 0


def test_closing_a_session_frees_it_uncounted_and_losing_it_counts() -> None:
    bench = Bench(SessionQueue, requires_session=True, lock_duration=30)
    queue = bench.queue
    assert isinstance(queue, SessionQueue)
    bench.put("1", session="A")
    first = Receiver()
    assert queue.accept(first, None)
    queue.pump()
    queue.detach(first)
    second = Receiver()
    queue.wait(second)
    queue.pump()
    assert (second.session, second.got[0].delivery_count) == ("A", 0)
    lock = token(second.got[0])
    bench.move(30)
    assert (second.session, second.got[0].delivery_count) == (None, 1)
    with pytest.raises(ServiceBusError, match="session"):
        queue.complete(lock)


def test_a_session_queue_refuses_messages_without_a_session() -> None:
    with pytest.raises(ServiceBusError, match="SessionId"):
        Bench(SessionQueue, requires_session=True).put("1")


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["put", "complete", "abandon", "release", "defer", "dead", "take", "wait", "expire", "receive"]
        ),
        st.integers(0, 7),
    ),
    max_size=60,
)


@given(STEPS)
def test_no_message_is_ever_lost_or_doubled(steps: list[tuple[str, int]]) -> None:
    """Each message is in one place: available, locked, deferred, dead-lettered or completed."""
    bench = Bench(lock_duration=30, max_delivery_count=3, dead_letter_on_expiry=True)
    queue = bench.queue
    receiver = bench.receiver(credit=0)
    put = completed = 0
    for step, number in steps:
        locked = [m for m in receiver.got if m.state in (State.LOCKED, State.LOCKED_DEFERRED)]
        if step == "put":
            bench.put("x", ttl=100_000 if number == 0 else None)
            put += 1
        elif step == "receive":
            receiver.credit = number
            queue.pump()
        elif step == "wait":
            bench.move(number * 5)
        elif step == "expire":
            bench.move(100)
        elif step == "take":
            deferred = [m.sequence for m in queue.peek(0, 100, None) if m.state is State.DEFERRED]
            if deferred:
                receiver.got += queue.take_deferred(deferred[:1], False, None)
        elif locked:
            chosen = token(locked[number % len(locked)])
            if step == "dead":
                queue.dead_letter(chosen, "r", None)
            else:
                getattr(queue, step)(chosen)
                completed += step == "complete"
    assert len(queue) + len(bench.dead) + completed == put
    bench.move(1000)
    receiver.credit = 1000
    queue.pump()
    left = [m for m in queue.peek(0, 1000, None) if m.state not in (State.DEFERRED, State.LOCKED)]
    assert left == []
    assert queue.size_bytes == sum(m.raw_size for m in queue.peek(0, 1000, None))
