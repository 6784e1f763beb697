"""Notifications: one digest for each channel, retries, and failures that are told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.adapters.memory.clock import MemoryClock
from shared.adapters.memory.config_source import FixedConfigSource
from shared.adapters.memory.event_log import MemoryEventLog, MemoryFeedPositions
from shared.adapters.memory.messaging import MemoryMessenger
from shared.adapters.memory.notifier import MemoryNotifier
from shared.adapters.memory.scan_results import MemoryScanResultStore
from shared.adapters.memory.scans import MemoryScanStore
from shared.domain.events import EventType
from shared.domain.notifications import RETRIES
from shared.domain.scan import NotificationChannel, Scan, ScanRequest, ScanStatus, ScanTotals
from shared.domain.severity import Severity, count_by_severity
from shared.ports.config_source import NotificationTargets
from shared.ports.messaging import Queue
from shared.ports.notifier import NotificationError
from shared.services.notify import NotificationFeed, NotifyMessage, SendNotification
from tests.adapters.builders import T0, at, event, frozen
from tests.adapters.builders import scan as scan_of

C, H, M = Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM
SLACK, EMAIL, TEAMS = NotificationChannel.SLACK, NotificationChannel.EMAIL, NotificationChannel.TEAMS


class Place:
    def __init__(self) -> None:
        self.clock = MemoryClock(T0)
        self.scans, self.results = MemoryScanStore(), MemoryScanResultStore()
        self.log, self.positions = MemoryEventLog(), MemoryFeedPositions()
        self.messenger = MemoryMessenger(self.clock)
        self.slack = MemoryNotifier()
        self.config = FixedConfigSource(NotificationTargets(slack_webhook="https://hooks.example/x"))
        self.feed = NotificationFeed(self.log, self.positions, self.scans, self.messenger)
        self.send = SendNotification(
            self.scans,
            self.results,
            {SLACK: self.slack},
            self.config,
            self.messenger,
            self.clock,
            "https://scan.example.com",
        )

    async def ended(self, severities: list[Severity], *channels: NotificationChannel, **changes: Any) -> Scan:
        totals = ScanTotals(by_severity=count_by_severity(severities))
        request = ScanRequest(notification_channels=channels)
        values = {"status": ScanStatus.COMPLETED, "completed_at": at(17), "totals": totals, **changes}
        scan = scan_of().model_copy(update={"request": request, **values})
        await self.scans.insert(scan)
        rows = [frozen(number, severity=severity) for number, severity in enumerate(severities)]
        await self.results.put_findings(scan.scan_id, "c1", rows)
        kind = EventType.SCAN_FAILED if scan.status is ScanStatus.FAILED else EventType.SCAN_COMPLETED
        data = {"scan_id": scan.scan_id}
        await self.log.append([event(1, type=kind, subject=f"scans/{scan.scan_id}", data=data)], T0)
        return scan

    async def run(self) -> None:
        await self.feed.run()
        await self.work()

    async def work(self) -> None:
        for message in self.messenger.take(Queue.NOTIFICATIONS):
            await self.send.run(NotifyMessage.model_validate_json(message.body))

    async def stored(self, scan: Scan) -> Scan:
        found = await self.scans.get(scan.scan_id)
        assert found is not None
        return found.value


async def test_one_digest_for_a_scan_however_much_it_found() -> None:
    place = Place()
    await place.ended([C] * 3 + [H] * 20 + [M] * 5, SLACK)
    await place.run()
    (digest,) = place.slack.sent
    assert [line.severity for line in digest.lines] == [C] * 3 + [H] * 7
    assert (digest.unlisted, digest.total) == (13, 28)
    assert digest.by_severity == {C: 3, H: 20, M: 5, Severity.LOW: 0}
    assert digest.link == "https://scan.example.com/v1/scans/scan-20250805-174258/results"
    await place.run()
    assert len(place.slack.sent) == 1


async def test_below_the_threshold_nobody_is_told() -> None:
    place = Place()
    scan = await place.ended([M, M], SLACK)
    await place.run()
    assert place.slack.sent == [] and (await place.stored(scan)).errors == ()


@pytest.mark.parametrize("status", [ScanStatus.FAILED, ScanStatus.PARTIAL])
async def test_a_scan_that_did_not_end_well_is_told_anyway(status: ScanStatus) -> None:
    place = Place()
    await place.ended([], SLACK, status=status)
    await place.run()
    assert [digest.status for digest in place.slack.sent] == [status]


async def test_scans_without_channels_are_silent() -> None:
    place = Place()
    await place.ended([C], NotificationChannel.WEBHOOK, NotificationChannel.EVENTGRID)
    await place.run()
    assert place.slack.sent == [] and place.messenger.accepted == []


async def test_a_failure_is_tried_again_and_told_in_the_end() -> None:
    place = Place()
    scan = await place.ended([C], SLACK)
    place.slack.failures = [NotificationError("it answered with HTTP status 500")] * (len(RETRIES) + 1)
    began = place.clock.now()
    await place.run()
    pauses = []
    while (due := place.messenger.next_due()) is not None:
        pauses.append(due - place.clock.now())
        place.clock.set(due)
        await place.work()
    assert tuple(pauses) == RETRIES and place.clock.now() - began < timedelta(hours=3)
    (error,) = (await place.stored(scan)).errors
    assert (error.subject, error.reason) == ("notification:slack", "failed")
    assert error.message == "it answered with HTTP status 500"


async def test_a_channel_in_trouble_does_not_hold_up_another() -> None:
    place = Place()
    other = MemoryNotifier()
    place.send._notifiers = {SLACK: place.slack, TEAMS: other}
    place.slack.failures = [NotificationError("away")]
    await place.ended([C], SLACK, TEAMS)
    await place.run()
    assert len(other.sent) == 1 and place.slack.sent == []
    due = place.messenger.next_due()
    assert due is not None
    place.clock.set(due)
    await place.work()
    assert len(place.slack.sent) == 1 and len(other.sent) == 1


async def test_a_channel_that_is_not_set_up_is_an_error_of_the_scan() -> None:
    place = Place()
    scan = await place.ended([C], EMAIL)
    await place.run()
    (error,) = (await place.stored(scan)).errors
    assert (error.subject, error.message) == ("notification:email", "email is not set up")
    assert place.messenger.next_due() is None


async def test_what_the_broker_gave_up_is_an_error_of_the_scan() -> None:
    place = Place()
    scan = await place.ended([C], SLACK)
    message = NotifyMessage(position=1, scan_id=scan.scan_id, channel=SLACK, attempt=0)
    await place.send.give_up(message.model_dump_json().encode(), "MaxDeliveryCountExceeded")
    await place.send.give_up(b"\xff none of ours", None)
    (error,) = (await place.stored(scan)).errors
    assert "MaxDeliveryCountExceeded" in error.message
