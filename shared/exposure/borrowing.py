"""What a subscription's network refers to in other subscriptions, so that it can be joined with it.

Both sides refer to each other (an interface names its NSG, the NSG names its interfaces), and each side's
join borrows the other's resources as surroundings: they decide, but nothing is reported about them there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from shared.exposure.references import owning_resource

BORROWED_KINDS: Final = frozenset(
    {"nsg", "interface", "public_ip", "virtual_network", "route_table", "load_balancer", "admin_rules"}
    | {"firewall_policy", "rule_collection_group", "ip_group"}
)
"""Kinds of projections that are joined with a network of another subscription.

Firewalls are not: their DNAT rules name private addresses, not resources."""

_REFERENCES: Final[Mapping[str, tuple[str, ...]]] = {
    "nsg": ("subnets", "interfaces"),
    "interface": ("nsg", "configurations"),
    "virtual_network": ("subnets",),
    "load_balancer": ("rules", "pools"),
    "firewall": ("policy", "subnet", "public_ips", "rules"),
    "firewall_policy": ("groups", "parent"),
    "rule_collection_group": ("rules",),
    "gateway": ("subnet", "listeners"),
    "scale_set": ("interfaces",),
}
"""Members of projections in which references to what decides stand, by kind."""
_NO_REFERENCE: Final = frozenset({"id", "groups"})
"""Members of their entries that are passed over: application security groups are compared by their ids."""
_PREFIX: Final = "/subscriptions/"


def foreign_references(subscription: str, projections: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Lower-cased ids of the resources of other subscriptions that network projections refer to.

    Args:
        subscription: lower-cased id of the subscription whose resources are at hand.
    """
    own = f"{_PREFIX}{subscription}/"
    return frozenset(
        owning_resource(text)
        for one in projections
        for name in _REFERENCES.get(one.get("kind", ""), ())
        for text in _ids(one[name])
        if not text.startswith(own)
    )


def _ids(value: Any) -> Iterator[str]:
    """Every ARM id in a JSON value, lower-cased."""
    if isinstance(value, str):
        if value[:1] == "/" and (lowered := value.lower()).startswith(_PREFIX):
            yield lowered
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _ids(name)
            if name not in _NO_REFERENCE:
                yield from _ids(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _ids(inner)


def is_wanted(projection: Mapping[str, Any], wanted: frozenset[str]) -> bool:
    """Whether a projection is of one of the resources, or of what it does not name itself.

    That is a part that stands below one, and an interface in a virtual network.
    """
    if projection.get("kind") not in BORROWED_KINDS:
        return False
    key = str(projection["id"]).lower()
    if key in wanted or key.rsplit("/", 2)[0] in wanted:
        return True
    return projection["kind"] == "interface" and any(
        owning_resource((one["subnet"] or "").lower()) in wanted for one in projection["configurations"]
    )
