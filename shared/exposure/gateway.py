"""Entry points: application gateways and Bastion hosts, which receive strangers' connections themselves.

Their subnet's NSG and the security admin rules of their network stand before them; without an NSG they are
open. Source: Microsoft Learn, "Application Gateway infrastructure configuration" and "Working with NSG access
and Azure Bastion".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.domain.resource import Resource
from shared.exposure.arm_reader import ArmReader
from shared.exposure.sources import parse_sources

APPLICATION_GATEWAY: Final = "application_gateway"
BASTION_HOST: Final = "bastion_host"

_BASTION_PORT: Final = 443


@dataclass(frozen=True, slots=True)
class Listener:
    """A TCP port of one public frontend."""

    id: str | None
    public_ip: str
    port: int
    shared: bool
    """A private listener has the same port: the filters may see the frontend's own address."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway with public listeners; `subnet` is a lower-cased id."""

    id: str
    stage: str
    subnet: str | None
    state: str | None
    sources: tuple[str, ...] | None
    """Whom the gateway's own rules let in; None: everybody."""
    listeners: tuple[Listener, ...]


def project_application_gateway(resource: Resource) -> dict[str, Any]:
    """The columns of an application gateway: its subnet, and the listeners of its public frontends.

    Raises:
        UnreadableResourceError: a field is not as ARM documents it; names the field and the reason.
    """
    reader, properties = ArmReader(resource), resource.properties
    public: dict[str, str] = {}
    for where, item in reader.items(properties, "frontendIPConfigurations", "properties"):
        address = reader.reference(reader.properties(item, where), "publicIPAddress", f"{where}.properties")
        if address is not None:
            public[reader.text(item, "id", where).lower()] = address
    ports = {
        reader.text(item, "id", where).lower(): reader.number(
            reader.properties(item, where), "port", f"{where}.properties"
        )
        for where, item in reader.items(properties, "frontendPorts", "properties")
    }
    found: list[tuple[str, str, int]] = []
    for field in ("httpListeners", "listeners"):
        for where, item in reader.items(properties, field, "properties"):
            inner, path = reader.properties(item, where), f"{where}.properties"
            frontend = (reader.reference(inner, "frontendIPConfiguration", path) or "").lower()
            port = (reader.reference(inner, "frontendPort", path) or "").lower()
            if port not in ports:
                raise reader.refuse(f"{path}.frontendPort", "not one of properties.frontendPorts")
            found.append((reader.text(item, "id", where), frontend, ports[port]))
    private = {port for _, frontend, port in found if frontend not in public}
    return {
        "kind": "gateway",
        "id": resource.id,
        "stage": APPLICATION_GATEWAY,
        "subnet": _subnet(reader, properties, "gatewayIPConfigurations"),
        "state": _word(properties.get("operationalState")),
        "sources": None,
        "listeners": [
            [identity, public[frontend], port, port in private]
            for identity, frontend, port in found
            if frontend in public
        ],
    }


def project_bastion(resource: Resource) -> dict[str, Any]:
    """The columns of a Bastion host: it takes connections at port 443 by design.

    Raises:
        UnreadableResourceError: a field is not as ARM documents it; names the field and the reason.
    """
    reader, properties = ArmReader(resource), resource.properties
    listeners = []
    for where, item in reader.items(properties, "ipConfigurations", "properties"):
        address = reader.reference(reader.properties(item, where), "publicIPAddress", f"{where}.properties")
        if address is not None:
            listeners.append([None, address, _BASTION_PORT, False])
    rules = properties.get("networkAcls") or {}
    if not isinstance(rules, Mapping):
        raise reader.refuse("properties.networkAcls", "not an object")
    allowed = [
        reader.text(item, "addressPrefix", where)
        for where, item in reader.items(rules, "ipRules", "properties.networkAcls")
    ]
    try:
        parse_sources(tuple(allowed))
    except ValueError as error:
        raise reader.refuse("properties.networkAcls.ipRules", str(error)) from error
    return {
        "kind": "gateway",
        "id": resource.id,
        "stage": BASTION_HOST,
        "subnet": _subnet(reader, properties, "ipConfigurations"),
        "state": None,
        "sources": allowed or None,
        "listeners": listeners,
    }


def read_gateway(projection: Mapping[str, Any]) -> Gateway:
    """The inverse of the projections."""
    sources = projection["sources"]
    return Gateway(
        id=projection["id"],
        stage=projection["stage"],
        subnet=projection["subnet"],
        state=projection["state"],
        sources=None if sources is None else tuple(sources),
        listeners=tuple(Listener(*one) for one in projection["listeners"]),
    )


def _subnet(reader: ArmReader, properties: Mapping[str, Any], field: str) -> str | None:
    for where, item in reader.items(properties, field, "properties"):
        subnet = reader.reference(reader.properties(item, where), "subnet", f"{where}.properties")
        if subnet is not None:
            return subnet.lower()
    return None


def _word(value: object) -> str | None:
    return value.lower() if isinstance(value, str) and value else None
