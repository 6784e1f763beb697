"""Lease arithmetic, and quotas of several processes over one store: crashes, lost answers, two clocks."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.memory.clock import MemoryClock
from shared.adapters.memory.identity import MemoryQuotaStore
from shared.domain.errors import UnavailableError
from shared.domain.page import Versioned
from shared.domain.principal import Principal, Role, Tier
from shared.domain.quota import Window, charge, hour_of, largest_block, lease, reset_of
from shared.ports.errors import StorageUnavailableError, VersionConflictError, WriteUncertainError
from shared.services.rate_limits import AWAY_SECONDS, Quota, RateLimits

START = datetime(2023, 8, 5, 15, 0, tzinfo=UTC)
HOUR = hour_of(START)
CALLER = Principal("key-1", "One", Role.VIEWER, Tier.STANDARD)
LIMITS = st.sampled_from([1, 2, 7, 39, 40, 41, 1000, 10_000])


def test_the_seed_s_reset_is_the_end_of_its_hour() -> None:
    assert reset_of(HOUR) == 1691251200  # the example of the contract, 2023-08-05T16:00:00Z
    assert hour_of(START + timedelta(seconds=3599)) == HOUR
    assert hour_of(START + timedelta(seconds=3600)) == HOUR + 1


def test_tiers_are_those_of_the_contract() -> None:
    assert [tier.hourly_limit for tier in Tier] == [1_000, 10_000, 100_000]


@given(LIMITS, st.integers(0, 12_000), st.integers(1, 2_000))
def test_a_lease_never_exceeds_what_is_left(limit: int, leased: int, wanted: int) -> None:
    asked = lease(Window(HOUR, leased), HOUR, limit, wanted)
    left = max(0, limit - leased)
    assert 0 <= asked.granted <= min(left, wanted, largest_block(limit))
    assert (asked.granted == 0) is (left == 0)
    assert asked.window.leased == leased + asked.granted


@given(LIMITS, st.integers(1, 2_000))
def test_the_whole_budget_can_be_leased_in_few_writes(limit: int, wanted: int) -> None:
    window, writes = Window(HOUR, 0), 0
    while (asked := lease(window, HOUR, limit, wanted)).granted:
        window, writes = asked.window, writes + 1
    assert window.leased == limit
    block = min(wanted, largest_block(limit))
    assert writes <= limit / block + 8 * (1 + block.bit_length())


@given(LIMITS, st.integers(0, 1_000))
def test_blocks_shrink_as_the_budget_runs_out(limit: int, wanted: int) -> None:
    window, last = Window(HOUR, 0), limit
    while (asked := lease(window, HOUR, limit, wanted + 1)).granted:
        assert asked.granted <= last
        window, last = asked.window, asked.granted
    assert last == 1


def test_an_older_clock_uses_the_newer_window() -> None:
    assert lease(Window(HOUR + 1, 10), HOUR, 1000, 5).window == Window(HOUR + 1, 15)
    assert lease(Window(HOUR - 1, 1000), HOUR, 1000, 5).window == Window(HOUR, 5)


@given(LIMITS, st.integers(0, 12_000), st.integers(0, 500))
def test_a_charge_never_gives_anything_back(limit: int, leased: int, used: int) -> None:
    window = charge(Window(HOUR, leased), HOUR, limit, used)
    assert leased <= window.leased <= max(limit, leased)


@dataclass
class Host:
    """A process by its arithmetic alone."""

    hour: int
    held: int = 0
    refusing: bool = False


EVENTS = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from(["call"] * 12 + ["crash", "lost"]), st.integers(1, 30)),
    min_size=20,
    max_size=80,
)


@settings(max_examples=100)
@given(st.sampled_from([5, 40, 60, 130, 200]), EVENTS)
def test_no_interleaving_lets_more_through_than_the_limit(
    limit: int, events: list[tuple[int, str, int]]
) -> None:
    """Five processes; `lost` is a lease that was written and whose answer did not arrive."""
    hosts, stored, through = [Host(HOUR) for _ in range(5)], None, 0
    for number, event, burst in events:
        host = hosts[number]
        if event == "crash":
            hosts[number] = Host(HOUR)
            continue
        for _ in range(burst):
            if not host.held:
                asked = lease(stored, HOUR, limit, burst)
                if not asked.granted:
                    host.refusing = True
                    break
                stored = asked.window
                if event == "lost":
                    break
                host.held = asked.granted
            host.held -= 1
            through += 1
        idle = sum(other.held for other in hosts)
        assert through + idle <= limit
        if host.refusing:
            assert all(other.held <= largest_block(limit) for other in hosts)


class SlowStore(MemoryQuotaStore):
    """Answers at random moments; now and then writes and says that it does not know, or does not answer."""

    def __init__(
        self,
        rng: random.Random,
        trouble: float,
        kind: type[StorageUnavailableError] = StorageUnavailableError,
    ) -> None:
        super().__init__()
        self._kind = kind
        self._rng = rng
        self._trouble = trouble
        self.away = False

    async def read(self, principal_id: str) -> Versioned[Window] | None:
        await self._wait()
        return await super().read(principal_id)

    async def write(self, principal_id: str, window: Window, etag: str | None) -> str:
        await self._wait()
        written = await super().write(principal_id, window, etag)
        await self._wait()
        if self._rng.random() < self._trouble:
            raise self._kind("cut off after it was written")
        return written

    async def _wait(self) -> None:
        if self.away:
            raise StorageUnavailableError("away")
        for _ in range(self._rng.randrange(4)):
            await asyncio.sleep(0)


async def no_pause(_seconds: float) -> None:
    await asyncio.sleep(0)


@dataclass
class Fleet:
    """Processes that share a store and a clock."""

    size: int
    seed: int = 0
    trouble: float = 0.0
    kind: type[StorageUnavailableError] = StorageUnavailableError
    clock: MemoryClock = field(default_factory=lambda: MemoryClock(START))

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.store = SlowStore(self.rng, self.trouble, self.kind)
        self.hosts = [self.host() for _ in range(self.size)]

    def host(self) -> RateLimits:
        return RateLimits(self.store, self.clock, sleep=no_pause)

    async def storm(self, calls: int, caller: Principal = CALLER) -> list[Quota]:
        async def one() -> Quota | None:
            await asyncio.sleep(0)
            try:
                return await self.rng.choice(self.hosts).count(caller)
            except UnavailableError:
                return None

        answers = await asyncio.gather(*(one() for _ in range(calls)))
        return [answer for answer in answers if answer is not None]


@pytest.mark.parametrize("seed", range(12))
async def test_two_processes_let_exactly_the_limit_through(seed: int) -> None:
    fleet = Fleet(2, seed)
    through = 0
    while True:
        answers = await fleet.storm(50)
        through += sum(answer.allowed for answer in answers)
        if not all(answer.allowed for answer in answers):
            break
        fleet.clock.advance(fleet.rng.random() * 3)
    # 429 has begun: what is missing is at most one block, held by the other process.
    assert 1000 - largest_block(1000) <= through <= 1000
    for _ in range(40):
        through += sum(answer.allowed for answer in await fleet.storm(25))
    assert through == 1000


@pytest.mark.parametrize("seed", range(12))
async def test_a_connection_that_breaks_is_no_storage_away(seed: int) -> None:
    """Whose write was cut off looks again: nobody is let through uncounted, and nobody hears 503."""
    fleet = Fleet(2, seed, trouble=0.2, kind=WriteUncertainError)
    through = answered = 0
    for _ in range(45):
        answers = await fleet.storm(50)
        answered += len(answers)
        through += sum(answer.allowed for answer in answers)
        fleet.clock.advance(1)
    assert answered == 45 * 50
    # A block whose grant was not heard of is lost.
    assert 500 < through <= 1000
    assert not any(answer.allowed for answer in await fleet.storm(50))


@pytest.mark.parametrize("seed", range(12))
async def test_crashes_and_lost_answers_lose_calls_and_never_double_them(seed: int) -> None:
    fleet = Fleet(4, seed, trouble=0.05)
    through, processes = 0, 4
    for _ in range(80):
        through += sum(answer.allowed for answer in await fleet.storm(40))
        if fleet.rng.random() < 0.3:
            fleet.hosts[fleet.rng.randrange(4)] = fleet.host()
            processes += 1
        fleet.clock.advance(AWAY_SECONDS + 1)  # a process that saw trouble asks again
    # Beyond the limit at most what each process may let through without storage.
    assert through <= 1000 + 10 * processes


async def test_a_process_alone_tells_the_exact_rest_and_writes_seldom() -> None:
    fleet = Fleet(1)
    rest = [await fleet.hosts[0].count(CALLER) for _ in range(1003)]
    assert [quota.remaining for quota in rest] == [*range(999, -1, -1), 0, 0, 0]
    assert [quota.allowed for quota in rest] == [True] * 1000 + [False] * 3
    assert {quota.reset_at for quota in rest} == {1691251200}
    assert fleet.store.writes <= 100


async def test_a_first_call_takes_one_and_a_quiet_caller_never_holds_much() -> None:
    fleet = Fleet(1)
    for _ in range(20):
        await fleet.hosts[0].count(CALLER)
        fleet.clock.advance(90)
    stored = await fleet.store.read(CALLER.id)
    assert stored is not None
    assert stored.value.leased <= 22


async def test_a_new_hour_is_a_new_budget() -> None:
    fleet = Fleet(2)
    while all(answer.allowed for answer in await fleet.storm(60)):
        pass
    fleet.clock.set(START + timedelta(hours=1))
    quota = await fleet.hosts[0].count(CALLER)
    assert (quota.allowed, quota.remaining, quota.reset_at) == (True, 999, 1691251200 + 3600)


async def test_callers_have_budgets_of_their_own() -> None:
    fleet = Fleet(1)
    for _ in range(1001):
        last = await fleet.hosts[0].count(CALLER)
    assert not last.allowed
    other = await fleet.hosts[0].count(Principal("key-2", "Two", None, Tier.PROFESSIONAL))
    assert (other.allowed, other.limit, other.remaining) == (True, 10_000, 9_999)


async def test_a_raised_tier_counts_at_once() -> None:
    fleet = Fleet(1)
    for _ in range(1001):
        await fleet.hosts[0].count(CALLER)
    raised = await fleet.hosts[0].count(Principal("key-1", "One", Role.VIEWER, Tier.PROFESSIONAL))
    assert (raised.allowed, raised.limit, raised.remaining) == (True, 10_000, 8_999)


async def test_a_clock_that_is_behind_opens_no_second_window() -> None:
    fleet = Fleet(1)
    late = RateLimits(fleet.store, MemoryClock(START - timedelta(seconds=5)), sleep=no_pause)
    through = 0
    for _ in range(700):
        through += (await fleet.hosts[0].count(CALLER)).allowed
        through += (await late.count(CALLER)).allowed
    assert through == 1000


class TestWithoutStorage:
    async def test_few_calls_pass_and_are_charged_later(self) -> None:
        fleet = Fleet(1)
        fleet.store.away = True
        passed = [await fleet.hosts[0].count(CALLER) for _ in range(10)]
        assert all(quota.allowed for quota in passed)
        assert [quota.remaining for quota in passed] == list(range(9, -1, -1))
        with pytest.raises(UnavailableError) as refused:
            await fleet.hosts[0].count(CALLER)
        assert refused.value.retry_after == AWAY_SECONDS
        fleet.store.away = False
        with pytest.raises(UnavailableError):
            await fleet.hosts[0].count(CALLER)  # storage is left alone for a while
        fleet.clock.advance(AWAY_SECONDS)
        assert (await fleet.hosts[0].count(CALLER)).remaining == 989
        through = 11
        while (await fleet.hosts[0].count(CALLER)).allowed:
            through += 1
        assert through == 1000

    async def test_a_lease_in_hand_is_spent_first(self) -> None:
        fleet = Fleet(1)
        for _ in range(100):
            await fleet.hosts[0].count(CALLER)
        fleet.store.away = True
        passed = 0
        with pytest.raises(UnavailableError):
            while True:
                passed += (await fleet.hosts[0].count(CALLER)).allowed
        assert 10 <= passed <= 10 + largest_block(1000)

    async def test_a_row_that_is_always_taken_is_no_500(self) -> None:
        class Contested(MemoryQuotaStore):
            async def write(self, principal_id: str, window: Window, etag: str | None) -> str:
                raise VersionConflictError("always another")

        with pytest.raises(UnavailableError):
            await RateLimits(Contested(), MemoryClock(START), sleep=no_pause).count(CALLER)
