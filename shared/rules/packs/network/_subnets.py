"""Which subnets a rule about subnets speaks of, by the names that Azure reserves for its own services."""

from __future__ import annotations

from typing import Final

from shared.rules.columns import entries_at, text_at
from shared.rules.expectations import MET, NOT_APPLICABLE, Columns, Expectation, Verdict

GATEWAY: Final = "gatewaysubnet"
FIREWALL: Final = "azurefirewallsubnet"

PLATFORM: Final = frozenset(
    {GATEWAY, FIREWALL, "azurefirewallmanagementsubnet", "azurebastionsubnet", "routeserversubnet"}
)
"""Reserved names (lower-cased) of subnets that hold no machines of the user: Microsoft Learn, "Virtual
network FAQ" and the pages of the services."""


def _name(columns: Columns) -> str:
    return (text_at(columns, "name") or "").lower()


is_gateway = Expectation(("name",), lambda columns: MET if _name(columns) == GATEWAY else NOT_APPLICABLE)
"""The subnet of VPN and ExpressRoute gateways."""

is_not_platform = Expectation(
    ("name",), lambda columns: NOT_APPLICABLE if _name(columns) in PLATFORM else MET
)
"""A subnet for the user's own resources."""


def _takes_machines(columns: Columns) -> Verdict:
    delegated = bool(entries_at(columns, "properties.delegations"))
    return NOT_APPLICABLE if delegated or _name(columns) in PLATFORM else MET


takes_machines = Expectation(("name", "properties.delegations"), _takes_machines)
"""A subnet for the user's own machines: neither a platform's, nor delegated to a service."""
