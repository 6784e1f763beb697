"""The network columns of a resource: what one subscription's join needs, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from shared.domain.resource import Resource, UnreadableResourceError
from shared.exposure.interfaces import project_interface, project_route_table, project_virtual_network
from shared.exposure.load_balancer import project_load_balancer
from shared.exposure.nsg import project_nsg
from shared.exposure.public_ip import project_public_ip

NSG_TYPE: Final = "microsoft.network/networksecuritygroups"
INTERFACE_TYPE: Final = "microsoft.network/networkinterfaces"

_PROJECTIONS: Final[Mapping[str, Callable[[Resource], dict[str, Any]]]] = {
    NSG_TYPE: project_nsg,
    INTERFACE_TYPE: project_interface,
    "microsoft.network/publicipaddresses": project_public_ip,
    "microsoft.network/virtualnetworks": project_virtual_network,
    "microsoft.network/routetables": project_route_table,
    "microsoft.network/loadbalancers": project_load_balancer,
}

NETWORK_TYPES: Final[tuple[str, ...]] = tuple(_PROJECTIONS)
"""ARM types, lower-cased, that the join of a subscription is made of."""

UNEVALUATED_ENTRY_TYPES: Final[Mapping[str, str]] = {
    "microsoft.network/applicationgateways": "Application gateway listeners are not evaluated yet.",
    "microsoft.network/azurefirewalls": "Destination NAT rules of Azure Firewall are not evaluated yet.",
    "microsoft.compute/virtualmachinescalesets": "Interfaces of scale set instances are not evaluated yet.",
    "microsoft.containerinstance/containergroups": "Addresses of container groups are not evaluated yet.",
    "microsoft.network/virtualnetworkgateways": "Public endpoints of gateways are not evaluated yet.",
    "microsoft.network/bastionhosts": "Public endpoints of Bastion hosts are not evaluated yet.",
    "microsoft.network/networkmanagers": (
        "Security admin rules are evaluated only where the effective rules of a virtual network were read."
    ),
}
"""Types that hold public entry points, or decide on them, which this build does not evaluate; and why."""


def project(resource: Resource) -> dict[str, Any]:
    """The compact, JSON-able network columns of one resource of `NETWORK_TYPES`.

    Raises:
        UnreadableResourceError: a field is not as ARM documents it (the reason names it), or the type is
            not one of `NETWORK_TYPES`.
    """
    columns = _PROJECTIONS.get(resource.type)
    if columns is None:
        raise UnreadableResourceError("not a type of the network join", resource.id, resource.type)
    return columns(resource)
