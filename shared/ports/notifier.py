"""Telling people."""

from __future__ import annotations

from typing import Protocol

from shared.domain.notifications import Digest
from shared.ports.config_source import NotificationTargets
from shared.ports.errors import PortError


class NotificationError(PortError):
    """A digest was not taken. `final`: trying again would not help. The message holds no secret."""

    def __init__(self, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


class Notifier(Protocol):
    """One channel."""

    async def send(self, digest: Digest, targets: NotificationTargets) -> None:
        """Hand the digest over; on return the channel's service has it.

        Raises:
            NotificationError: it has not, or the channel is not set up.
        """
        ...
