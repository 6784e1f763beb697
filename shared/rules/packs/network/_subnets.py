"""Which subnets a rule about subnets speaks of, by the names that Azure reserves for its own services."""

from __future__ import annotations

from typing import Final

from shared.rules.base import RuleStatus
from shared.rules.columns import entries_at, text_at
from shared.rules.expectations import MET, Columns, Expectation, Verdict

GATEWAY: Final = "gatewaysubnet"
FIREWALL: Final = "azurefirewallsubnet"

PLATFORM: Final = frozenset(
    {GATEWAY, FIREWALL, "azurefirewallmanagementsubnet", "azurebastionsubnet", "routeserversubnet"}
)
"""Reserved names (lower-cased) of subnets that hold no machines of the user: Microsoft Learn, "Virtual
network FAQ" and the pages of the services."""

_ANOTHER: Final = Verdict(RuleStatus.NOT_APPLICABLE)


def _name(columns: Columns) -> str:
    return (text_at(columns, "name") or "").lower()


is_gateway = Expectation(("name",), lambda columns: MET if _name(columns) == GATEWAY else _ANOTHER)
"""The subnet of VPN and ExpressRoute gateways."""

is_not_platform = Expectation(("name",), lambda columns: _ANOTHER if _name(columns) in PLATFORM else MET)
"""A subnet for the user's own resources."""


def _takes_machines(columns: Columns) -> Verdict:
    delegated = bool(entries_at(columns, "properties.delegations"))
    return _ANOTHER if delegated or _name(columns) in PLATFORM else MET


takes_machines = Expectation(("name", "properties.delegations"), _takes_machines)
"""A subnet for the user's own machines: neither a platform's, nor delegated to a service."""
