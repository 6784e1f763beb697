"""A notifier that keeps what it is given."""

from __future__ import annotations

from shared.domain.notifications import Digest
from shared.ports.config_source import NotificationTargets
from shared.ports.notifier import NotificationError


class MemoryNotifier:
    """Twin of the notifiers; `failures` are raised by the next sends, in order."""

    def __init__(self) -> None:
        self.sent: list[Digest] = []
        self.failures: list[NotificationError] = []

    async def send(self, digest: Digest, targets: NotificationTargets) -> None:
        """See `Notifier.send`."""
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(digest)
