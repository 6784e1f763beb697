"""Quotas on a simulated clock: never too many sends, nobody waits for ever."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.azure.quota import SubscriptionQuotas, TokenBucket, WindowQuota

REMAINING = "x-ms-user-quota-remaining"
RESETS = "x-ms-user-quota-resets-after"


class SimulatedTime:
    """A clock that jumps to the next waiter's time when everybody waits."""

    def __init__(self, start: float = 1000.0) -> None:
        self.now = start
        self._waiting: list[tuple[float, int, asyncio.Event]] = []
        self._count = 0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        event = asyncio.Event()
        self._count += 1
        self._waiting.append((self.now + seconds, self._count, event))
        await event.wait()

    async def run(self, *jobs: Awaitable[None]) -> None:
        tasks = [asyncio.ensure_future(job) for job in jobs]
        try:
            while not all(task.done() for task in tasks):
                for _ in range(20):
                    await asyncio.sleep(0)
                if self._waiting and not all(task.done() for task in tasks):
                    self._waiting.sort()
                    at, _, event = self._waiting.pop(0)
                    self.now = max(self.now, at)
                    event.set()
                elif not all(task.done() for task in tasks):
                    for _ in range(50):
                        await asyncio.sleep(0)
                    assert self._waiting or all(task.done() for task in tasks), "everybody waits for ever"
            for task in tasks:
                task.result()
        finally:
            for task in tasks:
                task.cancel()


def most_in_any_span(times: list[float], span: float) -> int:
    ordered = sorted(times)
    return max(sum(1 for each in ordered if start <= each < start + span - 1e-9) for start in ordered)


class Service:
    """Resource Graph's fixed windows, beginning anywhere, with headers in whole seconds."""

    def __init__(self, time: SimulatedTime, limit: int, window: float, round_up: bool) -> None:
        self.time, self.limit, self.window, self.round_up = time, limit, window, round_up
        self.opened, self.left = float("-inf"), limit
        self.refused = 0

    def answer(self) -> tuple[int, dict[str, str]]:
        if self.time.now >= self.opened + self.window:
            self.opened, self.left = self.time.now, self.limit
        seconds = self.opened + self.window - self.time.now
        whole = int(seconds) + (1 if self.round_up and seconds % 1 else 0)
        headers = {REMAINING: str(max(0, self.left - 1)), RESETS: f"00:00:{whole:02d}"}
        if self.left == 0:
            self.refused += 1
            return 429, {**headers, "Retry-After": str(max(1, whole))}
        self.left -= 1
        return 200, headers


@settings(max_examples=60, deadline=None)
@given(
    limit=st.integers(1, 20),
    window=st.floats(0.5, 10.0),
    callers=st.integers(1, 8),
    each=st.integers(1, 12),
    think=st.floats(0.0, 2.0),
    start=st.floats(0.0, 1e6),
)
def test_no_span_of_a_window_has_more_sends_than_the_limit(
    limit: int, window: float, callers: int, each: int, think: float, start: float
) -> None:
    async def scenario() -> None:
        time = SimulatedTime(start)
        quota = WindowQuota(limit, window, clock=time, sleep=time.sleep)
        sent: list[float] = []

        async def caller() -> None:
            for _ in range(each):
                await quota.acquire()
                sent.append(time.now)
                quota.settle(200, {})
                await time.sleep(think)

        await time.run(*(caller() for _ in range(callers)))
        assert len(sent) == callers * each
        assert most_in_any_span(sent, window) <= limit
        # Nobody waits longer than the limit makes them: full windows, or one caller's own pauses.
        assert sent[-1] - start <= window * ((len(sent) - 1) // limit) + think * each * callers + 1e-3

    asyncio.run(scenario())


@settings(max_examples=60, deadline=None)
@given(
    real_limit=st.integers(1, 15),
    others=st.integers(0, 3),
    latency=st.floats(0.0, 1.5),
    callers=st.integers(1, 6),
    round_up=st.booleans(),
)
def test_a_service_that_grants_less_is_obeyed_and_everybody_gets_through(
    real_limit: int, others: int, latency: float, callers: int, round_up: bool
) -> None:
    async def scenario() -> None:
        time = SimulatedTime()
        service = Service(time, real_limit, 5.0, round_up)
        quota = WindowQuota(15, 5.0, clock=time, sleep=time.sleep)
        served = 0

        async def caller() -> None:
            nonlocal served
            for _ in range(6):
                status = 429
                while status == 429:
                    await quota.acquire()
                    await time.sleep(latency)
                    status, headers = service.answer()
                    quota.settle(status, headers)
                served += 1

        async def stranger() -> None:
            for _ in range(4):
                service.answer()
                await time.sleep(3.0)

        await time.run(*(caller() for _ in range(callers)), *(stranger() for _ in range(others)))
        assert served == callers * 6
        # A window that has just begun grants an unknown number: at most every caller once is refused in it.
        elapsed = time.now - 1000.0
        assert service.refused <= (callers + others) * (elapsed / 5.0 + 1)
        windows = -(-(served + 4 * others) // real_limit) + 1
        assert elapsed <= windows * (5.0 + 2.0 + 2 * latency)

    asyncio.run(scenario())


async def test_the_headers_stop_sends_until_the_reset() -> None:
    time = SimulatedTime()
    quota = WindowQuota(15, 5.0, clock=time, sleep=time.sleep)
    sent: list[float] = []

    async def caller() -> None:
        await quota.acquire()
        quota.settle(200, {REMAINING: "2", RESETS: "00:00:04"})
        for _ in range(3):
            await quota.acquire()
            sent.append(time.now)
            quota.settle(200, {})

    await time.run(caller())
    assert sent == [1000.0, 1000.0, 1004.0]


async def test_an_overtaken_answer_does_not_give_quota_back() -> None:
    time = SimulatedTime()
    quota = WindowQuota(15, 5.0, clock=time, sleep=time.sleep)
    sent: list[float] = []

    async def caller() -> None:
        await quota.acquire()
        await quota.acquire()
        quota.settle(200, {REMAINING: "0", RESETS: "00:00:03"})
        quota.settle(200, {REMAINING: "1", RESETS: "00:00:03"})
        await quota.acquire()
        sent.append(time.now)

    await time.run(caller())
    assert sent == [1003.0]


async def test_requests_on_their_way_are_taken_from_what_is_left() -> None:
    time = SimulatedTime()
    quota = WindowQuota(15, 5.0, clock=time, sleep=time.sleep)
    sent: list[float] = []

    async def caller() -> None:
        for _ in range(3):
            await quota.acquire()
        quota.settle(200, {REMAINING: "3", RESETS: "00:00:04"})
        for _ in range(2):
            await quota.acquire()
            sent.append(time.now)

    await time.run(caller())
    assert sent == [1000.0, 1004.0]


async def test_a_429_makes_every_caller_wait() -> None:
    time = SimulatedTime()
    quota = WindowQuota(15, 5.0, clock=time, sleep=time.sleep)
    sent: list[float] = []

    async def refused() -> None:
        await quota.acquire()
        quota.settle(429, {"Retry-After": "7"})

    async def other() -> None:
        await time.sleep(0.5)
        await quota.acquire()
        sent.append(time.now)

    await time.run(refused(), other())
    assert sent == [1007.0]


@pytest.mark.parametrize("header", ["", "soon", "99999999999999999999", "-1:00:00", "00:00"])
async def test_a_malformed_header_changes_nothing(header: str) -> None:
    time = SimulatedTime()
    quota = WindowQuota(2, 5.0, clock=time, sleep=time.sleep)
    await quota.acquire()
    quota.settle(200, {REMAINING: "0", RESETS: header})
    await asyncio.wait_for(quota.acquire(), 1)
    assert time.now == 1000.0


async def test_an_absurd_reset_is_capped() -> None:
    time = SimulatedTime()
    quota = WindowQuota(15, 5.0, clock=time, sleep=time.sleep)

    async def caller() -> None:
        await quota.acquire()
        quota.settle(200, {REMAINING: "0", RESETS: "23:59:59"})
        await quota.acquire()

    await time.run(caller())
    assert time.now == 1060.0


async def test_a_caller_that_gives_up_does_not_hold_the_turn() -> None:
    time = SimulatedTime()
    quota = WindowQuota(1, 5.0, clock=time, sleep=time.sleep)
    await quota.acquire()
    waiting = asyncio.ensure_future(quota.acquire())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await time.run(quota.acquire())
    assert time.now == 1005.0


@settings(max_examples=60, deadline=None)
@given(
    rate=st.floats(0.5, 50.0),
    burst=st.integers(1, 50),
    pauses=st.lists(st.floats(0.0, 3.0), max_size=80),
    start=st.floats(0.0, 1e6),
)
def test_a_bucket_never_gives_more_than_burst_and_rate(
    rate: float, burst: int, pauses: list[float], start: float
) -> None:
    async def scenario() -> None:
        time = SimulatedTime(start)
        bucket = TokenBucket(rate, burst, clock=time, sleep=time.sleep)
        sent: list[float] = []

        async def caller() -> None:
            for pause in pauses:
                await bucket.acquire()
                sent.append(time.now)
                await time.sleep(pause)

        await time.run(caller())
        for first in range(len(sent)):
            for last in range(first, len(sent)):
                assert last - first + 1 <= burst + rate * (sent[last] - sent[first]) + 1e-3
        assert time.now - start <= sum(pauses) + len(pauses) / rate + 1e-3

    asyncio.run(scenario())


async def test_an_idle_bucket_holds_no_more_than_its_burst() -> None:
    time = SimulatedTime()
    bucket = TokenBucket(2.0, 3, clock=time, sleep=time.sleep)
    time.now += 3600.0
    sent: list[float] = []

    async def caller() -> None:
        for _ in range(5):
            await bucket.acquire()
            sent.append(time.now - 4600.0)

    await time.run(caller())
    assert sent == pytest.approx([0.0, 0.0, 0.0, 0.5, 1.0])


async def test_a_bucket_waits_as_long_as_a_429_says() -> None:
    time = SimulatedTime()
    bucket = TokenBucket(clock=time, sleep=time.sleep)

    async def caller() -> None:
        await bucket.acquire()
        bucket.settle(429, {"Retry-After": "9"})
        await bucket.acquire()

    await time.run(caller())
    assert time.now == 1009.0


async def test_each_subscription_has_its_own_bucket() -> None:
    time = SimulatedTime()
    quotas = SubscriptionQuotas(1.0, 1, clock=time, sleep=time.sleep)
    callers: list[Callable[[], Awaitable[None]]] = [quotas.of("A").acquire, quotas.of("B").acquire]
    for acquire in callers:
        await asyncio.wait_for(acquire(), 1)
    assert quotas.of("a") is quotas.of("A")
    await time.run(quotas.of("A").acquire())
    assert time.now == 1001.0


@pytest.mark.parametrize(("limit", "window"), [(0, 5.0), (1, 0.0), (-1, 1.0)])
def test_an_impossible_window_is_refused(limit: int, window: float) -> None:
    with pytest.raises(ValueError, match="limit"):
        WindowQuota(limit, window)
