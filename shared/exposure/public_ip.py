"""Entry point: a public IP address on a network interface (exposure specification, semantics 1a)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.domain.resource import Resource, UnreadableResourceError
from shared.exposure.arrival import Arrival
from shared.exposure.destinations import Destination

_CLOSED_WITHOUT_NSG: Final[Mapping[str, bool]] = {"standard": True, "standardv2": True, "basic": False}
"""By SKU (Microsoft Learn, "Public IP addresses", row Security): Basic is open by default."""


@dataclass(frozen=True, slots=True)
class PublicIp:
    """A public IP address resource."""

    id: str
    address: str | None
    sku: str

    @property
    def closed_without_nsg(self) -> bool | None:
        """Whether nothing gets in where no NSG is; None when the SKU does not tell."""
        return _CLOSED_WITHOUT_NSG.get(self.sku)


def project_public_ip(resource: Resource) -> dict[str, Any]:
    """The columns of a public IP address: its address and SKU.

    Raises:
        UnreadableResourceError: a field is not as ARM documents it.
    """
    address, sku = resource.properties.get("ipAddress"), resource.sku.get("name")
    for field, value in (("properties.ipAddress", address), ("sku.name", sku)):
        if value is not None and not isinstance(value, str):
            raise UnreadableResourceError(f"{field}: not text", resource.id, resource.type)
    return {"kind": "public_ip", "id": resource.id, "address": address, "sku": (sku or "").lower()}


def read_public_ip(projection: Mapping[str, Any]) -> PublicIp:
    """The inverse of `project_public_ip`."""
    return PublicIp(projection["id"], projection["address"] or None, projection["sku"])


def arrive(public_ip_id: str, known: PublicIp | None, destination: Destination) -> Arrival:
    """The way in through a public IP address; `known` is None where the resource was not read."""
    if known is None:
        return Arrival(public_ip_id, None, destination, None)
    return Arrival(known.id, known.address, destination, known.closed_without_nsg)
