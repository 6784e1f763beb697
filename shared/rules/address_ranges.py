"""Expectations of address ranges that a database firewall admits: a first and a last IPv4 address.

A range from 0.0.0.0 to 0.0.0.0 stands for every address of Azure, those of other customers too:
https://learn.microsoft.com/azure/azure-sql/database/firewall-configure
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address
from typing import Final

from shared.rules.columns import ColumnError, text_at
from shared.rules.expectations import MET, Columns, Expectation, Verdict, unmet

_FIRST: Final = "properties.startIpAddress"
_LAST: Final = "properties.endIpAddress"
_NULL: Final = IPv4Address(0)
_HALF: Final = 2**31
"""Addresses in half of the IPv4 space: who admits everything in two rules is found by each of them."""


def _range(fits: Callable[[IPv4Address, IPv4Address], bool], otherwise: str) -> Expectation:
    def judge(columns: Columns) -> Verdict:
        first, last = _address(columns, _FIRST), _address(columns, _LAST)
        return MET if fits(first, last) else unmet(f"{first} to {last} {otherwise}")

    return Expectation((_FIRST, _LAST), judge)


def _address(columns: Columns, path: str) -> IPv4Address:
    value = text_at(columns, path)
    if value is None:
        raise ColumnError(f"{path}: missing")
    try:
        return IPv4Address(value)
    except ValueError as error:
        raise ColumnError(f"{path}: {value[:60]!r} is not an IPv4 address") from error


admits_azure: Final = _range(
    lambda first, last: first == last == _NULL, "is not the range that stands for Azure services"
)
"""The range that stands for every Azure service."""

admits_internet: Final = _range(
    lambda first, last: (first == _NULL and last != _NULL) or int(last) - int(first) + 1 >= _HALF,
    "is less than half of the internet",
)
"""A range that begins at 0.0.0.0 and goes on, or that holds at least half of all addresses."""
