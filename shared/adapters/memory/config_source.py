"""Configuration that is known at the start and does not change."""

from __future__ import annotations

from shared.ports.config_source import NotificationTargets


class FixedConfigSource:
    """A `ConfigSource` of given values."""

    def __init__(self, targets: NotificationTargets, scan_interval_minutes: int = 60) -> None:
        self.targets = targets
        self.interval = scan_interval_minutes

    async def notification_targets(self) -> NotificationTargets:
        """See `ConfigSource.notification_targets`."""
        return self.targets

    async def scan_interval_minutes(self) -> int:
        """See `ConfigSource.scan_interval_minutes`."""
        return self.interval
