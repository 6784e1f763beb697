"""What events need to know of the service's configuration, whoever keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from shared.domain.severity import Severity


@dataclass(frozen=True, slots=True, repr=False)
class NotificationTargets:
    """Where notifications go. The webhooks are secrets; None: the channel is not set up."""

    slack_webhook: str | None = None
    teams_webhook: str | None = None
    email_recipients: tuple[str, ...] = ()
    least_severity: Severity = Severity.HIGH


class ConfigSource(Protocol):
    """The present configuration."""

    async def notification_targets(self) -> NotificationTargets:
        """Channels and the least severity that they list."""
        ...

    async def scan_interval_minutes(self) -> int:
        """Interval of the built-in schedule (B.Config)."""
        ...
