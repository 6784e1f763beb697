"""The rules in force on a network interface, from the estate: what Azure's effective security rules tell.

Form: learn.microsoft.com REST reference "Network Interfaces - List Effective Network Security Groups". Tags
are expanded as far as an estate tells: VirtualNetwork to the network's prefixes and 168.63.129.16,
AzureLoadBalancer to 168.63.129.16, Internet to everything outside the network. Application security groups
are expanded to the addresses of their members. Peered networks and routes are left out.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_address, ip_network
from typing import Any, Final

from devhost.azure.estate import Estate

STANDIN_TYPE: Final = "standin/effectivenetworksecuritygroups"
_PLATFORM: Final = "168.63.129.16/32"
_DEFAULTS: Final = (
    ("AllowVnetInBound", 65000, "Allow", "VirtualNetwork", "VirtualNetwork"),
    ("AllowAzureLoadBalancerInBound", 65001, "Allow", "AzureLoadBalancer", "*"),
    ("DenyAllInBound", 65500, "Deny", "*", "*"),
)
_RULE_TYPE: Final = "microsoft.network/networksecuritygroups/securityrules"
_INTERFACES: Final = "microsoft.network/networkinterfaces"


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface of the estate."""

    id: str
    location: str
    machine: str | None
    group: str | None
    subnets: tuple[str, ...]
    addresses: tuple[str, ...]


def interface_of(estate: Estate, identity: str) -> Interface | None:
    """An interface by its id; None when the estate has no readable one."""
    stored = estate.find(identity)
    if stored is None or stored.malformed or stored.resource_type != _INTERFACES:
        return None
    resource = stored.decoded()
    properties = resource.get("properties") or {}
    configurations = [one.get("properties") or {} for one in properties.get("ipConfigurations") or []]
    return Interface(
        id=resource["id"],
        location=str(resource.get("location") or "").lower(),
        machine=_id(properties.get("virtualMachine")),
        group=_id(properties.get("networkSecurityGroup")),
        subnets=tuple(dict.fromkeys(filter(None, (_id(one.get("subnet")) for one in configurations)))),
        addresses=tuple(filter(None, (one.get("privateIPAddress") for one in configurations))),
    )


def power_state(estate: Estate, machine: str) -> str | None:
    """`running`, `deallocated`...; None where the estate does not tell, "" where there is no such machine."""
    stored = estate.find(machine)
    if stored is None or stored.malformed:
        return ""
    value: Any = stored.decoded().get("properties")
    for field in ("extended", "instanceView", "powerState", "code"):
        value = value.get(field) if isinstance(value, dict) else None
    return value.rpartition("/")[2].lower() if isinstance(value, str) else None


def effective_groups(estate: Estate, interface: Interface) -> dict[str, Any]:
    """The whole answer for one interface: a line of :data:`STANDIN_TYPE`, else what is worked out."""
    for ref in estate.select_once(STANDIN_TYPE, interface.id.lower()):
        stored = estate.stored(ref)
        below = stored.key == interface.id.lower() or stored.key.startswith(interface.id.lower() + "/")
        if below and not stored.malformed:
            answer: dict[str, Any] = stored.decoded().get("properties") or {}
            return answer
    groups = []
    for subnet in interface.subnets:
        group = _id((_subnet(estate, subnet).get("properties") or {}).get("networkSecurityGroup"))
        if group is not None:
            groups.append(_group(estate, interface, group, {"subnet": {"id": subnet}}))
    if interface.group is not None:
        association = {"networkInterface": {"id": interface.id}}
        groups.append(_group(estate, interface, interface.group, association))
    return {"value": groups}


def _group(estate: Estate, interface: Interface, group: str, association: dict[str, Any]) -> dict[str, Any]:
    inside = _inside(estate, interface)
    rules = [_expanded(estate, name, rule, inside) for name, rule in _rules(estate, group)]
    return {
        "networkSecurityGroup": {"id": group},
        "association": association,
        "effectiveSecurityRules": rules,
    }


def _rules(estate: Estate, group: str) -> Iterator[tuple[str, dict[str, Any]]]:
    stored = estate.find(group)
    resource = {} if stored is None or stored.malformed else stored.decoded()
    inner = (resource.get("properties") or {}).get("securityRules") or []
    seen = {str(one.get("name")).lower() for one in inner}
    for one in inner:
        yield f"securityRules/{one.get('name')}", one.get("properties") or {}
    for ref in estate.select_once(_RULE_TYPE, group.lower() + "/"):
        child = estate.stored(ref)
        if not child.malformed and child.key.rpartition("/")[2] not in seen:
            one = child.decoded()
            yield f"securityRules/{one.get('name')}", one.get("properties") or {}
    for name, priority, access, source, destination in _DEFAULTS:
        yield (
            f"defaultSecurityRules/{name}",
            {
                "priority": priority,
                "direction": "Inbound",
                "access": access,
                "protocol": "*",
                "sourcePortRange": "*",
                "destinationPortRange": "*",
                "sourceAddressPrefix": source,
                "destinationAddressPrefix": destination,
            },
        )


def _expanded(estate: Estate, name: str, rule: dict[str, Any], inside: list[str]) -> dict[str, Any]:
    protocol = str(rule.get("protocol") or "*")
    told: dict[str, Any] = {
        "name": name,
        "priority": rule.get("priority"),
        "direction": rule.get("direction"),
        "access": rule.get("access"),
        "protocol": "All" if protocol == "*" else protocol,
    }
    for side in ("source", "destination"):
        ports = _several(rule, f"{side}PortRange") or ["*"]
        told[f"{side}PortRanges"] = [_range(one) for one in ports]
        prefixes = _several(rule, f"{side}AddressPrefix")
        members = rule.get(f"{side}ApplicationSecurityGroups") or []
        expanded = [one for prefix in prefixes for one in _tag(prefix, inside)]
        expanded += [one for member in members for one in _members(estate, _id(member) or "")]
        told[f"{side}AddressPrefixes"] = prefixes
        told[f"expanded{side.capitalize()}AddressPrefix"] = expanded
    return told


def _range(port: str) -> str:
    """`22-22` and `0-65535`, as the effective rules write ports."""
    return "0-65535" if port == "*" else port if "-" in port else f"{port}-{port}"


def _several(rule: dict[str, Any], field: str) -> list[str]:
    plural = f"{field}s" if field.endswith("Range") else f"{field}es"
    single = rule.get(field)
    return [*([str(single)] if single else []), *(rule.get(plural) or [])]


def _tag(prefix: str, inside: list[str]) -> list[str]:
    match prefix.lower():
        case "virtualnetwork":
            return [*inside, _PLATFORM]
        case "azureloadbalancer":
            return [_PLATFORM]
        case "internet":
            return _outside(inside)
        case _:
            return []


def _outside(inside: Iterable[str]) -> list[str]:
    """Everything but the network's own IPv4 prefixes."""
    left = [IPv4Network("0.0.0.0/0")]
    for network in map(ip_network, inside):
        if isinstance(network, IPv4Network):
            left = [part for one in left for part in _without(one, network)]
    return [*map(str, left), "::/0"]


def _without(one: IPv4Network, network: IPv4Network) -> Iterable[IPv4Network]:
    if network.subnet_of(one):
        return one.address_exclude(network) if one != network else ()
    return () if one.subnet_of(network) else (one,)


def _members(estate: Estate, group: str) -> list[str]:
    """The addresses of the interfaces in an application security group."""
    subscription = "/".join(group.lower().split("/")[:3]) + "/"
    found = []
    for ref in estate.select([_INTERFACES], [subscription]):
        stored = estate.stored(ref)
        if stored.malformed or group.lower().encode() not in stored.raw.lower():
            continue
        for one in (stored.decoded().get("properties") or {}).get("ipConfigurations") or []:
            inner = one.get("properties") or {}
            names = [(_id(name) or "").lower() for name in inner.get("applicationSecurityGroups") or []]
            if group.lower() in names and inner.get("privateIPAddress"):
                address = ip_address(inner["privateIPAddress"])
                found.append(f"{address}/{address.max_prefixlen}")
    return found


def _inside(estate: Estate, interface: Interface) -> list[str]:
    prefixes: list[str] = []
    for subnet in interface.subnets:
        stored = estate.find(subnet.rpartition("/subnets/")[0])
        if stored is not None and not stored.malformed:
            space = (stored.decoded().get("properties") or {}).get("addressSpace") or {}
            prefixes += space.get("addressPrefixes") or []
    networks = [ip_network(one, strict=False) for one in prefixes]
    four = collapse_addresses(one for one in networks if isinstance(one, IPv4Network))
    six = collapse_addresses(one for one in networks if isinstance(one, IPv6Network))
    return [str(one) for one in (*four, *six)]


def _subnet(estate: Estate, identity: str) -> dict[str, Any]:
    stored = estate.find(identity.rpartition("/subnets/")[0])
    if stored is None or stored.malformed:
        return {}
    subnets = (stored.decoded().get("properties") or {}).get("subnets") or []
    return next((one for one in subnets if str(one.get("id")).lower() == identity.lower()), {})


def _id(reference: Any) -> str | None:
    identity = reference.get("id") if isinstance(reference, dict) else None
    return identity if isinstance(identity, str) else None
