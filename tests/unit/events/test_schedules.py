"""Schedules: a month over clock changes and downtime, hosts at once, crashes, what is refused (X-12)."""

from __future__ import annotations

import asyncio
import itertools
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.memory.clock import MemoryClock, MemoryTokenSource
from shared.adapters.memory.config_source import FixedConfigSource
from shared.adapters.memory.schedules import MemoryScheduleStore
from shared.domain.errors import ConflictError, InvalidRequestError, NotFoundError
from shared.domain.page import PageRequest
from shared.domain.scan import Scan, ScanRequest, ScanStatus, ScanType
from shared.domain.schedules import BUILT_IN, Cadence, Outcome
from shared.ports.config_source import NotificationTargets
from shared.ports.errors import BrokerUnavailableError
from shared.services.fire_schedules import PATIENCE, FireSchedules
from shared.services.schedules import ScheduleChange, ScheduleDraft, Schedules
from shared.services.start_scan import StartScan
from tests.unit.engine.simulation import Crash, Crashing, Faults, World, known

NETWORK = ScanRequest(scan_type=ScanType.NETWORK, subscriptions=("s1",), environment="default")


class Hosts:
    """One storage, several hosts that look at the schedules, and a clock."""

    def __init__(self, start: datetime) -> None:
        self.world = World(3, Faults(), [], ["s1", "s2"])
        self.clock: MemoryClock = self.world.clock
        self.clock.set(start)
        self.store = MemoryScheduleStore()
        self.config = FixedConfigSource(NotificationTargets(), 60)
        self.service = Schedules(
            self.store,
            self.config,
            self.clock,
            MemoryTokenSource(1),
            StartScan(self.world.calm, known()).check,
        )
        self.host = self.another(lambda port: port)

    def another(self, guard: Any) -> FireSchedules:
        engine = self.world.calm
        return FireSchedules(
            guard(self.store),
            guard(self.world.scans),
            StartScan(engine, known()),
            self.world.inventory,
            self.config,
            self.clock,
        )

    async def make(self, **cadence: Any) -> str:
        draft = ScheduleDraft("test", Cadence(**cadence), NETWORK)
        return (await self.service.create(draft, "tester")).schedule_id

    async def scans(self) -> list[Scan]:
        page = await self.world.scans.page(PageRequest(limit=200))
        return sorted(page.items, key=lambda scan: scan.created_at)

    async def finish_all(self) -> None:
        for scan in await self.world.scans.unfinished():
            found = await self.world.scans.get(scan.scan_id)
            assert found is not None
            ended = {"status": ScanStatus.COMPLETED, "completed_at": self.clock.now()}
            await self.world.scans.replace(scan.model_copy(update=ended), found.etag)

    async def run_until(self, end: datetime, *, down: tuple[datetime, datetime] | None = None) -> None:
        """The timer once a minute; scans end at once."""
        while self.clock.now() < end:
            self.clock.advance(60)
            if down is None or not down[0] <= self.clock.now() < down[1]:
                await self.host.run()
                await self.finish_all()


def local(times: list[datetime], zone: str) -> list[str]:
    return [at.astimezone(ZoneInfo(zone)).strftime("%d %H:%M%z") for at in times]


async def test_a_month_in_berlin_over_the_change_to_summer_time() -> None:
    hosts = Hosts(datetime(2026, 3, 15, tzinfo=UTC))
    await hosts.make(cron="0 30 2 * * *", time_zone="Europe/Berlin")
    await hosts.run_until(datetime(2026, 4, 14, tzinfo=UTC))
    times = [scan.created_at for scan in await hosts.scans()]
    assert len(times) == 30
    shown = local(times, "Europe/Berlin")
    # 02:30 does not exist on the 29th: it fires once, when the clocks move.
    assert "29 03:00+0200" in shown and "28 02:30+0100" in shown and "30 02:30+0200" in shown
    assert sum(one.startswith("29 ") for one in shown) == 1


async def test_a_month_in_new_york_over_the_change_to_winter_time() -> None:
    hosts = Hosts(datetime(2026, 10, 20, 12, tzinfo=UTC))
    await hosts.make(cron="0 30 1 * * *", time_zone="America/New_York")
    await hosts.run_until(datetime(2026, 11, 19, 12, tzinfo=UTC))
    shown = local([scan.created_at for scan in await hosts.scans()], "America/New_York")
    assert len(shown) == 30
    # 01:30 comes twice on 1 November: it fires at its first coming.
    assert [one for one in shown if one.startswith("01 ")] == ["01 01:30-0400"]


async def test_intervals_count_real_time_over_clock_changes() -> None:
    hosts = Hosts(datetime(2026, 3, 28, 12, tzinfo=UTC))
    await hosts.make(interval_minutes=90, time_zone="Europe/Berlin")
    await hosts.run_until(datetime(2026, 3, 29, 12, tzinfo=UTC))
    times = [scan.created_at for scan in await hosts.scans()]
    assert len(times) == 16
    assert {after - before for before, after in itertools.pairwise(times)} == {timedelta(minutes=90)}


async def test_what_was_missed_runs_once() -> None:
    start = datetime(2026, 5, 1, tzinfo=UTC)
    hosts = Hosts(start)
    name = await hosts.make(cron="0 0 * * * *")
    down = (start + timedelta(hours=5, minutes=30), start + timedelta(hours=29, minutes=20))
    await hosts.run_until(start + timedelta(hours=32), down=down)
    hours = [scan.created_at - start for scan in await hosts.scans()]
    assert hours[:5] == [timedelta(hours=hour) for hour in range(1, 6)]
    assert hours[5] == timedelta(hours=29, minutes=20)
    assert hours[6:] == [timedelta(hours=hour) for hour in range(30, 33)]
    last = (await hosts.service.get(name)).last_run
    assert last is not None and last.outcome is Outcome.STARTED


async def test_no_run_while_the_one_before_goes_on() -> None:
    start = datetime(2026, 5, 1, tzinfo=UTC)
    hosts = Hosts(start)
    name = await hosts.make(interval_minutes=10)
    for _ in range(35):
        hosts.clock.advance(60)
        await hosts.host.run()
    assert len(await hosts.scans()) == 1
    stored = await hosts.service.get(name)
    assert stored.last_run is not None and stored.last_run.outcome is Outcome.OVERLAP
    await hosts.finish_all()
    hosts.clock.advance(600)
    await hosts.host.run()
    assert len(await hosts.scans()) == 2


async def test_jitter_spreads_and_stays() -> None:
    start = datetime(2026, 5, 1, tzinfo=UTC)
    hosts = Hosts(start)
    await hosts.make(interval_minutes=60, jitter_seconds=1800)
    await hosts.run_until(start + timedelta(hours=50))
    hour = timedelta(hours=1)
    late = [(scan.created_at - start) % hour for scan in await hosts.scans()]
    assert all(one <= timedelta(minutes=31) for one in late) and len(set(late)) > 10


async def test_many_hosts_start_one_scan() -> None:
    start = datetime(2026, 5, 1, tzinfo=UTC)
    hosts = Hosts(start)
    await hosts.make(interval_minutes=10)
    dice = random.Random(1)
    others = [hosts.another(lambda port: Crashing(port, dice, 0.0)) for _ in range(6)]
    for _ in range(5):
        hosts.clock.advance(600)
        await asyncio.gather(*(host.run() for host in others))
        await hosts.finish_all()
    assert len(await hosts.scans()) == 5


@pytest.mark.parametrize("seed", range(10))
async def test_a_host_that_dies_anywhere_neither_loses_nor_doubles_a_run(seed: int) -> None:
    start = datetime(2026, 5, 1, tzinfo=UTC)
    hosts = Hosts(start)
    await hosts.make(interval_minutes=60)
    dice = random.Random(seed)
    host = hosts.another(lambda port: Crashing(port, dice, 0.2))
    for _ in range(24 * 60):
        hosts.clock.advance(60)
        try:
            await host.run()
        except Crash:
            continue
        await hosts.finish_all()
    due = [scan.created_at.replace(minute=0) for scan in await hosts.scans()]
    assert len(due) == len(set(due)) and len(due) >= 23


async def test_a_broker_that_is_away_puts_a_run_off_and_at_last_fails_it() -> None:
    start = datetime(2026, 5, 1, tzinfo=UTC)
    hosts = Hosts(start)
    name = await hosts.make(interval_minutes=60)

    class Away:
        async def send(self, messages: object) -> None:
            raise BrokerUnavailableError("no answer")

    calm, broker = hosts.world.calm, hosts.world.calm.messenger
    hosts.host = hosts.another(lambda port: port)
    object.__setattr__(hosts.host._start._engine, "messenger", Away())
    hosts.clock.advance(3600)
    with pytest.raises(ExceptionGroup):
        await hosts.host.run()
    # The scan's row is there and the sweeper of scans sends its messages.
    object.__setattr__(calm, "messenger", broker)
    hosts.clock.advance(60)
    await hosts.host.run()
    assert len(await hosts.scans()) == 1
    last = (await hosts.service.get(name)).last_run
    assert last is not None and last.outcome is Outcome.STARTED


async def test_a_management_group_is_asked_for_at_each_run() -> None:
    start = datetime(2026, 5, 1, tzinfo=UTC)
    hosts = Hosts(start)
    hosts.world.inventory.management_groups["mg"] = ["s2", "s1"]
    whole = NETWORK.model_copy(update={"subscriptions": None})
    draft = ScheduleDraft("all", Cadence(interval_minutes=60), whole, "mg")
    name = (await hosts.service.create(draft, "tester")).schedule_id
    await hosts.run_until(start + timedelta(hours=1, minutes=1))
    (scan,) = await hosts.scans()
    assert scan.request.subscriptions == ("s1", "s2") and scan.requested_by == f"schedule:{name}"
    hosts.world.inventory.management_groups.clear()
    await hosts.run_until(start + timedelta(hours=2, minutes=1))
    last = (await hosts.service.get(name)).last_run
    assert last is not None and last.outcome is Outcome.FAILED and "refused" in str(last.message)
    assert timedelta() < PATIENCE


async def test_the_built_in_schedule_follows_the_configuration() -> None:
    start = datetime(2026, 5, 1, tzinfo=UTC)
    hosts = Hosts(start)
    first = (await hosts.service.all())[0]
    assert (first.schedule_id, first.enabled, first.cadence.interval_minutes) == (BUILT_IN, False, 60)
    await hosts.run_until(start + timedelta(hours=3))
    assert await hosts.scans() == []
    on = ScheduleChange(enabled=True, target=(NETWORK, None))
    assert (await hosts.service.change(BUILT_IN, on)).next_due == start + timedelta(hours=4)
    await hosts.run_until(start + timedelta(hours=5))
    assert len(await hosts.scans()) == 2
    hosts.config.interval = 15
    await hosts.run_until(start + timedelta(hours=6, minutes=1))
    assert len(await hosts.scans()) == 6
    with pytest.raises(ConflictError):
        await hosts.service.delete(BUILT_IN)
    with pytest.raises(ConflictError):
        other = ScheduleChange(cadence=lambda one: one.model_copy(update={"interval_minutes": 5}))
        await hosts.service.change(BUILT_IN, other)


@pytest.mark.parametrize(
    ("cadence", "name"),
    [
        ({}, "cron"),
        ({"cron": "0 0 * * * *", "interval_minutes": 5}, "cron"),
        ({"cron": "every day"}, "cron"),
        ({"cron": "0 0 0 30 2 *"}, "cron"),
        ({"cron": "0 0 0 * * *", "time_zone": "Mars/Olympus"}, "time_zone"),
        ({"cron": "0 0 0 * * *", "time_zone": "localtime"}, "time_zone"),
        ({"cron": "0 0 0 * * *", "time_zone": "posixrules"}, "time_zone"),
        ({"cron": "0 0 0 * * *", "time_zone": "right/Europe/Berlin"}, "time_zone"),
        ({"interval_minutes": 5, "time_zone": "../../etc/passwd"}, "time_zone"),
    ],
)
async def test_what_means_nothing_is_refused(cadence: dict[str, Any], name: str) -> None:
    hosts = Hosts(datetime(2026, 5, 1, tzinfo=UTC))
    with pytest.raises(InvalidRequestError) as refused:
        await hosts.make(**cadence)
    assert refused.value.errors[0].field == name
    with pytest.raises(NotFoundError):
        await hosts.service.get("sch-20260501-000000")


ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "UTC",
]


@given(
    zone=st.sampled_from(ZONES),
    minutes=st.integers(min_value=0, max_value=2 * 365 * 24 * 60),
    cron=st.sampled_from(["0 */30 * * * *", "0 15 1,2,3 * * *", "0 0 3 * * Sun", "30 59 23 * * *"]),
)
def test_due_times_rise_and_show_what_the_expression_says(zone: str, minutes: int, cron: str) -> None:
    cadence = Cadence(cron=cron, time_zone=zone)
    after = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    due = cadence.next_after(after, after)
    assert due is not None and due > after
    # A due time is either a time that the expression names, or the moment of a change of clocks.
    wall = due.astimezone(ZoneInfo(zone))
    named = Cadence(cron=cron).next_after(
        wall.replace(tzinfo=UTC) - timedelta(seconds=1), after
    ) == wall.replace(tzinfo=UTC)
    before = (due - timedelta(seconds=1)).astimezone(ZoneInfo(zone))
    assert named or before.utcoffset() != wall.utcoffset()
