"""Schedules of scans: when they are due, in which time zone, and what became of each run. Pure.

A due time of an NCRONTAB expression is a time of day in the zone. Where clocks are set forward, what
falls into the hour that does not exist fires once, at the moment the clocks move. Where they are set back, a
time that exists twice fires at its first coming only. Intervals count real time and know no clocks. Due times
that passed while nobody looked fire once, together.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.ids import IdKind, make_id
from shared.domain.ncrontab import Ncrontab
from shared.domain.scan import ScanRequest

MAX_SCHEDULES: Final = 100
BUILT_IN: Final = "default"
"""Id of the schedule whose interval the configuration names; off until somebody switches it on."""


class _Stored(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Cadence(_Stored):
    """When: an NCRONTAB expression in a zone, or an interval. Runs spread over `jitter_seconds`."""

    cron: str | None = None
    interval_minutes: int | None = Field(default=None, ge=1)
    time_zone: str = "UTC"
    jitter_seconds: int = Field(default=0, ge=0)

    def next_after(self, moment: datetime, anchor: datetime) -> datetime | None:
        """First due time after `moment`, in UTC; intervals count from `anchor`. None: never again."""
        if self.cron is None:
            return _next_interval(timedelta(minutes=self.interval_minutes or 1), moment, anchor)
        return _next_cron(_parsed(self.cron), zone_named(self.time_zone), moment)

    def ever_due(self) -> bool:
        """Whether there is any due time at all.

        Raises:
            NcrontabError: the expression is none.
        """
        return self.cron is None or _parsed(self.cron).next_after(datetime(2024, 1, 1)) is not None  # noqa: DTZ001

    def delay(self, schedule_id: str, due: datetime) -> timedelta:
        """The part of the jitter that falls on one run; the same whoever asks."""
        digest = hashlib.sha256(f"{schedule_id}:{due.isoformat()}".encode()).digest()
        return timedelta(seconds=self.jitter_seconds * int.from_bytes(digest[:4]) / 2**32)


class Outcome(StrEnum):
    """What became of a due time."""

    STARTED = "started"
    OVERLAP = "skipped_overlap"
    FAILED = "failed"


class Run(_Stored):
    """One due time that was worked on."""

    due: datetime
    at: datetime
    outcome: Outcome
    scan_id: str | None = None
    message: str | None = None


class Firing(_Stored):
    """A run under way: written down before its scan starts: who takes over starts the same one."""

    due: datetime
    since: datetime
    scan_id: str


class Schedule(_Stored):
    """A schedule as stored. `management_group`: its subscriptions are asked for at each run."""

    schedule_id: str
    name: str
    cadence: Cadence
    scan: ScanRequest
    management_group: str | None = None
    enabled: bool = True
    created_at: datetime
    created_by: str
    anchor: datetime = Field(description="when it was last enabled or its cadence changed")
    next_due: datetime | None = None
    firing: Firing | None = None
    last_run: Run | None = None
    last_scan_id: str | None = None

    @property
    def built_in(self) -> bool:
        """Whether it is the one of the configuration."""
        return self.schedule_id == BUILT_IN

    def is_due(self, now: datetime) -> bool:
        """Whether a run is to begin."""
        if not self.enabled or self.next_due is None:
            return False
        return now >= self.next_due + self.cadence.delay(self.schedule_id, self.next_due)

    def armed(self, now: datetime) -> Schedule:
        """With its next due time counted from now; none while it is switched off."""
        upcoming = self.cadence.next_after(now, now) if self.enabled else None
        return self.model_copy(update={"anchor": now, "next_due": upcoming})

    def begun(self, now: datetime) -> Schedule:
        """With a run under way for the present due time."""
        due = self.next_due or now
        tail = hashlib.sha256(f"{self.schedule_id}:{due.isoformat()}".encode()).hexdigest()[:8]
        firing = Firing(due=due, since=now, scan_id=make_id(IdKind.SCAN, now, tail))
        return self.model_copy(update={"firing": firing})

    def ended(self, run: Run) -> Schedule:
        """With a run over, and the next due time after now: those missed meanwhile are gone."""
        upcoming = self.cadence.next_after(max(run.at, run.due), self.anchor)
        return self.model_copy(
            update={
                "firing": None,
                "last_run": run,
                "last_scan_id": run.scan_id or self.last_scan_id,
                "next_due": upcoming if self.enabled else None,
            }
        )


@lru_cache(maxsize=256)
def _parsed(expression: str) -> Ncrontab:
    return Ncrontab.parse(expression)


def zone_named(name: str) -> ZoneInfo:
    """A zone of the IANA database.

    Raises:
        ValueError: there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("not the name of a time zone") from error


def _next_interval(interval: timedelta, moment: datetime, anchor: datetime) -> datetime:
    passed = (moment - anchor) // interval
    return (anchor + max(passed + 1, 1) * interval).astimezone(UTC)


def _next_cron(schedule: Ncrontab, zone: ZoneInfo, moment: datetime) -> datetime | None:
    wall = moment.astimezone(zone).replace(tzinfo=None)
    for candidate in schedule.occurrences(wall):
        instant = _instant(candidate, zone)
        if instant > moment:
            return instant
    return None


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """When clocks of the zone first show this time; for one they skip, when they move."""
    instant = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall:
        return instant
    # In a gap fold=0 counts with the offset before it and fold=1 with the one behind: between those two
    # lies the moment at which the clocks move.
    late, early = instant, wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    before = early.astimezone(zone).utcoffset()
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) / 2
        if middle.astimezone(zone).utcoffset() == before:
            early = middle
        else:
            late = middle
    return (late + timedelta(microseconds=500_000)).replace(microsecond=0)
