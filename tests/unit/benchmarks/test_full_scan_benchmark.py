"""What the benchmark of full scans computes by itself."""

from __future__ import annotations

import pytest

from benchmarks.full_scan import quota_seconds


@pytest.mark.parametrize(
    ("reads", "expected"),
    [
        ({}, {"here": 0.0, "in_1_subscriptions": 0.0, "in_10_subscriptions": 0.0}),
        ({"a": 250, "b": 100}, {"here": 0.0, "in_1_subscriptions": 4.0, "in_10_subscriptions": 0.0}),
        ({"a": 2750, "": 2250}, {"here": 100.0, "in_1_subscriptions": 190.0, "in_10_subscriptions": 10.0}),
    ],
)
def test_the_quota_grants_250_reads_at_once_and_25_a_second(
    reads: dict[str, int], expected: dict[str, float]
) -> None:
    assert quota_seconds(reads, (1, 10)) == expected
