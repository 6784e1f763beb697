"""A broker in memory: duplicate detection, scheduling, and a queue to take messages from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.ports.clock import Clock
from shared.ports.errors import BrokerUnavailableError
from shared.ports.messaging import Message, Queue

DUPLICATE_WINDOW = timedelta(minutes=10)
"""How long a message id is remembered: the default of a Service Bus queue."""


class MemoryMessenger:
    """Twin of `ServiceBusMessenger`.

    With a clock, ids are forgotten after `duplicate_window` and delayed messages become due; without one,
    ids are remembered for ever and everything is due at once.
    """

    def __init__(self, clock: Clock | None = None, *, duplicate_window: timedelta = DUPLICATE_WINDOW) -> None:
        self._clock = clock
        self._window = duplicate_window
        self._seen: dict[tuple[Queue, str], datetime | None] = {}
        self._waiting: list[tuple[datetime | None, Message]] = []
        self.accepted: list[Message] = []
        """Every message that entered a queue, in order."""
        self.dropped: list[Message] = []
        """Every message that duplicate detection dropped, in order."""
        self.failures_left = 0
        """How many of the next sends fail as if the broker did not answer."""

    async def aclose(self) -> None:
        """Nothing to release."""

    async def send(self, messages: Sequence[Message]) -> None:
        """See `Messenger.send`."""
        if self.failures_left > 0:
            self.failures_left -= 1
            raise BrokerUnavailableError("the broker does not answer")
        now = self._clock.now() if self._clock else None
        for message in messages:
            self._accept(message, now)

    def _accept(self, message: Message, now: datetime | None) -> None:
        key = (message.queue, message.message_id)
        if key in self._seen:
            seen = self._seen[key]
            if now is None or seen is None or now - seen < self._window:
                self.dropped.append(message)
                return
        self._seen[key] = now
        due = now + message.delay if now is not None and message.delay is not None else now
        self._waiting.append((due, message))
        self.accepted.append(message)

    def take(self, queue: Queue | None = None) -> list[Message]:
        """Remove and return the messages that are due, of one queue or of all, in the order of sending."""
        now = self._clock.now() if self._clock else None
        taken: list[Message] = []
        left: list[tuple[datetime | None, Message]] = []
        for due, message in self._waiting:
            ready = due is None or now is None or due <= now
            if ready and queue in (None, message.queue):
                taken.append(message)
            else:
                left.append((due, message))
        self._waiting = left
        return taken

    def next_due(self) -> datetime | None:
        """When the earliest waiting message is due; None when nothing waits or there is no clock."""
        return min((due for due, _ in self._waiting if due is not None), default=None)

    @property
    def waiting(self) -> list[Message]:
        """Messages not yet taken, due or not, in the order of sending."""
        return [message for _, message in self._waiting]
