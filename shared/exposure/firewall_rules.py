"""Reading Azure Firewalls, their policies and IP groups: what destination NAT is made of.

Source: Microsoft Learn, "Azure Firewall Policy rule sets" and the REST reference of Microsoft.Network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from shared.domain.resource import Resource
from shared.exposure.addresses import parse_prefix
from shared.exposure.arm_reader import ArmReader
from shared.exposure.ports import parse_ports
from shared.exposure.sources import parse_sources

_PROTOCOLS: Final[Mapping[str, tuple[str, ...]]] = {"tcp": ("tcp",), "udp": ("udp",), "any": ("tcp", "udp")}
_NAT_COLLECTION: Final = "firewallpolicynatrulecollection"


def project_firewall(resource: Resource) -> dict[str, Any]:
    """The columns of an Azure Firewall: public addresses, its subnet, its policy, its own NAT rules.

    Raises:
        UnreadableResourceError: a field is not as ARM documents it; names the field and the reason.
    """
    reader, properties = ArmReader(resource), resource.properties
    public: list[str] = []
    subnet = None
    for where, item in reader.items(properties, "ipConfigurations", "properties"):
        inner, path = reader.properties(item, where), f"{where}.properties"
        address = reader.reference(inner, "publicIPAddress", path)
        public += [] if address is None else [address]
        subnet = subnet or reader.reference(inner, "subnet", path)
    rules = []
    for where, item in reader.items(properties, "natRuleCollections", "properties"):
        inner, path = reader.properties(item, where), f"{where}.properties"
        if _action(inner) == "dnat":
            name = f"{resource.id}/natRuleCollections/{reader.text(item, 'name', where)}"
            rules += _rules(reader, inner, (path, name), "protocols")
    return {
        "kind": "firewall",
        "id": resource.id,
        "policy": _key(reader.reference(properties, "firewallPolicy", "properties")),
        "subnet": _key(subnet),
        "public_ips": public,
        "hub_addresses": _hub_addresses(reader, properties),
        "rules": rules,
    }


def project_firewall_policy(resource: Resource) -> dict[str, Any]:
    """The columns of a firewall policy: the rule collection groups it says it has, and its parent.

    Raises:
        UnreadableResourceError: a field is not as ARM documents it.
    """
    reader = ArmReader(resource)
    return {
        "kind": "firewall_policy",
        "id": resource.id,
        "groups": reader.references(resource.properties, "ruleCollectionGroups", "properties"),
        "parent": _key(reader.reference(resource.properties, "basePolicy", "properties")),
    }


def project_rule_collection_group(resource: Resource) -> dict[str, Any]:
    """The columns of a policy's rule collection group: its destination NAT rules.

    Raises:
        UnreadableResourceError: a field is not as ARM documents it; names the field and the reason.
    """
    reader = ArmReader(resource)
    rules = []
    for where, item in reader.items(resource.properties, "ruleCollections", "properties"):
        if str(item.get("ruleCollectionType")).lower() == _NAT_COLLECTION and _action(item) == "dnat":
            name = f"{resource.id}/ruleCollections/{reader.text(item, 'name', where)}"
            rules += _rules(reader, item, (where, name), "ipProtocols")
    return {
        "kind": "rule_collection_group",
        "id": resource.id,
        "policy": resource.key.split("/rulecollectiongroups/", 1)[0],
        "rules": rules,
    }


def project_ip_group(resource: Resource) -> dict[str, Any]:
    """The columns of an IP group: its addresses.

    Raises:
        UnreadableResourceError: an address cannot be read.
    """
    addresses = ArmReader(resource).texts(resource.properties, "ipAddresses", "properties")
    _check(ArmReader(resource), "properties.ipAddresses", partial(parse_sources, tuple(addresses)))
    return {"kind": "ip_group", "id": resource.id, "addresses": addresses}


def _rules(
    reader: ArmReader, collection: Mapping[str, Any], at: tuple[str, str], protocols: str
) -> list[dict[str, Any]]:
    """The rules of one NAT collection; `at` is its path and what rules' ids begin with."""
    path, owner = at
    rules = []
    for where, item in reader.items(collection, "rules", path):
        sources = reader.texts(item, "sourceAddresses", where)
        groups = [name.lower() for name in reader.texts(item, "sourceIpGroups", where)]
        if not sources and not groups:
            raise reader.refuse(f"{where}.sourceAddresses", "missing, and sourceIpGroups is empty")
        destinations = reader.texts(item, "destinationAddresses", where)
        ports = reader.texts(item, "destinationPorts", where)
        _check(reader, f"{where}.sourceAddresses", partial(parse_sources, tuple(sources)))
        for text in destinations:
            _check(reader, f"{where}.destinationAddresses", partial(parse_prefix, text))
        _check(reader, f"{where}.destinationPorts", partial(parse_ports, tuple(ports)))
        rules.append(
            {
                "id": f"{owner}/rules/{reader.text(item, 'name', where)}",
                "sources": sources,
                "ip_groups": groups,
                "destinations": destinations,
                "ports": ports,
                "protocols": _protocols(reader, item, protocols, where),
                "address": item.get("translatedAddress") or None,
                "port": _translated_port(reader, item, where),
            }
        )
        if rules[-1]["address"] is None and not item.get("translatedFqdn"):
            raise reader.refuse(f"{where}.translatedAddress", "missing, and translatedFqdn is empty")
    return rules


def _protocols(reader: ArmReader, item: Mapping[str, Any], field: str, where: str) -> list[str]:
    found: dict[str, None] = {}
    for text in reader.texts(item, field, where):
        if text.lower() not in _PROTOCOLS:
            raise reader.refuse(f"{where}.{field}", f"not of {', '.join(sorted(_PROTOCOLS))}")
        found |= dict.fromkeys(_PROTOCOLS[text.lower()])
    return list(found)


def _translated_port(reader: ArmReader, item: Mapping[str, Any], where: str) -> int:
    """The backend port, which Azure writes as text."""
    text = str(item.get("translatedPort") or "")
    if not (text.isascii() and text.isdigit()) or not 0 < int(text[:6]) <= 65_535:
        raise reader.refuse(f"{where}.translatedPort", "not a port number between 1 and 65535")
    return int(text)


def _hub_addresses(reader: ArmReader, properties: Mapping[str, Any]) -> list[str]:
    """Public addresses of a firewall in a virtual hub, which are no resources of their own."""
    hub = properties.get("hubIPAddresses") or {}
    if not isinstance(hub, Mapping):
        raise reader.refuse("properties.hubIPAddresses", "not an object")
    public = hub.get("publicIPs") or {}
    if not isinstance(public, Mapping):
        raise reader.refuse("properties.hubIPAddresses.publicIPs", "not an object")
    path = "properties.hubIPAddresses.publicIPs"
    return [reader.text(item, "address", where) for where, item in reader.items(public, "addresses", path)]


def _action(owner: Mapping[str, Any]) -> str:
    action = owner.get("action")
    return str(action.get("type")).lower() if isinstance(action, Mapping) else ""


def _check(reader: ArmReader, field: str, parse: Callable[[], object]) -> None:
    try:
        parse()
    except ValueError as error:
        raise reader.refuse(field, str(error)) from error


def _key(reference: str | None) -> str | None:
    return None if reference is None else reference.lower()
