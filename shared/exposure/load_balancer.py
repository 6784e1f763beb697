"""Entry points: rules and inbound NAT rules of public load balancers (semantics 1b and 1c).

The filters before a receiver see the backend port. With a floating IP they see the frontend's public address
as the destination (Microsoft Learn, "Azure Load Balancer Floating IP configuration").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.domain.exposure import Protocol
from shared.domain.resource import Resource
from shared.exposure.addresses import parse_address
from shared.exposure.arm_reader import ArmReader
from shared.exposure.arrival import UNTRANSLATED, Arrival, Translation
from shared.exposure.destinations import Destination
from shared.exposure.public_ip import PublicIp

_PROTOCOLS: Final[Mapping[str, tuple[Protocol, ...]]] = {
    "tcp": (Protocol.TCP,),
    "udp": (Protocol.UDP,),
    "quic": (Protocol.UDP,),
    "all": (Protocol.TCP, Protocol.UDP),
}
_CLOSED_WITHOUT_NSG: Final[Mapping[str, bool]] = {"standard": True, "gateway": True, "basic": False}
"""By SKU of the load balancer (Microsoft Learn, "Azure Load Balancer SKUs": Basic is open by default)."""

LOAD_BALANCER_RULE: Final = "load_balancer_rule"
INBOUND_NAT_RULE: Final = "inbound_nat_rule"

NOTE_ONE_OF_RANGE: Final = (
    "Each member of the pool has one port of this range; which one is not part of the rule."
)


@dataclass(frozen=True, slots=True)
class Forwarding:
    """A rule of a public load balancer that sends packets on to members of a pool, or to one address."""

    id: str
    stage: str
    public_ip: str
    closed_without_nsg: bool | None
    protocols: tuple[Protocol, ...]
    translation: Translation
    floating: bool
    note: str | None = None

    def arrive(self, known: PublicIp | None, receiver: Destination) -> Arrival:
        """The way in by this rule to one receiver; `known` is None where the public address was not read."""
        destination = receiver
        if self.floating:
            family, address = parse_address(known.address) if known and known.address else (4, 0)
            destination = Destination(family, address, in_virtual_network=False)
        return Arrival(
            entry_point=known.id if known else self.public_ip,
            public_ip=known.address if known else None,
            destination=destination,
            closed_without_nsg=self.closed_without_nsg,
            protocols=self.protocols,
            translation=self.translation,
            via=self.id,
            via_stage=self.stage,
            note=self.note,
        )


def project_load_balancer(resource: Resource) -> dict[str, Any]:
    """The columns of a load balancer: rules with a public frontend, and the members of its pools.

    Outbound rules and internal frontends let nobody in and are left out.

    Raises:
        UnreadableResourceError: a field is not as ARM documents it; names the field and the reason.
    """
    reader, properties = ArmReader(resource), resource.properties
    public: dict[str, str] = {}
    for where, item in reader.items(properties, "frontendIPConfigurations", "properties"):
        address = reader.reference(reader.properties(item, where), "publicIPAddress", f"{where}.properties")
        if address is not None:
            public[reader.text(item, "id", where).lower()] = address
    rules = []
    for field, stage in (("loadBalancingRules", LOAD_BALANCER_RULE), ("inboundNatRules", INBOUND_NAT_RULE)):
        for where, item in reader.items(properties, field, "properties"):
            inner, path = reader.properties(item, where), f"{where}.properties"
            frontend = (reader.reference(inner, "frontendIPConfiguration", path) or "").lower()
            if frontend in public:
                columns = _rule(reader, inner, path)
                columns |= {
                    "id": reader.text(item, "id", where),
                    "stage": stage,
                    "public_ip": public[frontend],
                }
                rules.append(columns)
    pools = {
        reader.text(item, "id", where).lower(): _members(reader, reader.properties(item, where), where)
        for where, item in reader.items(properties, "backendAddressPools", "properties")
    }
    used = {pool for rule in rules for pool in rule["pools"]}
    return {
        "kind": "load_balancer",
        "id": resource.id,
        "sku": str(resource.sku.get("name") or "").lower(),
        "rules": rules,
        "pools": {name: members for name, members in pools.items() if name in used},
    }


def _rule(reader: ArmReader, inner: Mapping[str, Any], path: str) -> dict[str, Any]:
    protocol = reader.text(inner, "protocol", path).lower()
    if protocol not in _PROTOCOLS:
        raise reader.refuse(f"{path}.protocol", f"not one of {', '.join(sorted(_PROTOCOLS))}")
    pools = set(reader.references(inner, "backendAddressPools", path))
    single = reader.reference(inner, "backendAddressPool", path)
    if single is not None:
        pools.add(single.lower())
    target = reader.reference(inner, "backendIPConfiguration", path)
    ranged = "frontendPortRangeStart" in inner and inner["frontendPortRangeStart"] is not None and bool(pools)
    first = reader.number(inner, "frontendPortRangeStart" if ranged else "frontendPort", path)
    return {
        "protocol": protocol,
        "first": first,
        "last": reader.number(inner, "frontendPortRangeEnd", path) if ranged else first,
        "backend": reader.number(inner, "backendPort", path),
        "ranged": ranged,
        "floating": inner.get("enableFloatingIP") is True,
        "pools": sorted(pools),
        "target": None if target is None else target.lower(),
    }


def _members(reader: ArmReader, inner: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Members of a pool: addresses of interfaces by id, and bare addresses with their virtual network."""
    path = f"{where}.properties"
    addresses = []
    for place, item in reader.items(inner, "loadBalancerBackendAddresses", path):
        own = reader.properties(item, place)
        network = reader.reference(own, "virtualNetwork", f"{place}.properties")
        network = network or reader.reference(inner, "virtualNetwork", path)
        if own.get("ipAddress") and network is not None:
            addresses.append([network.lower(), reader.text(own, "ipAddress", f"{place}.properties")])
    return {
        "configurations": reader.references(inner, "backendIPConfigurations", path),
        "addresses": addresses,
    }


def read_forwardings(projection: Mapping[str, Any]) -> Iterator[tuple[Forwarding, list[str], str | None]]:
    """The forwarding rules of a projected load balancer, with their pools and their single target."""
    closed = _CLOSED_WITHOUT_NSG.get(projection["sku"])
    for rule in projection["rules"]:
        yield (
            Forwarding(
                id=rule["id"],
                stage=rule["stage"],
                public_ip=rule["public_ip"],
                closed_without_nsg=closed,
                protocols=_PROTOCOLS[rule["protocol"]],
                translation=_translation(rule, projection["pools"]),
                floating=rule["floating"],
                note=NOTE_ONE_OF_RANGE if rule["ranged"] else None,
            ),
            rule["pools"],
            rule["target"],
        )


def _translation(rule: Mapping[str, Any], pools: Mapping[str, Any]) -> Translation:
    if rule["protocol"] == "all" and rule["first"] == 0 and rule["backend"] == 0:
        return UNTRANSLATED
    last = rule["last"]
    if rule["ranged"]:
        members = max((_size(pools[name]) for name in rule["pools"] if name in pools), default=0)
        if members:
            last = min(last, rule["first"] + members - 1)
    return Translation((rule["first"], last + 1), offset=None, target=rule["backend"])


def _size(members: Mapping[str, Any]) -> int:
    return max(len(members["configurations"]), len(members["addresses"]))
