"""Network rules (`networkAcls`) of what admits by address: storage accounts, key vaults and others.

https://learn.microsoft.com/azure/storage/common/storage-network-security,
https://learn.microsoft.com/azure/key-vault/general/network-security
"""

from __future__ import annotations

from ipaddress import IPv4Network, collapse_addresses
from typing import Final

from shared.rules.columns import ColumnError, entries_at, text_at
from shared.rules.expectations import MET, Columns, Expectation, Verdict, unmet

_DEFAULT: Final = "properties.networkAcls.defaultAction"
_RULES: Final = "properties.networkAcls.ipRules"
_HALF: Final = 2**31
"""Addresses in half of the IPv4 space: more is no narrowing."""


def _judge(columns: Columns) -> Verdict:
    action = text_at(columns, _DEFAULT)
    if (action or "Allow").lower() != "deny":
        return unmet(f"{_DEFAULT} is {'not set' if action is None else repr(action)}, expected Deny")
    ranges = [_range(text_at(one, "value"), number) for number, one in enumerate(entries_at(columns, _RULES))]
    if sum(one.num_addresses for one in collapse_addresses(ranges)) >= _HALF:
        return unmet(f"{_RULES} admit at least half of the internet")
    return MET


def _range(text: str | None, number: int) -> IPv4Network:
    try:
        return IPv4Network(text or "", strict=False)
    except ValueError as error:
        raise ColumnError(f"{_RULES}[{number}].value: not an IPv4 address or range") from error


denies_by_default: Final = Expectation((_DEFAULT, f"{_RULES}[*].value"), _judge)
"""What no rule names is denied, and the rules do not name half of the internet. Allowed unless set."""
