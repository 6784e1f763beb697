"""Timer triggers on a clock that only moves when a timer sleeps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from devhost.functionhost.invocation import Invoker
from devhost.functionhost.timers import Timer, TimerState, TimerStateError, is_monitored
from shared.domain.ncrontab import Ncrontab
from tests.functionhost.functions import NoOutputs, indexed

START = datetime(2026, 3, 1, 0, 0, 30, tzinfo=UTC)


class FakeTime:
    """A clock; sleeping moves it, and at ``end`` sleeping never returns."""

    def __init__(self, now: datetime, lasts: timedelta) -> None:
        self.now = now
        self.end = now + lasts
        self.ended = asyncio.Event()

    def __call__(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        assert seconds <= 60
        self.now += timedelta(seconds=seconds)
        if self.now >= self.end:
            self.ended.set()
            await asyncio.Event().wait()
        await asyncio.sleep(0)


@pytest.fixture
async def invoker() -> AsyncIterator[Invoker]:
    invoker = Invoker("/app", 2, NoOutputs())
    yield invoker
    invoker.close()


async def run(
    function: Callable[..., Any],
    invoker: Invoker,
    state_dir: Path,
    time: FakeTime,
    *,
    schedule: str = "0 */5 * * * *",
    run_on_startup: bool | None = None,
    use_monitor: bool | None = None,
) -> None:
    """Run one timer until the clock's end."""
    timer = Timer(
        indexed(
            function,
            "timerTrigger",
            schedule=schedule,
            run_on_startup=run_on_startup,
            use_monitor=use_monitor,
        ),
        invoker,
        environment={"WHEN": "0 */5 * * * *"},
        state=TimerState(state_dir),
        clock=time,
        sleep=time.sleep,
    )
    task = asyncio.create_task(timer.run())
    ended = asyncio.create_task(time.ended.wait())
    await asyncio.wait({task, ended}, timeout=10, return_when=asyncio.FIRST_COMPLETED)
    finished = task.done()
    task.cancel()
    ended.cancel()
    await asyncio.gather(task, ended, return_exceptions=True)
    if finished:
        task.result()


def recorder(time: FakeTime) -> tuple[list[tuple[str, bool]], Callable[..., Any]]:
    runs: list[tuple[str, bool]] = []

    async def function(value: Any) -> None:
        runs.append((time.now.strftime("%H:%M:%S"), value.past_due))

    return runs, function


async def test_runs_at_every_occurrence(invoker: Invoker, tmp_path: Path) -> None:
    time = FakeTime(START, timedelta(minutes=15))
    runs, function = recorder(time)
    await run(function, invoker, tmp_path, time, schedule="%WHEN%")
    assert runs == [("00:05:00", False), ("00:10:00", False), ("00:15:00", False)]


async def test_a_long_run_is_never_overlapped_and_missed_occurrences_are_skipped(
    invoker: Invoker, tmp_path: Path
) -> None:
    time = FakeTime(START, timedelta(minutes=30))
    runs: list[str] = []
    running = 0

    async def function(value: Any) -> None:
        nonlocal running
        running += 1
        assert running == 1
        runs.append(time.now.strftime("%H:%M"))
        time.now += timedelta(minutes=12)
        await asyncio.sleep(0)
        running -= 1

    await run(function, invoker, tmp_path, time)
    assert runs == ["00:05", "00:20"]


async def test_runs_missed_in_downtime_become_one_past_due_run(invoker: Invoker, tmp_path: Path) -> None:
    before = FakeTime(START, timedelta(minutes=5))
    runs, function = recorder(before)
    await run(function, invoker, tmp_path, before)
    assert runs == [("00:05:00", False)]
    after = FakeTime(START + timedelta(hours=1), timedelta(minutes=6))
    runs, function = recorder(after)
    await run(function, invoker, tmp_path, after)
    assert runs == [("01:00:30", True), ("01:05:00", False)]


async def test_a_first_occurrence_missed_in_downtime_is_past_due(invoker: Invoker, tmp_path: Path) -> None:
    before = FakeTime(START, timedelta(minutes=1))
    _, function = recorder(before)
    await run(function, invoker, tmp_path, before)
    after = FakeTime(START + timedelta(minutes=9), timedelta(seconds=10))
    runs, function = recorder(after)
    await run(function, invoker, tmp_path, after)
    assert runs == [("00:09:30", True)]


async def test_no_past_due_run_when_nothing_was_missed(invoker: Invoker, tmp_path: Path) -> None:
    before = FakeTime(START, timedelta(minutes=5))
    await run(recorder(before)[1], invoker, tmp_path, before)
    after = FakeTime(START + timedelta(minutes=6), timedelta(minutes=1))
    runs, function = recorder(after)
    await run(function, invoker, tmp_path, after)
    assert runs == []


@pytest.mark.parametrize(
    ("schedule", "use_monitor"),
    [("0 */5 * * * *", False), ("*/20 * * * * *", None), ("*/20 * * * * *", True)],
)
async def test_an_unmonitored_timer_forgets_what_it_missed(
    schedule: str, use_monitor: bool | None, invoker: Invoker, tmp_path: Path
) -> None:
    before = FakeTime(START, timedelta(minutes=6))
    await run(recorder(before)[1], invoker, tmp_path, before, schedule=schedule, use_monitor=use_monitor)
    assert not (tmp_path / "timers").exists()
    after = FakeTime(START + timedelta(hours=1), timedelta(seconds=5))
    runs, function = recorder(after)
    await run(function, invoker, tmp_path, after, schedule=schedule, use_monitor=use_monitor)
    assert runs == []


async def test_run_on_startup(invoker: Invoker, tmp_path: Path) -> None:
    time = FakeTime(START, timedelta(minutes=5))
    runs, function = recorder(time)
    await run(function, invoker, tmp_path, time, run_on_startup=True)
    assert runs == [("00:00:30", False), ("00:05:00", False)]


async def test_a_failed_run_is_logged_and_not_repeated(
    invoker: Invoker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    time = FakeTime(START, timedelta(minutes=10))
    runs: list[str] = []

    def function(value: Any) -> None:
        runs.append(time.now.strftime("%H:%M"))
        raise ValueError("the run failed")

    await run(function, invoker, tmp_path, time)
    assert runs == ["00:05", "00:10"]
    captured = capsys.readouterr()
    assert captured.err.count("function F failed:") == 2 and "the run failed" in captured.err
    assert captured.out == ""
    after = FakeTime(START + timedelta(minutes=11), timedelta(seconds=5))
    runs.clear()
    await run(function, invoker, tmp_path, after)
    assert runs == []


async def test_the_request_shows_the_schedule_status(invoker: Invoker, tmp_path: Path) -> None:
    time = FakeTime(START, timedelta(minutes=10))
    shown: list[dict[str, str]] = []

    async def function(value: Any) -> None:
        shown.append(value.schedule_status)

    await run(function, invoker, tmp_path, time)
    assert [one["Last"][:16] for one in shown] == ["0001-01-01T00:00", "2026-03-01T00:05"]
    assert [one["Next"][:16] for one in shown] == ["2026-03-01T00:05", "2026-03-01T00:10"]


async def test_an_unreadable_state_names_its_file(invoker: Invoker, tmp_path: Path) -> None:
    (tmp_path / "timers").mkdir()
    (tmp_path / "timers" / "F.json").write_text('{"last": "yesterday"}')
    time = FakeTime(START, timedelta(minutes=1))
    with pytest.raises(TimerStateError, match=r"timers/F\.json"):
        await run(recorder(time)[1], invoker, tmp_path, time)


async def test_a_schedule_without_another_occurrence_ends(invoker: Invoker, tmp_path: Path) -> None:
    time = FakeTime(START, timedelta(days=1))
    runs, function = recorder(time)
    await run(function, invoker, tmp_path, time, schedule="0 0 0 31 Feb *")
    assert runs == [] and not time.ended.is_set()


def test_monitoring_needs_a_minute_between_runs() -> None:
    assert is_monitored(Ncrontab.parse("0 * * * * *"), None, START)
    assert not is_monitored(Ncrontab.parse("0 0 0 * * *"), False, START)
    assert not is_monitored(Ncrontab.parse("0,30 0 0 * * *"), True, START)
