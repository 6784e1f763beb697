"""Resources that ARM keeps inside their parent's body: subnets in networks, rules in security groups."""

from dataclasses import dataclass
from typing import Any

from devhost.azure.arm_id import ArmPath, parse
from devhost.azure.estate import Estate


@dataclass(frozen=True, slots=True)
class Collection:
    """A list of children in the decoded body of a parent; changing ``items`` changes ``parent``."""

    parent: dict[str, Any]
    items: list[Any]

    def find(self, name: str) -> dict[str, Any] | None:
        """The child with that name, without regard to case."""
        for item in self.items:
            if isinstance(item, dict) and str(item.get("name", "")).lower() == name.lower():
                return item
        return None


def collection_of(estate: Estate, child: ArmPath) -> Collection | None:
    """The list that holds (or would hold) ``child``, a resource or collection path; None when none is nested.

    The list is decoded anew by each call.
    """
    if child.parent is None:
        return None
    owner = resource_at(estate, parse(child.parent))
    properties = owner.get("properties") if owner is not None else None
    if owner is None or not isinstance(properties, dict):
        return None
    for key, value in properties.items():
        if key.lower() == child.types[-1].lower() and isinstance(value, list):
            return Collection(owner, value)
    return None


def resource_at(estate: Estate, path: ArmPath) -> dict[str, Any] | None:
    """The decoded body of a resource that is stored by itself or nested in another; None when there is none.

    A malformed resource counts as none: it has no body to look into.
    """
    stored = estate.find(path.path)
    if stored is not None:
        return None if stored.malformed else stored.decoded()
    holder = collection_of(estate, path)
    return None if holder is None else holder.find(path.name)
