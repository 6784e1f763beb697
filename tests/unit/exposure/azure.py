"""ARM-shaped resources of one subscription, small enough to read in a test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shared.domain.resource import Resource, parse_row
from shared.exposure import SubscriptionNetwork, project

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
GROUP = "rg"


def arm_id(kind: str, name: str, *, group: str = GROUP, subscription: str = SUBSCRIPTION) -> str:
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network/{kind}/{name}"


def resource(identity: str, kind: str, properties: Mapping[str, Any], sku: str | None = None) -> Resource:
    row: dict[str, Any] = {
        "id": identity,
        "type": f"Microsoft.Network/{kind}",
        "properties": dict(properties),
    }
    if sku is not None:
        row["sku"] = {"name": sku}
    return parse_row(row)


def rule(name: str = "rule", **fields: Any) -> dict[str, Any]:
    """An inbound Allow of Tcp from anywhere to port 22 at priority 100, but for `fields`."""
    properties: dict[str, Any] = {
        "priority": 100,
        "direction": "Inbound",
        "access": "Allow",
        "protocol": "Tcp",
        "sourcePortRange": "*",
        "sourceAddressPrefix": "*",
        "destinationPortRange": "22",
        "destinationAddressPrefix": "*",
    }
    properties.update(fields)
    return {
        "name": name,
        "properties": {key: value for key, value in properties.items() if value is not None},
    }


def nsg(
    name: str,
    rules: Iterable[Mapping[str, Any]] = (),
    *,
    group: str = GROUP,
    subnets: Iterable[str] = (),
    interfaces: Iterable[str] = (),
) -> Resource:
    properties = {
        "securityRules": list(rules),
        "subnets": [{"id": one} for one in subnets],
        "networkInterfaces": [{"id": one} for one in interfaces],
    }
    return resource(arm_id("networkSecurityGroups", name, group=group), "networkSecurityGroups", properties)


def public_ip(name: str = "pip", address: str = "20.1.2.3", sku: str | None = "Standard") -> Resource:
    return resource(arm_id("publicIPAddresses", name), "publicIPAddresses", {"ipAddress": address}, sku)


def route_table(name: str, prefix: str, hop: str = "VirtualAppliance") -> Resource:
    routes = [{"name": "r", "properties": {"addressPrefix": prefix, "nextHopType": hop}}]
    return resource(arm_id("routeTables", name), "routeTables", {"routes": routes})


def subnet_id(network: str = "vnet", subnet: str = "default") -> str:
    return f"{arm_id('virtualNetworks', network)}/subnets/{subnet}"


def virtual_network(
    name: str = "vnet", *, subnet_nsg: Resource | str | None = None, routes: Resource | None = None
) -> Resource:
    properties: dict[str, Any] = {"addressPrefix": "10.0.0.0/24"}
    if subnet_nsg is not None:
        identity = subnet_nsg if isinstance(subnet_nsg, str) else subnet_nsg.id
        properties["networkSecurityGroup"] = {"id": identity}
    if routes is not None:
        properties["routeTable"] = {"id": routes.id}
    subnet = {"id": subnet_id(name), "name": "default", "properties": properties}
    space = {"addressPrefixes": ["10.0.0.0/16"]}
    return resource(
        arm_id("virtualNetworks", name), "virtualNetworks", {"addressSpace": space, "subnets": [subnet]}
    )


def interface(
    name: str = "nic",
    *,
    address: str = "10.0.0.4",
    public: Resource | str | None = None,
    nic_nsg: Resource | str | None = None,
    asgs: Iterable[str] = (),
    machine: str | None = None,
    network: str | None = "vnet",
    private_endpoint: bool = False,
    pools: Iterable[str] = (),
    nat_rules: Iterable[str] = (),
) -> Resource:
    configuration: dict[str, Any] = {"privateIPAddress": address}
    configuration["loadBalancerBackendAddressPools"] = [{"id": one} for one in pools]
    configuration["loadBalancerInboundNatRules"] = [{"id": one} for one in nat_rules]
    if network is not None:
        configuration["subnet"] = {"id": subnet_id(network)}
    if public is not None:
        configuration["publicIPAddress"] = {"id": public if isinstance(public, str) else public.id}
    configuration["applicationSecurityGroups"] = [{"id": asg} for asg in asgs]
    properties: dict[str, Any] = {
        "ipConfigurations": [
            {
                "id": f"{arm_id('networkInterfaces', name)}/ipConfigurations/one",
                "name": "one",
                "properties": configuration,
            }
        ]
    }
    if nic_nsg is not None:
        identity = nic_nsg if isinstance(nic_nsg, str) else nic_nsg.id
        properties["networkSecurityGroup"] = {"id": identity}
    if machine is not None:
        properties["virtualMachine"] = {"id": machine_id(machine)}
    if private_endpoint:
        properties["privateEndpoint"] = {"id": arm_id("privateEndpoints", "pe")}
    return resource(arm_id("networkInterfaces", name), "networkInterfaces", properties)


def pool_id(pool: str = "pool", balancer: str = "lb") -> str:
    return f"{arm_id('loadBalancers', balancer)}/backendAddressPools/{pool}"


def nat_rule_id(name: str = "nat", balancer: str = "lb") -> str:
    return f"{arm_id('loadBalancers', balancer)}/inboundNatRules/{name}"


def load_balancer(
    public: Resource | None,
    *,
    rules: Iterable[Mapping[str, Any]] = (),
    nat_rules: Iterable[Mapping[str, Any]] = (),
    members: Iterable[str] = (),
    addresses: Iterable[str] = (),
    sku: str = "Standard",
    name: str = "lb",
) -> Resource:
    """A load balancer with one frontend (internal when `public` is None) and one pool."""
    own = arm_id("loadBalancers", name)
    frontend = {"publicIPAddress": {"id": public.id}} if public else {"privateIPAddress": "10.0.0.100"}
    link = {"frontendIPConfiguration": {"id": f"{own}/frontendIPConfigurations/front"}}
    pool = {
        "backendIPConfigurations": [
            {"id": f"{arm_id('networkInterfaces', one)}/ipConfigurations/one"} for one in members
        ],
        "loadBalancerBackendAddresses": [
            {
                "name": one,
                "properties": {"ipAddress": one, "virtualNetwork": {"id": arm_id("virtualNetworks", "vnet")}},
            }
            for one in addresses
        ],
    }
    properties = {
        "frontendIPConfigurations": [{"id": f"{own}/frontendIPConfigurations/front", "properties": frontend}],
        "backendAddressPools": [{"id": pool_id(balancer=name), "properties": pool}],
        "loadBalancingRules": [
            {
                "id": f"{own}/loadBalancingRules/rule{n}",
                "properties": {**link, "backendAddressPool": {"id": pool_id(balancer=name)}, **rule},
            }
            for n, rule in enumerate(rules)
        ],
        "inboundNatRules": [
            {"id": nat_rule_id("nat" if n == 0 else f"nat{n}", name), "properties": {**link, **rule}}
            for n, rule in enumerate(nat_rules)
        ],
        "outboundRules": [{"id": f"{own}/outboundRules/out", "properties": {"protocol": "All"}}],
    }
    return resource(own, "loadBalancers", properties, sku)


def forward(frontend: int, backend: int, **fields: Any) -> dict[str, Any]:
    """Properties of a load balancer rule, or of a NAT rule to a single target."""
    return {"protocol": "Tcp", "frontendPort": frontend, "backendPort": backend, **fields}


def machine_id(name: str) -> str:
    parent = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}"
    return f"{parent}/providers/Microsoft.Compute/virtualMachines/{name}"


def join(*resources: Resource, extra: Iterable[Mapping[str, Any]] = ()) -> SubscriptionNetwork:
    return SubscriptionNetwork.build([*map(project, resources), *extra])
