"""Network interfaces, and the virtual networks, subnets and route tables behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.domain.resource import Resource
from shared.exposure.addresses import Family, PrefixKind, parse_address, parse_prefix, public_space
from shared.exposure.arm_reader import ArmReader
from shared.exposure.destinations import Destination
from shared.exposure.intervals import Intervals, from_ranges, intersection
from shared.exposure.sources import is_internet

_INTENT_POLICIES: Final = frozenset({"microsoft.sql/managedinstances"})
"""Delegations that come with network intent policies: security admin rules are not applied to a network that
has them (Microsoft Learn, "Security admin rules in Azure Virtual Network Manager", nonapplication)."""


@dataclass(frozen=True, slots=True)
class IpConfiguration:
    """One private address of an interface. References are lower-cased ARM ids, but for `public_ip`."""

    id: str
    destination: Destination
    subnet: str | None
    public_ip: str | None
    pools: tuple[str, ...]
    """Backend pools of load balancers that it says it is in."""
    nat_rules: tuple[str, ...]
    """Inbound NAT rules of load balancers that it says lead to it."""
    somewhere: bool = False
    """The address is not known: any of its subnet, as for instances of a scale set."""


@dataclass(frozen=True, slots=True)
class NetworkInterface:
    """A network interface. References are lower-cased ARM ids, `id` and `machine` keep Azure's spelling."""

    id: str
    machine: str | None
    nsg: str | None
    private_endpoint: bool
    configurations: tuple[IpConfiguration, ...]


@dataclass(frozen=True, slots=True)
class Subnet:
    """A subnet. References are lower-cased ARM ids."""

    network: str
    nsg: str | None
    route_table: str | None
    prefixes: tuple[str, ...] = ()

    def span(self, family: Family) -> Intervals:
        """Its addresses of one family; none when they were not read."""
        prefixes = [one for one in map(parse_prefix, self.prefixes) if one.kind is PrefixKind.RANGE]
        return from_ranges((one.low, one.high) for one in prefixes if one.family == family)


def project_interface(resource: Resource) -> dict[str, Any]:
    """The columns of a network interface: its addresses and what they refer to.

    Raises:
        UnreadableResourceError: a field is not as ARM documents it; names the field and the reason.
    """
    reader, properties = ArmReader(resource), resource.properties
    configurations = []
    for where, item in reader.items(properties, "ipConfigurations", "properties"):
        inner = reader.properties(item, where)
        address = reader.text(inner, "privateIPAddress", f"{where}.properties")
        try:
            parse_address(address)
        except ValueError as error:
            raise reader.refuse(f"{where}.properties.privateIPAddress", "not an IP address") from error
        path = f"{where}.properties"
        identity = item.get("id")
        configurations.append(
            {
                "id": identity if isinstance(identity, str) else "",
                "address": address,
                "subnet": reader.reference(inner, "subnet", f"{where}.properties"),
                "public_ip": reader.reference(inner, "publicIPAddress", f"{where}.properties"),
                "groups": reader.references(inner, "applicationSecurityGroups", path),
                "pools": reader.references(inner, "loadBalancerBackendAddressPools", path),
                "nat_rules": reader.references(inner, "loadBalancerInboundNatRules", path),
            }
        )
    return {
        "kind": "interface",
        "id": resource.id,
        "machine": reader.reference(properties, "virtualMachine", "properties"),
        "nsg": reader.reference(properties, "networkSecurityGroup", "properties"),
        "private_endpoint": properties.get("privateEndpoint") is not None,
        "configurations": configurations,
    }


def read_interface(projection: Mapping[str, Any]) -> NetworkInterface:
    """The inverse of `project_interface`."""
    return NetworkInterface(
        id=projection["id"],
        machine=projection["machine"],
        nsg=_key(projection["nsg"]),
        private_endpoint=projection["private_endpoint"],
        configurations=tuple(map(_read_configuration, projection["configurations"])),
    )


def _read_configuration(item: Mapping[str, Any]) -> IpConfiguration:
    family, address = parse_address(item["address"])
    return IpConfiguration(
        id=item["id"].lower(),
        destination=Destination(family, address, groups=frozenset(item["groups"])),
        subnet=_key(item["subnet"]),
        public_ip=item["public_ip"],
        pools=tuple(item["pools"]),
        nat_rules=tuple(item["nat_rules"]),
    )


def project_virtual_network(resource: Resource) -> dict[str, Any]:
    """The columns of a virtual network: its subnets, their NSG and their route table.

    Raises:
        UnreadableResourceError: a field is not as ARM documents it; names the field and the reason.
    """
    reader = ArmReader(resource)
    subnets = []
    no_admin_rules = False
    for where, item in reader.items(resource.properties, "subnets", "properties"):
        inner = reader.properties(item, where)
        subnets.append(
            {
                "id": reader.text(item, "id", where),
                "nsg": reader.reference(inner, "networkSecurityGroup", f"{where}.properties"),
                "route_table": reader.reference(inner, "routeTable", f"{where}.properties"),
                "prefixes": _prefixes(reader, inner, f"{where}.properties"),
            }
        )
        for path, delegation in reader.items(inner, "delegations", f"{where}.properties"):
            service = str(reader.properties(delegation, path).get("serviceName") or "").lower()
            no_admin_rules = no_admin_rules or service in _INTENT_POLICIES
    peers = [
        reader.reference(reader.properties(item, where), "remoteVirtualNetwork", f"{where}.properties")
        for where, item in reader.items(resource.properties, "virtualNetworkPeerings", "properties")
    ]
    return {
        "kind": "virtual_network",
        "id": resource.id,
        "subnets": subnets,
        "peers": [peer.lower() for peer in peers if peer is not None],
        "no_admin_rules": no_admin_rules,
    }


def _prefixes(reader: ArmReader, inner: Mapping[str, Any], path: str) -> list[str]:
    single = inner.get("addressPrefix")
    prefixes = [*([single] if single else []), *reader.texts(inner, "addressPrefixes", path)]
    for prefix in prefixes:
        try:
            parse_prefix(prefix)
        except (ValueError, AttributeError) as error:
            raise reader.refuse(f"{path}.addressPrefix", "not an address prefix") from error
    return list(dict.fromkeys(prefixes))


def read_subnets(projection: Mapping[str, Any]) -> Iterator[tuple[str, Subnet]]:
    """The subnets of a projected virtual network by their lower-cased ids."""
    network = projection["id"].lower()
    for item in projection["subnets"]:
        prefixes = tuple(item["prefixes"])
        yield item["id"].lower(), Subnet(network, _key(item["nsg"]), _key(item["route_table"]), prefixes)


def project_route_table(resource: Resource) -> dict[str, Any]:
    """The columns of a route table: the address families whose internet traffic it sends to a next hop.

    A route to the internet itself, the system's own default, puts nothing into the VirtualNetwork tag.

    Raises:
        UnreadableResourceError: a field is not as ARM documents it; names the field and the reason.
    """
    reader = ArmReader(resource)
    spans: dict[Family, list[tuple[int, int]]] = {4: [], 6: []}
    for where, item in reader.items(resource.properties, "routes", "properties"):
        inner = reader.properties(item, where)
        text = reader.text(inner, "addressPrefix", f"{where}.properties")
        try:
            prefix = parse_prefix(text)
        except ValueError as error:
            raise reader.refuse(f"{where}.properties.addressPrefix", str(error)) from error
        hop = reader.text(inner, "nextHopType", f"{where}.properties").lower()
        if prefix.kind is PrefixKind.RANGE and hop != "internet":
            spans[prefix.family].append((prefix.low, prefix.high))
    families: tuple[Family, ...] = (4, 6)
    return {
        "kind": "route_table",
        "id": resource.id,
        "default_for": [
            family
            for family in families
            if is_internet(intersection(from_ranges(spans[family]), public_space(family)), family)
        ],
    }


def _key(reference: str | None) -> str | None:
    return None if reference is None else reference.lower()
