"""Where callers come from, and how often they may fail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.http.client_address import client_address, network_of
from shared.adapters.memory.clock import MemoryClock
from shared.services.failed_attempts import MAX_ADDRESSES, FailedAttempts, TooManyFailuresError

NOW = datetime(2025, 8, 5, 17, 42, 58, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "hops", "address"),
    [
        ("203.0.113.7:51234", 1, "203.0.113.7"),
        ("203.0.113.7", 1, "203.0.113.7"),
        ("10.0.0.1, 198.51.100.9:80,203.0.113.7:51234", 1, "203.0.113.7"),
        ("10.0.0.1, 198.51.100.9:80,203.0.113.7:51234", 2, "198.51.100.9"),
        ("203.0.113.7:51234", 2, "203.0.113.7"),
        ("[2001:db8::1]:443", 1, "2001:db8::1"),
        ("2001:DB8:0::1", 1, "2001:db8::1"),
        ("[2001:db8::1]", 1, "2001:db8::1"),
        ("::ffff:203.0.113.7", 1, "203.0.113.7"),
        ("fe80::1%eth0", 1, "fe80::1"),
        ('"[2001:db8::1]:443"', 1, "2001:db8::1"),
        ("203.0.113.7, nonsense", 1, None),
        ("203.0.113.7,", 1, None),
        ("", 1, None),
    ],
)
def test_the_entry_of_the_trusted_hop_counts(header: str, hops: int, address: str | None) -> None:
    assert client_address({"X-Forwarded-For": header}, hops) == address
    assert client_address({"x-forwarded-for": header}, hops) == address


def test_without_the_header_nothing_is_known() -> None:
    assert client_address({"X-Real-IP": "203.0.113.7", "Client-IP": "203.0.113.7"}, 1) is None
    assert network_of(None) == "unknown"


def test_an_ipv6_customer_is_one_network() -> None:
    assert network_of("2001:db8:1:2:3::4") == network_of("2001:db8:1:2:ffff::1") == "2001:db8:1:2::/64"
    assert network_of("2001:db8:1:3::4") != network_of("2001:db8:1:2::4")
    assert network_of("203.0.113.7") == "203.0.113.7"


@given(st.text(max_size=200), st.integers(1, 10))
def test_any_header_is_bearable(header: str, hops: int) -> None:
    network_of(client_address({"X-Forwarded-For": header}, hops))


class TestFailures:
    def test_the_limit_is_an_hour_s(self) -> None:
        clock = MemoryClock(NOW)
        failures = FailedAttempts(3, clock)
        for _ in range(3):
            failures.admit("203.0.113.7", "Bearer wrong")
            failures.failed("203.0.113.7")
        with pytest.raises(TooManyFailuresError) as refused:
            failures.admit("203.0.113.7", "Bearer other")
        assert (refused.value.limit, refused.value.retry_after) == (3, 1022)
        failures.admit("203.0.113.8", "Bearer other")
        clock.set(datetime(2025, 8, 5, 18, 0, tzinfo=UTC))
        failures.admit("203.0.113.7", "Bearer other")

    def test_good_neighbours_go_on_working(self) -> None:
        failures = FailedAttempts(1, MemoryClock(NOW))
        failures.succeeded("Bearer good")
        failures.failed("203.0.113.7")
        failures.admit("203.0.113.7", "Bearer good")
        for other in ("Bearer goo", "bearer good", None, "\ud800"):
            with pytest.raises(TooManyFailuresError):
                failures.admit("203.0.113.7", other)

    def test_good_ones_of_an_hour_ago_are_forgotten(self) -> None:
        clock = MemoryClock(NOW)
        failures = FailedAttempts(1, clock)
        failures.succeeded("Bearer good")
        clock.advance(timedelta(hours=1))
        failures.failed("203.0.113.7")
        with pytest.raises(TooManyFailuresError):
            failures.admit("203.0.113.7", "Bearer good")

    def test_memory_is_bounded(self) -> None:
        failures = FailedAttempts(1, MemoryClock(NOW))
        for number in range(MAX_ADDRESSES + 10):
            failures.failed(str(number))
        failures.admit("0", None)  # forgotten: the oldest
        with pytest.raises(TooManyFailuresError):
            failures.admit(str(MAX_ADDRESSES), None)
