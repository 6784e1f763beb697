"""Who may reach the public API server of a cluster.

`authorizedIPRanges` are IPv4 addresses or ranges; without any, everybody may:
https://learn.microsoft.com/azure/aks/api-server-authorized-ip-ranges
"""

from __future__ import annotations

from ipaddress import IPv4Network, collapse_addresses
from typing import Final

from shared.rules.columns import ColumnError, value_at
from shared.rules.expectations import MET, Columns, Expectation, Verdict, unmet

_RANGES: Final = "properties.apiServerAccessProfile.authorizedIPRanges"
_HALF: Final = 2**31
"""Addresses in half of the IPv4 space: more is no narrowing."""


def _judge(columns: Columns) -> Verdict:
    listed = value_at(columns, _RANGES)
    if listed is None:
        return unmet(f"{_RANGES} is empty")
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise ColumnError(f"{_RANGES}: not a list of text")
    if not listed:
        return unmet(f"{_RANGES} is empty")
    if sum(one.num_addresses for one in collapse_addresses(map(_range, listed))) >= _HALF:
        return unmet(f"{_RANGES} hold at least half of the internet: {', '.join(listed[:5])}")
    return MET


def _range(text: str) -> IPv4Network:
    try:
        return IPv4Network(text, strict=False)
    except ValueError as error:
        raise ColumnError(f"{_RANGES}: {text[:60]!r} is no IPv4 address or range") from error


limited_to_ranges: Final = Expectation((_RANGES,), _judge)
"""There are authorized ranges, and together they are less than half of the internet."""
