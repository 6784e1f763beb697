"""The network columns of a resource: what one subscription's join needs, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from shared.domain.resource import Resource, UnreadableResourceError
from shared.exposure.firewall_rules import (
    project_firewall,
    project_firewall_policy,
    project_ip_group,
    project_rule_collection_group,
)
from shared.exposure.gateway import project_application_gateway, project_bastion
from shared.exposure.interfaces import project_interface, project_route_table, project_virtual_network
from shared.exposure.load_balancer import project_load_balancer
from shared.exposure.machine import project_machine
from shared.exposure.nsg import project_nsg
from shared.exposure.platform_services import (
    project_key_vault,
    project_managed_cluster,
    project_sql_server,
    project_storage_account,
)
from shared.exposure.public_ip import project_public_ip
from shared.exposure.scale_set import project_scale_set
from shared.exposure.web_app import project_web_app

NSG_TYPE: Final = "microsoft.network/networksecuritygroups"
INTERFACE_TYPE: Final = "microsoft.network/networkinterfaces"

_PROJECTIONS: Final[Mapping[str, Callable[[Resource], dict[str, Any]]]] = {
    NSG_TYPE: project_nsg,
    INTERFACE_TYPE: project_interface,
    "microsoft.network/publicipaddresses": project_public_ip,
    "microsoft.network/virtualnetworks": project_virtual_network,
    "microsoft.network/routetables": project_route_table,
    "microsoft.network/loadbalancers": project_load_balancer,
    "microsoft.network/azurefirewalls": project_firewall,
    "microsoft.network/firewallpolicies": project_firewall_policy,
    "microsoft.network/firewallpolicies/rulecollectiongroups": project_rule_collection_group,
    "microsoft.network/ipgroups": project_ip_group,
    "microsoft.network/applicationgateways": project_application_gateway,
    "microsoft.network/bastionhosts": project_bastion,
    "microsoft.compute/virtualmachines": project_machine,
    "microsoft.compute/virtualmachinescalesets": project_scale_set,
    "microsoft.storage/storageaccounts": project_storage_account,
    "microsoft.keyvault/vaults": project_key_vault,
    "microsoft.containerservice/managedclusters": project_managed_cluster,
    "microsoft.sql/servers": project_sql_server,
    "microsoft.web/sites": project_web_app,
    "microsoft.web/sites/slots": project_web_app,
}

NETWORK_TYPES: Final[tuple[str, ...]] = tuple(_PROJECTIONS)
"""ARM types, lower-cased, that the join of a subscription is made of."""

PLATFORM_TYPES: Final = frozenset(
    {
        "microsoft.storage/storageaccounts",
        "microsoft.keyvault/vaults",
        "microsoft.containerservice/managedclusters",
        "microsoft.sql/servers",
        "microsoft.web/sites",
        "microsoft.web/sites/slots",
    }
)
"""Those of them that are dialled at an address of the platform, by their own rules and on no path."""

UNEVALUATED_ENTRY_TYPES: Final[Mapping[str, str]] = {
    "microsoft.containerinstance/containergroups": "Addresses of container groups are not evaluated yet.",
    "microsoft.network/virtualnetworkgateways": (
        "Public endpoints of virtual network gateways are not evaluated yet; they let nobody in to a machine."
    ),
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
