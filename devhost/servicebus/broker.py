"""The namespace: queues, topics and subscriptions, and the timer that drives their schedules and locks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from devhost.servicebus.config import Config, QueueSettings
from devhost.servicebus.errors import MESSAGE_SIZE_EXCEEDED, NOT_ALLOWED, ServiceBusError, entity_not_found
from devhost.servicebus.message import Message
from devhost.servicebus.queue import Clock, MessageQueue
from devhost.servicebus.session_queue import SessionQueue
from devhost.servicebus.store import Store

_LOG = logging.getLogger(__name__)


class Broker:
    """All entities, found by address without regard to case."""

    def __init__(self, config: Config, store: Store, clock: Clock) -> None:
        """Build the entities and recover their messages from the store. Needs a running event loop."""
        self.limits = config.limits
        self.store = store
        self._clock = clock
        self._timer: asyncio.TimerHandle | None = None
        self._armed_for: float | None = None
        self._loop = asyncio.get_running_loop()
        self._queues: dict[str, MessageQueue] = {}
        self._topics: dict[str, list[MessageQueue]] = {}
        for name, settings in config.queues.items():
            self._add(name, settings)
        for name, topic in config.topics.items():
            self._topics[name.lower()] = [
                self._add(f"{name}/subscriptions/{subscription}", settings)
                for subscription, settings in topic.subscriptions.items()
            ]

    def _add(self, name: str, settings: QueueSettings) -> MessageQueue:
        kind = SessionQueue if settings.requires_session else MessageQueue
        queue = kind(name, settings, self.store, self._clock, self._wake)
        self._queues[queue.key] = queue
        if queue.dead_letters is not None:
            self._queues[queue.dead_letters.key] = queue.dead_letters
        return queue

    @property
    def keys(self) -> set[str]:
        """The lower-cased names of all queues, subscriptions and dead-letter queues."""
        return set(self._queues)

    def queue(self, address: str) -> MessageQueue:
        """The queue, subscription or dead-letter queue with this address.

        Raises:
            ServiceBusError: there is none.
        """
        found = self._queues.get(address.lower())
        if found is None:
            raise entity_not_found(address)
        return found

    def targets(self, address: str) -> Sequence[MessageQueue]:
        """The queues that a message sent to this address goes to.

        Raises:
            ServiceBusError: no queue or topic, or one that cannot be sent to.
        """
        topic = self._topics.get(address.lower())
        if topic is not None:
            return topic
        queue = self.queue(address)
        if queue.dead_letters is None or "/subscriptions/" in queue.key:
            raise ServiceBusError(NOT_ALLOWED, f"Messages cannot be sent to '{address}'.")
        return (queue,)

    def is_topic(self, address: str) -> bool:
        """Whether the address names a topic."""
        return address.lower() in self._topics

    def publish(self, address: str, encoded: Sequence[bytes]) -> list[int]:
        """Accept messages, all or none; return their sequence numbers (0 for a dropped duplicate).

        For a topic the numbers are those of the last subscription.

        Raises:
            ServiceBusError: unknown entity, message too large or malformed, queue full, session id missing.
        """
        limit = self.limits.max_message_bytes
        for raw in encoded:
            if len(raw) > limit:
                raise ServiceBusError(
                    MESSAGE_SIZE_EXCEEDED, f"The message is {len(raw)} bytes; at most {limit} are accepted."
                )
        numbers = [0] * len(encoded)
        targets = self.targets(address)
        prepared = [(queue, [Message(raw) for raw in encoded]) for queue in targets]
        for queue, messages in prepared:
            size = 0
            for message in messages:
                queue.check(message, size)
                size += message.raw_size
        for queue, messages in prepared:
            numbers = [queue.put(message) or 0 for message in messages]
            queue.pump()
        return numbers

    def when_durable(self, callback: Callable[[], None]) -> None:
        """Call back once everything that changed so far is as durable as the store makes it."""
        self.store.when_durable(callback)

    # ---------------------------------------------------------------------------------------------- time

    def _wake(self, when: float) -> None:
        if self._armed_for is None or when < self._armed_for:
            self._arm(when)

    def _arm(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._armed_for = when
        self._timer = self._loop.call_later(max(0.0, when - self._clock()), self._run_due)

    def _run_due(self) -> None:
        self._timer, self._armed_for = None, None
        now = self._clock()
        for queue in self._queues.values():
            due = queue.next_due()
            if due is not None and due <= now:
                queue.run_due()
        dues = [due for queue in self._queues.values() if (due := queue.next_due()) is not None]
        if dues:
            self._wake(min(dues))

    def close(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()
