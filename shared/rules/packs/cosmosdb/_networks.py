"""Which networks a Cosmos DB account admits.

Without rules and without the virtual network filter it admits all, as built-in policy
862e97cf-49fc-4a5c-9de4-40d4e2e7c8eb judges it; `ipRangeFilter` is what older API versions have for `ipRules`:
https://learn.microsoft.com/azure/cosmos-db/how-to-configure-firewall
"""

from __future__ import annotations

from typing import Final

from shared.rules.columns import entries_at, text_at
from shared.rules.expectations import (
    MET,
    Columns,
    Expectation,
    Verdict,
    all_of,
    any_of,
    is_one_of,
    is_true,
    unmet,
)

_RULES: Final = "properties.ipRules"
_OLD_RULES: Final = "properties.ipRangeFilter"


def _addresses(columns: Columns) -> list[str]:
    listed = [text_at(one, "ipAddressOrRange") or "" for one in entries_at(columns, _RULES)]
    listed += (text_at(columns, _OLD_RULES) or "").split(",")
    return [one.strip() for one in listed if one.strip()]


def _has_rules(columns: Columns) -> Verdict:
    return MET if _addresses(columns) else unmet("no address rules")


def _admits_not_all(columns: Columns) -> Verdict:
    wide = [one for one in _addresses(columns) if one.endswith("/0")]
    return unmet(f"address rule {wide[0]} admits everybody") if wide else MET


_PATHS: Final = (f"{_RULES}[*].ipAddressOrRange", _OLD_RULES)

limited_to_networks: Final = any_of(
    is_one_of("properties.publicNetworkAccess", "Disabled", "SecuredByPerimeter", absent="Enabled"),
    all_of(
        any_of(
            is_true("properties.isVirtualNetworkFilterEnabled", absent=False),
            Expectation(_PATHS, _has_rules),
        ),
        Expectation(_PATHS, _admits_not_all),
    ),
)
"""Public access is off, or a virtual network filter or address rules narrow it."""
