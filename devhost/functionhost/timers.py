"""Timer triggers: never two runs at once, missed runs become one past-due run, a failed run is not repeated.

Behaviour after Azure/azure-webjobs-sdk-extensions (TimerListener, ScheduleMonitor) and
learn.microsoft.com/azure/azure-functions/functions-bindings-timer. Schedules are read in UTC.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from azure.functions.timer import TimerRequest

from devhost.functionhost.app_settings import expand
from devhost.functionhost.indexing import IndexedFunction
from devhost.functionhost.invocation import Invoker, log_failure
from shared.domain.ncrontab import Ncrontab

Clock = Callable[[], datetime]
Sleep = Callable[[float], Awaitable[None]]

LONGEST_SLEEP_SECONDS = 60.0
"""The clock is read again at least this often: a machine that slept or set its clock stays on schedule."""

_MONITOR_MINIMUM = timedelta(minutes=1)
"""Schedules that run more often are not monitored, whatever useMonitor says."""


class TimerStateError(Exception):
    """A timer's state file cannot be used; the message names the file."""


@dataclass(frozen=True, slots=True)
class TimerStatus:
    """What survives a restart, all in UTC: the run before, the run to come, and when this was written."""

    last: datetime | None
    next: datetime | None
    last_updated: datetime

    def as_schedule_status(self) -> dict[str, str]:
        """The shape of ``TimerRequest.schedule_status``; year 1 stands for never, as in .NET."""
        never = "0001-01-01T00:00:00+00:00"
        return {
            "Last": self.last.isoformat() if self.last else never,
            "Next": self.next.isoformat() if self.next else never,
            "LastUpdated": self.last_updated.isoformat(),
        }


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


class TimerState:
    """One JSON file per function in ``<state_dir>/timers``, replaced atomically."""

    def __init__(self, state_dir: Path) -> None:
        self._directory = state_dir / "timers"

    def _path(self, function: str) -> Path:
        return self._directory / f"{function}.json"

    def load(self, function: str) -> TimerStatus | None:
        """The stored status; None when the timer never ran here.

        Raises:
            TimerStateError: when the file exists but cannot be read.
        """
        path = self._path(function)
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            return TimerStatus(
                _moment(document["last"]),
                _moment(document["next"]),
                datetime.fromisoformat(document["last_updated"]).astimezone(UTC),
            )
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise TimerStateError(
                f"cannot use the timer state {path}: {error}; delete it to start anew"
            ) from error

    def save(self, function: str, status: TimerStatus) -> None:
        """Store the status; raises OSError when the disk does not take it."""
        self._directory.mkdir(parents=True, exist_ok=True)
        document = {
            "last": status.last.isoformat() if status.last else None,
            "next": status.next.isoformat() if status.next else None,
            "last_updated": status.last_updated.isoformat(),
        }
        temporary = self._path(function).with_suffix(".tmp")
        temporary.write_text(json.dumps(document), encoding="utf-8")
        temporary.replace(self._path(function))


def is_monitored(schedule: Ncrontab, use_monitor: bool | None, now: datetime) -> bool:
    """Whether the timer's runs are remembered: by default yes, never below one minute between runs."""
    if use_monitor is False:
        return False
    upcoming = list(itertools.islice(schedule.occurrences(now), 5))
    gaps = [later - earlier for earlier, later in itertools.pairwise(upcoming)]
    return all(gap >= _MONITOR_MINIMUM for gap in gaps)


class Timer:
    """The loop of one timer function."""

    def __init__(
        self,
        function: IndexedFunction,
        invoker: Invoker,
        *,
        environment: Mapping[str, str],
        state: TimerState,
        clock: Clock,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._function = function
        self._invoker = invoker
        self._schedule = Ncrontab.parse(expand(function.trigger.schedule, environment))
        self._state = state
        self._clock = clock
        self._sleep = sleep
        self._stopping = False

    def stop(self) -> None:
        """Start no further run; cancel the task of ``run`` to end the wait for the next one."""
        self._stopping = True

    async def run(self) -> None:
        """Run until cancelled; ends by itself after ``stop`` or when the schedule has no occurrence left.

        Raises:
            TimerStateError: when the stored status is unreadable.
        """
        trigger = self._function.trigger
        monitored = is_monitored(self._schedule, trigger.use_monitor, self._now())
        status = self._state.load(self._function.name) if monitored else None
        if monitored and status is None:
            status = self._remember(last=None, monitored=True)
        if self._is_past_due(status):
            status = await self._fire(status, past_due=True, monitored=monitored)
        elif trigger.run_on_startup:
            status = await self._fire(status, past_due=False, monitored=monitored)
        while True:
            # Counted from now: occurrences that passed while the function ran are skipped.
            occurrence = self._schedule.next_after(self._now())
            if occurrence is None:
                return
            await self._wait_until(occurrence)
            if self._stopping:
                return
            status = await self._fire(status, past_due=False, monitored=monitored)

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC)

    def _is_past_due(self, status: TimerStatus | None) -> bool:
        if status is None:
            return False
        # From the last run when there is one, else from when the timer was first seen: a schedule that
        # changed meanwhile is judged by its present text.
        due = self._schedule.next_after(status.last or status.last_updated)
        return due is not None and due <= self._now()

    async def _wait_until(self, occurrence: datetime) -> None:
        while (left := (occurrence - self._now()).total_seconds()) > 0:
            await self._sleep(min(left, LONGEST_SLEEP_SECONDS))

    async def _fire(self, status: TimerStatus | None, *, past_due: bool, monitored: bool) -> TimerStatus:
        began = self._now()
        shown: dict[str, Any] | None = dict(status.as_schedule_status()) if monitored and status else None
        request = TimerRequest(past_due=past_due, schedule_status=shown, schedule={"AdjustForDST": True})
        try:
            await self._invoker.invoke(self._function, request, {})
        except Exception as error:
            log_failure(self._function.name, error)
        return self._remember(last=began, monitored=monitored)

    def _remember(self, *, last: datetime | None, monitored: bool) -> TimerStatus:
        now = self._now()
        status = TimerStatus(last, self._schedule.next_after(last or now), now)
        if monitored:
            self._state.save(self._function.name, status)
        return status
