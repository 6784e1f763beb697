"""Builders of Microsoft.Network resources in the shape ARM returns them, and the links between them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from random import Random
from typing import Any

from samples.arm import Resource, Scope, etag, guid

NSG = "Microsoft.Network/networkSecurityGroups"
NIC = "Microsoft.Network/networkInterfaces"
PUBLIC_IP = "Microsoft.Network/publicIPAddresses"
VIRTUAL_NETWORK = "Microsoft.Network/virtualNetworks"
ASG = "Microsoft.Network/applicationSecurityGroups"

Spelled = str | tuple[str, ...]
"""How a rule field is written: a string fills the singular field, a tuple the plural one."""


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """One security rule as its author wrote it.

    `admits` marks the rule that the planting means to be blamed; it is never written to the estate.
    """

    name: str
    priority: int
    access: str = "Allow"
    ports: Spelled = "*"
    sources: Spelled = "*"
    destinations: Spelled = "*"
    protocol: str = "Tcp"
    direction: str = "Inbound"
    source_ports: Spelled = "*"
    source_asg: str | None = None
    destination_asg: str | None = None
    admits: bool = False


# The six rules Azure adds to every NSG (Microsoft Learn, "Network security groups", default security rules).
_DEFAULT_RULES = (
    RuleSpec(
        "AllowVnetInBound", 65000, sources="VirtualNetwork", destinations="VirtualNetwork", protocol="*"
    ),
    RuleSpec("AllowAzureLoadBalancerInBound", 65001, sources="AzureLoadBalancer", protocol="*"),
    RuleSpec("DenyAllInBound", 65500, "Deny", protocol="*"),
    RuleSpec(
        "AllowVnetOutBound",
        65000,
        sources="VirtualNetwork",
        destinations="VirtualNetwork",
        protocol="*",
        direction="Outbound",
    ),
    RuleSpec("AllowInternetOutBound", 65001, destinations="Internet", protocol="*", direction="Outbound"),
    RuleSpec("DenyAllOutBound", 65500, "Deny", protocol="*", direction="Outbound"),
)


def _spell(properties: dict[str, Any], singular: str, value: Spelled) -> None:
    """Write one rule field; ARM leaves the unused plural list empty and the unused singular field out."""
    plural = singular + ("es" if singular.endswith("x") else "s")
    if isinstance(value, str):
        properties[singular] = value
        properties[plural] = []
    else:
        properties[plural] = list(value)


def _security_rule(nsg_id: str, spec: RuleSpec, tag: str, collection: str) -> Resource:
    properties: dict[str, Any] = {"provisioningState": "Succeeded", "protocol": spec.protocol}
    _spell(properties, "sourcePortRange", spec.source_ports)
    _spell(properties, "destinationPortRange", spec.ports)
    if spec.source_asg:
        properties["sourceAddressPrefixes"] = []
        properties["sourceApplicationSecurityGroups"] = [{"id": spec.source_asg}]
    else:
        _spell(properties, "sourceAddressPrefix", spec.sources)
    if spec.destination_asg:
        properties["destinationAddressPrefixes"] = []
        properties["destinationApplicationSecurityGroups"] = [{"id": spec.destination_asg}]
    else:
        _spell(properties, "destinationAddressPrefix", spec.destinations)
    properties.update(access=spec.access, priority=spec.priority, direction=spec.direction)
    return {
        "name": spec.name,
        "id": f"{nsg_id}/{collection}/{spec.name}",
        "etag": tag,
        "type": f"{NSG}/{collection}",
        "properties": properties,
    }


def network_security_group(
    scope: Scope, name: str, rules: Iterable[RuleSpec], rng: Random, *, list_defaults: bool = True
) -> Resource:
    """An NSG attached to nothing; `list_defaults=False` omits the default rules, as some answers do."""
    nsg_id = scope.id_of(NSG, name)
    tag = etag(rng)
    properties: dict[str, Any] = {
        "provisioningState": "Succeeded",
        "resourceGuid": guid(rng),
        "securityRules": [_security_rule(nsg_id, spec, tag, "securityRules") for spec in rules],
    }
    if list_defaults:
        properties["defaultSecurityRules"] = [
            _security_rule(nsg_id, spec, tag, "defaultSecurityRules") for spec in _DEFAULT_RULES
        ]
    return scope.resource(NSG, name, properties, etag=tag)


def virtual_network(
    scope: Scope, name: str, prefix: IPv4Network, rng: Random, *, ipv6_prefix: IPv6Network | None = None
) -> Resource:
    """A virtual network without subnets; with `ipv6_prefix` it is dual-stack."""
    prefixes = [str(prefix)] + ([str(ipv6_prefix)] if ipv6_prefix else [])
    properties = {
        "provisioningState": "Succeeded",
        "resourceGuid": guid(rng),
        "addressSpace": {"addressPrefixes": prefixes},
        "subnets": [],
        "virtualNetworkPeerings": [],
        "enableDdosProtection": False,
    }
    return scope.resource(VIRTUAL_NETWORK, name, properties, etag=etag(rng))


def add_subnet(
    network: Resource,
    name: str,
    prefix: IPv4Network,
    *,
    nsg: Resource | None,
    ipv6: IPv6Network | None = None,
) -> Resource:
    """Nest a subnet in `network`, attach `nsg` to it (both directions), and return the subnet."""
    subnet_id = f"{network['id']}/subnets/{name}"
    properties: dict[str, Any] = {
        "provisioningState": "Succeeded",
        "ipConfigurations": [],
        "serviceEndpoints": [],
        "delegations": [],
        "privateEndpointNetworkPolicies": "Disabled",
        "privateLinkServiceNetworkPolicies": "Enabled",
    }
    if ipv6 is None:
        properties["addressPrefix"] = str(prefix)
    else:
        properties["addressPrefixes"] = [str(prefix), str(ipv6)]
    if nsg is not None:
        properties["networkSecurityGroup"] = {"id": nsg["id"]}
        nsg["properties"].setdefault("subnets", []).append({"id": subnet_id})
    subnet: Resource = {
        "name": name,
        "id": subnet_id,
        "etag": network["etag"],
        "type": f"{VIRTUAL_NETWORK}/subnets",
        "properties": properties,
    }
    network["properties"]["subnets"].append(subnet)
    return subnet


def public_ip(scope: Scope, name: str, address: str, rng: Random, *, sku: str = "Standard") -> Resource:
    """A public IP address that nothing uses yet; Standard is always statically allocated."""
    properties: dict[str, Any] = {
        "provisioningState": "Succeeded",
        "resourceGuid": guid(rng),
        "ipAddress": address,
        "publicIPAddressVersion": "IPv6" if ":" in address else "IPv4",
        "publicIPAllocationMethod": "Static" if sku == "Standard" else "Dynamic",
        "idleTimeoutInMinutes": 4,
        "ipTags": [],
    }
    return scope.resource(PUBLIC_IP, name, properties, sku={"name": sku, "tier": "Regional"}, etag=etag(rng))


def application_security_group(scope: Scope, name: str, rng: Random) -> Resource:
    """An application security group; membership is recorded on the NIC's ipConfigurations."""
    return scope.resource(ASG, name, {"provisioningState": "Succeeded", "resourceGuid": guid(rng)})


@dataclass(frozen=True, slots=True)
class Address:
    """One ipConfiguration: a private address and, where given, the public IP in front of it."""

    private: str
    public_ip: Resource | None = None


def network_interface(
    scope: Scope,
    name: str,
    subnet: Resource,
    addresses: Sequence[Address],
    rng: Random,
    *,
    nsg: Resource | None = None,
    asgs: Sequence[str] = (),
) -> Resource:
    """A NIC in `subnet`, with the back-references ARM keeps on subnet, NSG and public IPs."""
    nic_id = scope.id_of(NIC, name)
    tag = etag(rng)
    configurations = []
    for number, address in enumerate(addresses, start=1):
        configuration_id = f"{nic_id}/ipConfigurations/ipconfig{number}"
        properties: dict[str, Any] = {
            "provisioningState": "Succeeded",
            "privateIPAddress": address.private,
            "privateIPAllocationMethod": "Dynamic",
            "privateIPAddressVersion": "IPv6" if ":" in address.private else "IPv4",
            "primary": number == 1,
            "subnet": {"id": subnet["id"]},
        }
        if address.public_ip is not None:
            properties["publicIPAddress"] = {"id": address.public_ip["id"]}
            address.public_ip["properties"]["ipConfiguration"] = {"id": configuration_id}
        if asgs:
            properties["applicationSecurityGroups"] = [{"id": asg} for asg in asgs]
        configurations.append(
            {
                "name": f"ipconfig{number}",
                "id": configuration_id,
                "etag": tag,
                "type": f"{NIC}/ipConfigurations",
                "properties": properties,
            }
        )
        subnet["properties"]["ipConfigurations"].append({"id": configuration_id})
    body: dict[str, Any] = {
        "provisioningState": "Succeeded",
        "resourceGuid": guid(rng),
        "ipConfigurations": configurations,
        "dnsSettings": {"dnsServers": [], "appliedDnsServers": []},
        "enableAcceleratedNetworking": False,
        "enableIPForwarding": False,
        "primary": True,
        "nicType": "Standard",
    }
    if nsg is not None:
        body["networkSecurityGroup"] = {"id": nsg["id"]}
        nsg["properties"].setdefault("networkInterfaces", []).append({"id": nic_id})
    return scope.resource(NIC, name, body, etag=tag)
