"""A queue whose messages are grouped in sessions, each held by one receiver at a time and kept in order."""

from __future__ import annotations

import heapq
import itertools
import uuid
from collections.abc import Iterable

from devhost.servicebus.consumer import Consumer, SessionConsumer
from devhost.servicebus.errors import NOT_ALLOWED, ServiceBusError, session_lock_lost
from devhost.servicebus.message import Message, State
from devhost.servicebus.queue import MessageQueue


class Session:
    """One session: what is available, who holds it, and its state blob."""

    __slots__ = ("consumer", "locked_until", "ready", "state")

    def __init__(self) -> None:
        self.ready: list[int] = []
        self.consumer: SessionConsumer | None = None
        self.locked_until = 0.0
        self.state: bytes | None = None


class SessionQueue(MessageQueue):
    """A queue that requires sessions. The session's lock stands for the locks of all its messages."""

    def _restore_sessions(self, states: list[tuple[str, bytes]]) -> None:
        self._sessions: dict[str, Session] = {}
        self._holders: dict[Consumer, str] = {}
        self._waiters: dict[Consumer, SessionConsumer] = {}
        for session_id, state in states:
            self._session(session_id).state = state

    def _session(self, session_id: str) -> Session:
        return self._sessions.setdefault(session_id, Session())

    def check(self, message: Message, extra_bytes: int = 0) -> None:
        """As for every queue; messages without a session id are refused too."""
        super().check(message, extra_bytes)
        if message.session_id is None:
            raise ServiceBusError(
                NOT_ALLOWED, f"The SessionId was not set on a message, and '{self.name}' requires sessions."
            )

    def _make_ready(self, message: Message) -> None:
        message.state = State.ACTIVE
        heapq.heappush(self._session(message.session_id or "").ready, message.sequence)

    # -------------------------------------------------------------------------------- holding a session

    @property
    def waiting(self) -> int:
        """How many receivers wait for the next available session."""
        return len(self._waiters)

    def accept(self, consumer: SessionConsumer, wanted: str | None) -> bool:
        """Give the consumer the wanted session, or for None the free one with the oldest message.

        Returns whether it got one; it is told through `session_accepted`.
        """
        session_id = self._next_available() if wanted is None else wanted
        if session_id is None:
            return False
        session = self._session(session_id)
        if session.consumer is not None:
            return False
        session.consumer = consumer
        self._holders[consumer] = session_id
        session.locked_until = self._clock() + self.settings.lock_duration
        self._wake(session.locked_until)
        consumer.session_accepted(session_id, session.locked_until)
        return True

    def wait(self, consumer: SessionConsumer) -> None:
        """Queue for the next session that becomes available; `stop_waiting` or `detach` ends it."""
        self._waiters[consumer] = consumer

    def stop_waiting(self, consumer: SessionConsumer) -> bool:
        """Whether the consumer was still waiting."""
        return self._waiters.pop(consumer, None) is not None

    def _next_available(self) -> str | None:
        free = [
            (session.ready[0], session_id)
            for session_id, session in self._sessions.items()
            if session.consumer is None and self._has_ready(session)
        ]
        return min(free)[1] if free else None

    def _has_ready(self, session: Session) -> bool:
        while session.ready:
            message = self._messages.get(session.ready[0])
            if message is not None and message.state is State.ACTIVE:
                return True
            heapq.heappop(session.ready)
        return False

    def detach(self, consumer: Consumer) -> None:
        """The receiver closed: its session is free at once, and unsettled deliveries do not count."""
        self._waiters.pop(consumer, None)
        if consumer in self._holders:
            self._free(consumer, failed=False)
            self.pump()

    def _free(self, consumer: Consumer, failed: bool) -> None:
        session_id = self._holders.pop(consumer)
        session = self._sessions[session_id]
        session.consumer = None
        for token, message in list(self._locks.items()):
            if message.consumer is consumer:
                del self._locks[token]
                self._give_back(message, failed)
        if not session.ready and session.state is None:
            self._sessions.pop(session_id, None)

    # --------------------------------------------------------------------------------------- delivering

    def pump(self) -> None:
        """Give waiting receivers the sessions that are available, and holders their messages."""
        for waiter in list(self._waiters.values()):
            if not self.accept(waiter, None):
                break
            self._waiters.pop(waiter, None)
        for session_id in list(self._holders.values()):
            self._pump_session(self._session(session_id))

    def _pump_session(self, session: Session) -> None:
        consumer = session.consumer
        while consumer is not None and session.ready and consumer.can_take():
            message = self._messages.get(heapq.heappop(session.ready))
            if message is not None and message.state is State.ACTIVE:
                self._deliver(message, consumer)

    def _unlock(self, token: uuid.UUID) -> Message:
        if token not in self._locks:
            raise session_lock_lost()
        return super()._unlock(token)

    def _lock_end(self, message: Message) -> float:
        return self._session(message.session_id or "").locked_until

    def _holding_consumer(self, message: Message, holder: object) -> Consumer | None:
        return self._held(message.session_id or "", holder).consumer

    # ------------------------------------------------------------------------------------------- session

    def _held(self, session_id: str, holder: object) -> Session:
        session = self._sessions.get(session_id)
        if session is None or session.consumer is None or session.consumer.holder is not holder:
            raise session_lock_lost()
        return session

    def renew_session(self, session_id: str, holder: object) -> float:
        """Extend the session's lock; return its new end.

        Raises:
            ServiceBusError: the connection does not hold the session.
        """
        session = self._held(session_id, holder)
        session.locked_until = self._clock() + self.settings.lock_duration
        self._wake(session.locked_until)
        return session.locked_until

    def session_state(self, session_id: str, holder: object) -> bytes | None:
        """The state blob; None where none is set. Raises ServiceBusError when the session is not held."""
        return self._held(session_id, holder).state

    def set_session_state(self, session_id: str, holder: object, state: bytes | None) -> None:
        """Set or clear the state blob. Raises ServiceBusError when the session is not held."""
        self._held(session_id, holder).state = state
        self._store.set_session_state(self.key, session_id, state)

    def session_ids(self, skip: int, top: int) -> list[str]:
        """Sessions that have messages or a state, in the order they appeared."""
        alive: Iterable[str] = (
            session_id
            for session_id, session in self._sessions.items()
            if session.state is not None or session.consumer is not None or self._has_ready(session)
        )
        return list(itertools.islice(alive, skip, skip + top))

    # ---------------------------------------------------------------------------------------------- time

    def _next_lock_end(self) -> float | None:
        return min((self._sessions[held].locked_until for held in self._holders.values()), default=None)

    def _end_locks(self, now: float) -> None:
        for consumer, session_id in list(self._holders.items()):
            session = self._sessions[session_id]
            if session.consumer is not None and session.locked_until <= now:
                lost = session.consumer
                self._free(consumer, failed=True)
                lost.session_lost()
