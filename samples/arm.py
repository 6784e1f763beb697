"""Identifiers and the envelope every Azure Resource Manager resource shares."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

Resource = dict[str, Any]
"""One resource as ARM returns it: `id`, `name`, `type`, `location`, `tags`, `sku`, `kind`, `properties`."""

REGIONS = ("westeurope", "northeurope", "germanywestcentral", "uksouth", "eastus", "eastus2", "westus3")


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a resource lives: subscription GUID, resource group, region, and its owner's tags."""

    subscription: str
    group: str
    location: str
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def group_id(self) -> str:
        """The ARM id of the resource group."""
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"

    def id_of(self, kind: str, name: str) -> str:
        """The ARM id of a top-level resource of type `kind` (`Microsoft.Network/networkInterfaces`)."""
        return f"{self.group_id}/providers/{kind}/{name}"

    def resource(self, kind: str, name: str, properties: dict[str, Any], /, **envelope: Any) -> Resource:
        """A whole resource; `envelope` holds what stands beside `properties` (`sku`, `kind`, `etag`)."""
        resource: Resource = {
            "id": self.id_of(kind, name),
            "name": name,
            "type": kind,
            "location": self.location,
        }
        if self.tags:
            resource["tags"] = dict(self.tags)
        resource.update(envelope)
        resource["properties"] = properties
        return resource


def guid(rng: Random) -> str:
    """A GUID drawn from `rng`: version 4 in form, the same for the same state of the generator."""
    bits = f"{rng.getrandbits(128):032x}"
    return f"{bits[:8]}-{bits[8:12]}-4{bits[13:16]}-a{bits[17:20]}-{bits[20:]}"


def etag(rng: Random) -> str:
    """A weak entity tag in the form the network resource provider uses."""
    return f'W/"{guid(rng)}"'
