"""Receivers as the queues see them; the links of a connection implement these."""

from __future__ import annotations

from typing import Protocol

from devhost.servicebus.message import Message


class Consumer(Protocol):
    """A receiver as the queue sees it."""

    holder: object
    """The connection; a session's lock belongs to it."""
    pre_settled: bool
    """Receive-and-delete: what is delivered is gone."""

    def can_take(self) -> bool:
        """Whether one more message may be delivered now."""

    def deliver(self, message: Message) -> None:
        """Send the message to the receiver."""


class SessionConsumer(Consumer, Protocol):
    """A receiver that holds or waits for a session."""

    def session_accepted(self, session_id: str, locked_until: float) -> None:
        """The receiver now holds the session, until the given time unless it renews."""

    def session_lost(self) -> None:
        """The session's lock ran out."""
