"""Notifications: one digest for each channel of a scan that ended, each with retries of its own."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.domain.events import EventType
from shared.domain.notifications import MOST_LISTED, PEOPLE, RETRIES, Digest, DigestLine
from shared.domain.page import PageRequest
from shared.domain.scan import NotificationChannel, Scan, ScanError
from shared.domain.severity import ORDER, Severity
from shared.ports.clock import Clock
from shared.ports.config_source import ConfigSource
from shared.ports.errors import MissingError, VersionConflictError
from shared.ports.event_log import EventLog, FeedPositions
from shared.ports.messaging import Message, Messenger, Queue
from shared.ports.notifier import NotificationError, Notifier
from shared.ports.stores import ScanResultStore, ScanStore

log = logging.getLogger(__name__)

FEED: Final = "notifications"
BATCH: Final = 200
_ENDS: Final = frozenset({EventType.SCAN_COMPLETED, EventType.SCAN_FAILED})
_TRIES: Final = 8


class NotifyMessage(BaseModel):
    """Tell one channel of the end of one run of a scan."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    position: int = Field(ge=1)
    scan_id: str = Field(max_length=64)
    channel: NotificationChannel
    attempt: int = Field(ge=0)


class NotificationFeed:
    """From the log to the queue `notifications`: the ends of scans that ask for it."""

    def __init__(
        self, log: EventLog, positions: FeedPositions, scans: ScanStore, messenger: Messenger
    ) -> None:
        self._log = log
        self._positions = positions
        self._scans = scans
        self._messenger = messenger

    async def run(self, at_most: int = 5_000) -> int:
        """Queue what is new; how many notifications that were. A repeat may queue some again."""
        queued = seen = 0
        position = await self._positions.get(FEED)
        while seen < at_most:
            entries = await self._log.after(position, BATCH)
            if not entries:
                break
            for entry in entries:
                if entry.event.type in _ENDS:
                    queued += await self._queue(entry.position, str(entry.event.data["scan_id"]))
            position = entries[-1].position
            await self._positions.advance(FEED, position)
            seen += len(entries)
        return queued

    async def _queue(self, position: int, scan_id: str) -> int:
        found = await self._scans.get(scan_id)
        if found is None:
            return 0
        channels = [one for one in found.value.request.notification_channels if one in PEOPLE]
        messages = [
            _message(NotifyMessage(position=position, scan_id=scan_id, channel=one, attempt=0))
            for one in channels
        ]
        if messages:
            await self._messenger.send(messages)
        return len(messages)


class SendNotification:
    """Handles the queue `notifications`."""

    def __init__(
        self,
        scans: ScanStore,
        results: ScanResultStore,
        notifiers: Mapping[NotificationChannel, Notifier],
        config: ConfigSource,
        messenger: Messenger,
        clock: Clock,
        public_url: str,
    ) -> None:
        self._scans = scans
        self._results = results
        self._notifiers = notifiers
        self._config = config
        self._messenger = messenger
        self._clock = clock
        self._public_url = public_url

    async def run(self, message: NotifyMessage) -> None:
        """One attempt; a failed one is put off, the last one becomes an error of the scan."""
        found = await self._scans.get(message.scan_id)
        if found is None:
            return
        try:
            notifier = self._notifiers.get(message.channel)
            if notifier is None:
                raise NotificationError(f"{message.channel.value} is not set up", final=True)
            targets = await self._config.notification_targets()
            digest = await self._digest(found.value, targets.least_severity)
            if digest.worth_telling:
                await notifier.send(digest, targets)
        except NotificationError as error:
            await self._failed(message, error)

    async def give_up(self, body: bytes, reason: str | None) -> None:
        """Account for a message that the broker gave up, if it is one of ours."""
        try:
            message = NotifyMessage.model_validate_json(body)
        except ValidationError:
            return
        why = f"given up by the broker: {reason or 'no reason given'}"
        await self._failed(message, NotificationError(why, final=True))

    async def _failed(self, message: NotifyMessage, error: NotificationError) -> None:
        log.warning("%s was not notified of %s: %s", message.channel.value, message.scan_id, error)
        if not error.final and message.attempt < len(RETRIES):
            again = message.model_copy(update={"attempt": message.attempt + 1})
            await self._messenger.send([_message(again)])
            return
        log.error("%s is not notified of %s any more", message.channel.value, message.scan_id)
        entry = ScanError(
            subject=f"notification:{message.channel.value}", reason="failed", message=str(error)
        )
        for _ in range(_TRIES):
            found = await self._scans.get(message.scan_id)
            if found is None or entry in found.value.errors:
                return
            noted = found.value.model_copy(update={"errors": (*found.value.errors, entry)})
            try:
                await self._scans.replace(noted, found.etag)
            except VersionConflictError:
                continue
            except MissingError:
                return
            return
        raise VersionConflictError(f"scan {message.scan_id} is written by too many at once")

    async def _digest(self, scan: Scan, least: Severity) -> Digest:
        counts = scan.totals.by_severity
        wanted = ORDER[: ORDER.index(least) + 1]
        lines: list[DigestLine] = []
        shards = None if scan.result_shards is None else frozenset(scan.result_shards)
        for severity in wanted:
            room = MOST_LISTED - len(lines)
            if room <= 0 or not counts[severity]:
                continue
            page = await self._results.findings(scan.scan_id, PageRequest(limit=room), shards, (severity,))
            lines += [
                DigestLine(
                    severity,
                    one.observation.title,
                    one.observation.resource_name,
                    one.observation.resource_group,
                )
                for one in page.items
            ]
        return Digest(
            scan_id=scan.scan_id,
            status=scan.status,
            scan_type=scan.request.scan_type,
            environment=scan.request.environment,
            duration_seconds=scan.duration_seconds or 0,
            by_severity={severity: counts[severity] for severity in ORDER},
            least_severity=least,
            lines=tuple(lines),
            unlisted=max(0, sum(counts[severity] for severity in wanted) - len(lines)),
            link=f"{self._public_url}/v1/scans/{scan.scan_id}/results",
        )


def _message(body: NotifyMessage) -> Message:
    name = f"{body.scan_id}:{body.position}:{body.channel.value}:{body.attempt}"
    delay = RETRIES[body.attempt - 1] if body.attempt else None
    return Message(Queue.NOTIFICATIONS, name, body.model_dump_json().encode(), delay)
