"""References of a subscription's network to what was not read: named, never taken for absent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from shared.domain.coverage import ReadFailure
from shared.domain.resource import parse_arm_id
from shared.exposure.interfaces import NetworkInterface
from shared.exposure.tables import NetworkTables

_CHILDREN: Final = (
    *("/subnets/", "/ipconfigurations/", "/frontendipconfigurations/"),
    *("/backendaddresspools/", "/inboundnatrules/", "/loadbalancingrules/"),
)
_SCALE_SET: Final = "/virtualmachinescalesets/"

_Reference = tuple[str, str]
"""Who refers, and the lower-cased id referred to."""


def unresolved(tables: NetworkTables, unreadable: Iterable[ReadFailure]) -> tuple[ReadFailure, ...]:
    """One failure for each resource that something refers to and that is not in the tables.

    Resources whose own reading failed are left out: `unreadable` names them already.
    """
    known = {failure.resource_id.lower() for failure in unreadable if failure.resource_id}
    found: dict[str, ReadFailure] = {}
    for owner, reference in _dangling(tables):
        target = owning_resource(reference)
        if tables.borrowed and owning_resource(owner.lower()) in tables.borrowed:
            continue  # another subscription's join says so
        if target not in known and target not in found:
            reason = f"referred to by {owner}, but not read in this subscription"
            found[target] = ReadFailure(resource_id=target, type=_type(target), reason=reason)
    return tuple(found.values())


def owning_resource(reference: str) -> str:
    """The resource whose reading gives `reference`: a subnet's network, an instance's scale set."""
    if _SCALE_SET in reference:
        before, _, rest = reference.partition(_SCALE_SET)
        return before + _SCALE_SET + rest.split("/", 1)[0]
    for child in _CHILDREN:
        reference = reference.split(child, 1)[0]
    return reference


def _dangling(tables: NetworkTables) -> Iterator[_Reference]:
    """Every reference that has no target in the tables."""
    for interface in tables.interfaces.values():
        yield from _of_interface(tables, interface)
    for name, subnet in tables.subnets.items():
        if subnet.nsg is not None and subnet.nsg not in tables.groups:
            yield name, subnet.nsg
        if subnet.route_table is not None and subnet.route_table not in tables.default_routes:
            yield name, subnet.route_table
    for group in tables.groups.values():
        yield from ((group.id, name) for name in group.subnets if name not in tables.subnets)
        yield from ((group.id, name) for name in group.interfaces if not tables.has_interface(name))
    yield from _of_load_balancers(tables)
    yield from tables.firewalls.dangling()
    yield from _of_gateways(tables)


def _of_interface(tables: NetworkTables, interface: NetworkInterface) -> Iterator[_Reference]:
    if interface.nsg is not None and interface.nsg not in tables.groups:
        yield interface.id, interface.nsg
    for configuration in interface.configurations:
        if configuration.subnet is not None and configuration.subnet not in tables.subnets:
            yield interface.id, configuration.subnet
        address = configuration.public_ip
        if address is not None and address.lower() not in tables.public_ips:
            yield interface.id, address.lower()
    yield from ((interface.id, name) for name in unread_balancers(tables, interface))


def unread_balancers(tables: NetworkTables, interface: NetworkInterface) -> list[str]:
    """Keys of load balancers that an interface says it is behind, and that are not in the tables."""
    names = (name for one in interface.configurations for name in (*one.pools, *one.nat_rules))
    return [key for key in dict.fromkeys(map(owning_resource, names)) if key not in tables.balancers]


def _of_load_balancers(tables: NetworkTables) -> Iterator[_Reference]:
    for several in (*tables.by_pool.values(), *tables.by_target.values()):
        for forwarding in several:
            if forwarding.public_ip.lower() not in tables.public_ips:
                yield forwarding.id, forwarding.public_ip.lower()
    for target, senders in _receivers(tables):
        if target.split("/ipconfigurations/", 1)[0] not in tables.interfaces and any(
            owning_resource(sender) not in tables.borrowed for sender in senders
        ):
            yield "a public load balancer", target


def _receivers(tables: NetworkTables) -> Iterator[tuple[str, list[str]]]:
    """Addresses of interfaces that load balancers name, and the rules and pools that do."""
    for target, forwardings in tables.by_target.items():
        yield target, [one.id.lower() for one in forwardings]
    yield from tables.pools_of.items()


def _of_gateways(tables: NetworkTables) -> Iterator[_Reference]:
    """What stands before gateways, and the public addresses of gateways and firewalls."""
    for gateway in tables.gateways.values():
        if gateway.subnet is not None and gateway.subnet not in tables.subnets:
            yield gateway.id, gateway.subnet
        for listener in gateway.listeners:
            if listener.public_ip.lower() not in tables.public_ips:
                yield gateway.id, listener.public_ip.lower()
    for firewall in tables.firewalls.firewalls.values():
        names = [name.lower() for name in firewall.public_ips if name.lower() not in tables.public_ips]
        if firewall.subnet is not None and firewall.subnet not in tables.subnets:
            names.append(firewall.subnet)
        yield from ((firewall.id, name) for name in names)


def _type(resource_id: str) -> str | None:
    try:
        return parse_arm_id(resource_id).type
    except ValueError:
        return None
