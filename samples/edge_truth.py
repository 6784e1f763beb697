"""Which TCP ports strangers reach through an edge, read from its raw resources with sample packets.

Semantics: Azure translates the destination before the NSGs see a packet (the backend's address and port); a
Standard load balancer or address without any NSG is closed, an application gateway without one is open;
behind a firewall's DNAT the packet comes from the firewall's own subnet.
"""

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import ip_network
from typing import Any

from samples import truth
from samples.admissions import strongest_reach
from samples.arm import Resource
from samples.edges import ADMIN_RULES, FIREWALL, GATEWAY, LOAD_BALANCER, SCALE_SET, SHAPES
from samples.network import NIC, NSG, VIRTUAL_NETWORK
from samples.records import PlantingError

Ports = dict[int, truth.Reach]


class EdgeNetwork:
    """The resources of one edge, by what refers to them."""

    def __init__(self, resources: Sequence[Resource]) -> None:
        self.resources = resources
        self._nsgs = {one["id"].lower(): one for one in resources if one["type"] == NSG}
        self._subnets: dict[str, dict[str, Any]] = {}
        self._nics: dict[str, tuple[Resource, Resource]] = {}
        for one in resources:
            if one["type"] == VIRTUAL_NETWORK:
                self._subnets |= {subnet["id"].lower(): subnet for subnet in one["properties"]["subnets"]}
            elif one["type"] == NIC:
                for configuration in one["properties"]["ipConfigurations"]:
                    self._nics[configuration["id"].lower()] = (one, configuration)

    def manager_says(self, port: int) -> str | None:
        """What the network's admin rules say first about strangers to a TCP port; None when nothing."""
        found = [
            rule["properties"]
            for line in self.of_type(ADMIN_RULES)
            for rule in line["properties"]["value"]
            if rule["properties"]["direction"] == "Inbound"
            and str(port) in rule["properties"]["destinationPortRanges"]
            and any(source["addressPrefix"] == "Internet" for source in rule["properties"]["sources"])
        ]
        first = min(found, key=lambda rule: rule["priority"], default=None)
        return None if first is None else str(first["access"])

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        """The resources of a type."""
        return [one for one in self.resources if one["type"] == kind]

    def configuration(self, resource_id: str) -> tuple[Resource, Resource]:
        """The NIC and its IP configuration with this id."""
        return self._nics[resource_id.lower()]

    def at_address(self, address: str) -> tuple[Resource, Resource]:
        """The NIC and the IP configuration with this private address."""
        return next(
            found for found in self._nics.values() if found[1]["properties"]["privateIPAddress"] == address
        )

    def stages(self, subnet_id: str, nic: Resource | None = None) -> list[tuple[truth.Rule, ...]]:
        """The inbound rules of the NSGs on the way: the subnet's, then the NIC's."""
        own = (nic["properties"].get("networkSecurityGroup") or {}) if nic else {}
        on_subnet = self._subnets[subnet_id.lower()]["properties"].get("networkSecurityGroup") or {}
        ids = [one["id"].lower() for one in (on_subnet, own) if one]
        return [truth.inbound_rules(self._nsgs[one]) for one in ids]

    def prefix(self, subnet_id: str) -> str:
        """The address prefix of a subnet."""
        prefix: str = self._subnets[subnet_id.lower()]["properties"]["addressPrefix"]
        return prefix


def _reach(stages: list[tuple[truth.Rule, ...]], address: str, port: int) -> truth.Reach | None:
    if not stages:
        return None
    arrived = truth.deliveries(stages, truth.destination(address))
    return truth.reach_of(arrived.get(("tcp", port), []))


def _backend(net: EdgeNetwork, configuration_id: str, port: int) -> truth.Reach | None:
    nic, configuration = net.configuration(configuration_id)
    properties = configuration["properties"]
    said = net.manager_says(port)
    if said == "Deny":
        return None
    if said == "AlwaysAllow":
        return "internet"
    stages = net.stages(properties["subnet"]["id"], nic)
    return _reach(stages, properties["privateIPAddress"], port)


def _through_balancer(net: EdgeNetwork, balancer: Resource) -> Iterator[tuple[str, int, truth.Reach | None]]:
    properties = balancer["properties"]
    public = {
        one["id"]: one["properties"]["publicIPAddress"]["id"]
        for one in properties["frontendIPConfigurations"]
        if "publicIPAddress" in one["properties"]
    }
    pools = {
        one["id"]: [member["id"] for member in one["properties"]["backendIPConfigurations"]]
        for one in properties["backendAddressPools"]
    }
    for rule in (one["properties"] for one in properties["loadBalancingRules"]):
        entry = public.get(rule["frontendIPConfiguration"]["id"])
        reaches = [_backend(net, one, rule["backendPort"]) for one in pools[rule["backendAddressPool"]["id"]]]
        if entry:
            yield entry, rule["frontendPort"], strongest_reach(reaches)
    for rule in (one["properties"] for one in properties["inboundNatRules"]):
        entry = public.get(rule["frontendIPConfiguration"]["id"])
        if entry is None:
            continue
        if "backendIPConfiguration" in rule:
            reach = _backend(net, rule["backendIPConfiguration"]["id"], rule["backendPort"])
            yield entry, rule["frontendPort"], reach
            continue
        for number, member in enumerate(pools[rule["backendAddressPool"]["id"]]):
            yield entry, rule["frontendPortRangeStart"] + number, _backend(net, member, rule["backendPort"])


def _at_gateway(net: EdgeNetwork, gateway: Resource) -> Iterator[tuple[str, int, truth.Reach | None]]:
    properties = gateway["properties"]
    ports = {one["id"]: one["properties"]["port"] for one in properties["frontendPorts"]}
    public = {
        one["id"]: one["properties"]["publicIPAddress"]["id"]
        for one in properties["frontendIPConfigurations"]
        if "publicIPAddress" in one["properties"]
    }
    subnet = properties["gatewayIPConfigurations"][0]["properties"]["subnet"]["id"]
    stages = net.stages(subnet)
    for listener in (one["properties"] for one in properties["httpListeners"]):
        entry, port = public[listener["frontendIPConfiguration"]["id"]], ports[listener["frontendPort"]["id"]]
        address = str(ip_network(net.prefix(subnet))[9])
        yield entry, port, _reach(stages, address, port) if stages else "internet"


def _lets_firewall_in(rules: Iterable[truth.Rule], prefix: str, port: int) -> bool:
    """Whether packets from the firewall's subnet, a part of the virtual network, get through to a port."""
    whole = ip_network(prefix)
    for rule in sorted(rules, key=lambda one: one.priority):
        known = (truth.address_range(token) for token in rule.sources)
        covers = any(
            span is not None and span[1] <= int(whole[0]) and int(whole[-1]) <= span[2] for span in known
        )
        if port in rule.ports and (covers or {"*", "virtualnetwork"} & set(rule.sources)):
            return rule.allows
    return False


def _through_firewall(net: EdgeNetwork, firewall: Resource) -> Iterator[tuple[str, int, truth.Reach | None]]:
    properties = firewall["properties"]
    inner = properties["ipConfigurations"][0]["properties"]
    prefix = net.prefix(inner["subnet"]["id"])
    for collection in properties["natRuleCollections"]:
        for rule in collection["properties"]["rules"]:
            nic, configuration = net.at_address(rule["translatedAddress"])
            stages = net.stages(configuration["properties"]["subnet"]["id"], nic)
            inside = all(_lets_firewall_in(rules, prefix, int(rule["translatedPort"])) for rules in stages)
            reach: truth.Reach | None = "internet" if inside and rule["sourceAddresses"] == ["*"] else None
            yield inner["publicIPAddress"]["id"], int(rule["destinationPorts"][0]), reach


def _at_scale_set(net: EdgeNetwork, scale_set: Resource) -> Iterator[tuple[str, int, truth.Reach | None]]:
    profile = scale_set["properties"]["virtualMachineProfile"]["networkProfile"]
    for nic in profile["networkInterfaceConfigurations"]:
        for configuration in (one["properties"] for one in nic["properties"]["ipConfigurations"]):
            subnet = configuration["subnet"]["id"]
            address = str(ip_network(net.prefix(subnet))[9])
            for port in truth.SAMPLED_PORTS:
                yield scale_set["id"], port, _reach(net.stages(subnet), address, port)


_READERS = {
    LOAD_BALANCER: _through_balancer,
    GATEWAY: _at_gateway,
    FIREWALL: _through_firewall,
    SCALE_SET: _at_scale_set,
}


def edge_record(shape: str, resources: Sequence[Resource]) -> dict[str, Any]:
    """The truth record of one edge.

    Raises:
        PlantingError: what its resources say differs from what the shape means.
    """
    net = EdgeNetwork(resources)
    entry: str | None = None
    ports: Ports = {}
    for kind, read in _READERS.items():
        for resource in net.of_type(kind):
            for entry_point, port, reach in read(net, resource):
                entry = entry_point
                if reach is not None:
                    ports[port] = reach
    meant = SHAPES[shape][1]
    if ports != meant:
        raise PlantingError(f"{shape} at {resources[0]['id']}: meant {meant}, the evaluator says {ports}")
    classes: dict[str, list[int]] = {}
    for port, reach in sorted(ports.items()):
        classes.setdefault(reach, []).append(port)
    return {
        "kind": "entry_point",
        "shape": shape,
        "entry_point_id": entry,
        "reachable": {"tcp": classes} if classes else {},
    }
