"""Address ranges of database firewalls: what they admit, what cannot be told."""

from __future__ import annotations

from typing import Any

import pytest

from shared.rules.address_ranges import admits_azure, admits_internet
from shared.rules.base import RuleStatus
from shared.rules.columns import ColumnError


def columns(first: Any, last: Any) -> dict[str, Any]:
    return {"properties": {"startIpAddress": first, "endIpAddress": last}}


@pytest.mark.parametrize(
    ("first", "last", "azure", "internet"),
    [
        ("0.0.0.0", "0.0.0.0", True, False),
        ("0.0.0.0", "255.255.255.255", False, True),
        ("0.0.0.0", "0.0.0.1", False, True),
        ("0.0.0.1", "255.255.255.254", False, True),
        ("128.0.0.0", "255.255.255.255", False, True),
        ("128.0.0.1", "255.255.255.255", False, False),
        ("203.0.113.7", "203.0.113.7", False, False),
    ],
)
def test_ranges(first: str, last: str, azure: bool, internet: bool) -> None:
    assert (admits_azure.judge(columns(first, last)).status is RuleStatus.PASS) is azure
    assert (admits_internet.judge(columns(first, last)).status is RuleStatus.PASS) is internet


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        (None, "1.2.3.4", "startIpAddress"),
        ("1.2.3.4", "::1", "endIpAddress"),
        ("one", "two", "startIpAddress"),
    ],
)
def test_what_is_no_address_names_the_field(first: Any, last: Any, field: str) -> None:
    with pytest.raises(ColumnError, match=rf"^properties\.{field}: "):
        admits_internet.judge(columns(first, last))
