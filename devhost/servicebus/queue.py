"""A queue without sessions: peek-lock, settlement, schedules, expiry and dead-lettering.

The queue knows no wire and no loop. Time comes from a clock; whoever owns the queue calls `run_due` when the
time it announced through `wake` has come.
"""

from __future__ import annotations

import heapq
import uuid
from collections.abc import Callable, Iterator
from typing import Final

from devhost.servicebus.config import QueueSettings
from devhost.servicebus.consumer import Consumer
from devhost.servicebus.duplicates import DuplicateHistory
from devhost.servicebus.errors import (
    MESSAGE_NOT_FOUND,
    NOT_ALLOWED,
    RESOURCE_LIMIT_EXCEEDED,
    ServiceBusError,
    lock_lost,
)
from devhost.servicebus.message import Message, State
from devhost.servicebus.store import Store

DEAD_LETTER_SUFFIX: Final = "/$deadletterqueue"
SEQUENCE_BLOCK: Final = 1000
"""Sequence numbers are reserved in the store this many at a time; a restart skips the unused rest."""

Clock = Callable[[], float]


class MessageQueue:
    """One queue, subscription or dead-letter queue. `name` keeps the configured case, `key` is
    lower-cased.
    """

    def __init__(
        self,
        name: str,
        settings: QueueSettings,
        store: Store,
        clock: Clock,
        wake: Callable[[float], None],
        *,
        parent: MessageQueue | None = None,
    ) -> None:
        """Recover the queue from its store. `wake` takes the time at which `run_due` is next needed.

        `parent` is the queue whose dead-letter queue this one is; otherwise a dead-letter queue is made.
        """
        self.name = name
        self.key = name.lower()
        self.settings = settings
        self.size_bytes = 0
        self._parent = parent
        self._store = store
        self._clock = clock
        self._wake = wake
        self._messages: dict[int, Message] = {}
        self._ready: list[int] = []
        self._expiries: list[tuple[float, int]] = []
        self._schedule: list[tuple[float, int]] = []
        # In the order the locks run out: all last equally long, and a renewed one moves to the end.
        self._locks: dict[uuid.UUID, Message] = {}
        self._consumers: list[Consumer] = []
        self._turn = 0
        recovered = store.recover(self.key)
        self._reserved = self._sequence = recovered.reserved_sequence
        self._history = DuplicateHistory(
            self.key, settings.duplicate_detection_window, store, recovered.message_ids
        )
        self._restore_sessions(recovered.session_states)
        for message in recovered.messages:
            self._admit(message)
        self.dead_letters: MessageQueue | None = None
        if parent is None:
            self.dead_letters = MessageQueue(
                name + DEAD_LETTER_SUFFIX,
                QueueSettings(lock_duration=settings.lock_duration),
                store,
                clock,
                wake,
                parent=self,
            )

    def __len__(self) -> int:
        return len(self._messages)

    # ------------------------------------------------------------------------------------------ sending

    def check(self, message: Message, extra_bytes: int = 0) -> None:
        """Refuse a message before any of its batch is accepted; `extra_bytes` of the batch come before it.

        Raises:
            ServiceBusError: the queue is full, or is a dead-letter queue.
        """
        if self.dead_letters is None:
            raise ServiceBusError(NOT_ALLOWED, f"Messages cannot be sent to '{self.name}'.")
        held = self.size_bytes + self.dead_letters.size_bytes + extra_bytes
        if held + message.raw_size > self.settings.max_size_bytes:
            raise ServiceBusError(RESOURCE_LIMIT_EXCEEDED, f"'{self.name}' has reached its size limit.", 403)

    def put(self, message: Message) -> int | None:
        """Accept a checked message; return its sequence number, or None when it was dropped as a duplicate.

        The caller calls `pump` after the last message of a batch.
        """
        now = self._clock()
        if self._history.is_duplicate(message.message_id, now):
            return None
        self._history.record(message.message_id, now)
        due = message.scheduled_at
        if due is not None and due > now:
            message.state, message.enqueued_at = State.SCHEDULED, due
        else:
            message.enqueued_at = now
        lifetimes = [x for x in (message.time_to_live, self.settings.default_ttl) if x is not None]
        if lifetimes:
            message.expires_at = message.enqueued_at + min(lifetimes)
        self._enter(message)
        return message.sequence

    def _enter(self, message: Message) -> None:
        """Give the message a sequence number here, keep it, and make it available when its time has come."""
        self._sequence += 1
        if self._sequence > self._reserved:
            self._reserved = self._sequence + SEQUENCE_BLOCK - 1
            self._store.reserve_sequence(self.key, self._reserved)
        message.sequence = self._sequence
        self._admit(message)
        self._store.save(self.key, message)

    def _admit(self, message: Message) -> None:
        self._messages[message.sequence] = message
        self.size_bytes += message.raw_size
        if message.expires_at is not None:
            heapq.heappush(self._expiries, (message.expires_at, message.sequence))
            self._wake(message.expires_at)
        if message.state is State.SCHEDULED and message.scheduled_at is not None:
            heapq.heappush(self._schedule, (message.scheduled_at, message.sequence))
            self._wake(message.scheduled_at)
        elif message.state is not State.DEFERRED:
            self._make_ready(message)

    def _make_ready(self, message: Message) -> None:
        message.state = State.ACTIVE
        heapq.heappush(self._ready, message.sequence)

    def cancel_scheduled(self, sequences: list[int]) -> None:
        """Remove scheduled messages, all or none.

        Raises:
            ServiceBusError: 404 when one of them is not scheduled here.
        """
        for message in self._find(sequences, State.SCHEDULED):
            self._remove(message)

    def _find(self, sequences: list[int], state: State) -> list[Message]:
        found = []
        for sequence in dict.fromkeys(sequences):
            message = self._messages.get(sequence)
            if message is None or message.state is not state:
                raise ServiceBusError(MESSAGE_NOT_FOUND, f"There is no {state} message {sequence}.", 404)
            found.append(message)
        return found

    # ---------------------------------------------------------------------------------------- receiving

    def attach(self, consumer: Consumer) -> None:
        """Let a receiver take part; call `pump` when it can take messages."""
        self._consumers.append(consumer)

    def detach(self, consumer: Consumer) -> None:
        """Stop delivering to a receiver. Its locks stay until they run out, as in Service Bus."""
        if consumer in self._consumers:
            self._consumers.remove(consumer)

    def pump(self) -> None:
        """Deliver what is available to the receivers that can take it, in turn."""
        while self._ready and self._consumers:
            consumer = self._next_consumer()
            if consumer is None:
                return
            message = self._messages.get(heapq.heappop(self._ready))
            if message is not None and message.state is State.ACTIVE:
                self._deliver(message, consumer)

    def _next_consumer(self) -> Consumer | None:
        count = len(self._consumers)
        for step in range(count):
            index = (self._turn + step) % count
            if self._consumers[index].can_take():
                self._turn = index + 1
                return self._consumers[index]
        return None

    def _deliver(self, message: Message, consumer: Consumer) -> None:
        if message.expires_at is not None and message.expires_at <= self._clock():
            self._expire(message)
        elif consumer.pre_settled:
            consumer.deliver(message)
            self._remove(message)
        else:
            self._lock(message, consumer)
            consumer.deliver(message)

    def _lock(self, message: Message, consumer: Consumer | None) -> None:
        deferred = message.state is State.DEFERRED
        message.state = State.LOCKED_DEFERRED if deferred else State.LOCKED
        message.token = uuid.uuid4()
        message.consumer = consumer
        message.locked_until = self._lock_end(message)
        self._locks[message.token] = message

    def _lock_end(self, _message: Message) -> float:
        until = self._clock() + self.settings.lock_duration
        self._wake(until)
        return until

    def peek(self, start: int, count: int, session_id: str | None) -> Iterator[Message]:
        """At most `count` messages from a sequence number on, in any state, nothing locked or removed."""
        for sequence, message in self._messages.items():
            if count <= 0:
                return
            if sequence >= start and session_id in (None, message.session_id):
                count -= 1
                yield message

    def take_deferred(self, sequences: list[int], pre_settled: bool, holder: object) -> list[Message]:
        """Lock deferred messages, or remove them when `pre_settled`; all or none.

        Raises:
            ServiceBusError: 404 when one of them is not deferred here.
        """
        messages = self._find(sequences, State.DEFERRED)
        for message in messages:
            if pre_settled:
                self._remove(message)
            else:
                self._lock(message, self._holding_consumer(message, holder))
        return messages

    def _holding_consumer(self, _message: Message, _holder: object) -> Consumer | None:
        return None

    # --------------------------------------------------------------------------------------- settlement

    def holds(self, token: uuid.UUID) -> bool:
        """Whether a lock still stands."""
        return token in self._locks

    def renew(self, token: uuid.UUID) -> float:
        """Extend a lock by the whole lock duration; return its new end.

        Raises:
            ServiceBusError: the lock is lost.
        """
        message = self._unlock(token)
        message.locked_until = self._lock_end(message)
        self._locks[token] = message
        return message.locked_until

    def complete(self, token: uuid.UUID) -> None:
        """Remove a locked message. Raises ServiceBusError when the lock is lost, as all settlements do."""
        self._remove(self._unlock(token))

    def abandon(self, token: uuid.UUID) -> None:
        """Make a locked message available again and count the failed delivery."""
        self._give_back(self._unlock(token), failed=True)
        self.pump()

    def release(self, token: uuid.UUID) -> None:
        """Make a locked message available again; the delivery is not counted."""
        self._give_back(self._unlock(token), failed=False)
        self.pump()

    def defer(self, token: uuid.UUID) -> None:
        """Set a locked message aside; it is received by its sequence number from then on."""
        message = self._unlock(token)
        message.state = State.DEFERRED
        message.delivery_count += 1
        self._clear_lock(message)
        self._store.update(self.key, message)

    def dead_letter(self, token: uuid.UUID, reason: str | None, description: str | None) -> None:
        """Move a locked message to the dead-letter queue.

        Raises:
            ServiceBusError: the lock is lost, or this is a dead-letter queue itself.
        """
        if self.dead_letters is None:
            raise ServiceBusError(NOT_ALLOWED, "A dead-letter queue has no dead-letter queue.")
        self._bury(self._unlock(token), reason, description)

    def _unlock(self, token: uuid.UUID) -> Message:
        message = self._locks.pop(token, None)
        if message is None:
            raise lock_lost()
        return message

    def _clear_lock(self, message: Message) -> None:
        message.token = message.consumer = None
        message.locked_until = 0.0

    def _give_back(self, message: Message, failed: bool) -> None:
        deferred = message.state is State.LOCKED_DEFERRED
        self._clear_lock(message)
        message.delivery_count += failed
        message.state = State.DEFERRED if deferred else State.ACTIVE
        if message.expires_at is not None and message.expires_at <= self._clock():
            self._expire(message)
            return
        limit = self.settings.max_delivery_count
        worn_out = self.dead_letters is not None and message.delivery_count >= limit
        if failed and worn_out and not deferred:
            text = f"Message could not be consumed after {limit} delivery attempts."
            self._bury(message, "MaxDeliveryCountExceeded", text)
            return
        if failed:
            self._store.update(self.key, message)
        if not deferred:
            self._make_ready(message)

    def _expire(self, message: Message) -> None:
        if self.settings.dead_letter_on_expiry and self.dead_letters is not None:
            self._bury(message, "TTLExpiredException", "The message expired and was dead lettered.")
        else:
            self._remove(message)

    def _bury(self, message: Message, reason: str | None, description: str | None) -> None:
        self._remove(message)
        if self.dead_letters is None:
            return
        found = {"DeadLetterReason": reason, "DeadLetterErrorDescription": description}
        message.add_application_properties({k: v for k, v in found.items() if v is not None})
        message.dead_letter_source = self.name
        message.expires_at = message.scheduled_at = None
        self._clear_lock(message)
        message.state = State.ACTIVE
        self.dead_letters._enter(message)
        self.dead_letters.pump()

    def _remove(self, message: Message) -> None:
        self._messages.pop(message.sequence, None)
        self.size_bytes -= message.raw_size
        message.state = State.GONE
        self._store.delete(self.key, message.sequence)

    # ---------------------------------------------------------------------------------------------- time

    def next_due(self) -> float | None:
        """When `run_due` has something to do, in seconds since the epoch; None for never."""
        heads = [heap[0][0] for heap in (self._expiries, self._schedule) if heap]
        lock_end = self._next_lock_end()
        if lock_end is not None:
            heads.append(lock_end)
        return min(heads, default=None)

    def _next_lock_end(self) -> float | None:
        return next((message.locked_until for message in self._locks.values()), None)

    def run_due(self) -> None:
        """Enqueue scheduled messages, expire old ones and end locks whose time has come; then deliver."""
        now = self._clock()
        for message in self._due(self._schedule, now):
            if message.state is State.SCHEDULED:
                self._make_ready(message)
        for message in self._due(self._expiries, now):
            if message.state in (State.ACTIVE, State.DEFERRED):
                self._expire(message)
        self._compact_expiries()
        self._end_locks(now)
        self.pump()

    def _due(self, heap: list[tuple[float, int]], now: float) -> Iterator[Message]:
        while heap and heap[0][0] <= now:
            message = self._messages.get(heapq.heappop(heap)[1])
            if message is not None:
                yield message

    def _compact_expiries(self) -> None:
        """Drop entries of messages that are long gone, so that the heap stays as small as the queue."""
        if len(self._expiries) > 2 * len(self._messages) + SEQUENCE_BLOCK:
            self._expiries = [entry for entry in self._expiries if entry[1] in self._messages]
            heapq.heapify(self._expiries)

    def _end_locks(self, now: float) -> None:
        while self._locks:
            token, message = next(iter(self._locks.items()))
            if message.locked_until > now:
                return
            del self._locks[token]
            self._give_back(message, failed=True)

    def _restore_sessions(self, states: list[tuple[str, bytes]]) -> None:
        """A queue without sessions has no session state."""
