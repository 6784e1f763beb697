"""What events ask of the configuration: the document (B-12), and the settings where it says nothing."""

from __future__ import annotations

from dataclasses import replace

from shared.ports.config_source import NotificationTargets
from shared.services.config import Configuration


class DocumentConfigSource:
    """A `ConfigSource` that follows the document."""

    def __init__(
        self, configuration: Configuration, targets: NotificationTargets, scan_interval_minutes: int
    ) -> None:
        """Args:
        targets, scan_interval_minutes: of the settings. The interval holds until a document is written.
        """
        self._configuration = configuration
        self._targets = targets
        self._interval = scan_interval_minutes

    async def notification_targets(self) -> NotificationTargets:
        """See `ConfigSource.notification_targets`."""
        said = (await self._configuration.current()).notification_settings
        return replace(
            self._targets,
            slack_webhook=said.slack_webhook or self._targets.slack_webhook,
            email_recipients=said.email_recipients or self._targets.email_recipients,
        )

    async def scan_interval_minutes(self) -> int:
        """See `ConfigSource.scan_interval_minutes`."""
        config = await self._configuration.current()
        return config.scan_interval_minutes if await self._configuration.written() else self._interval
