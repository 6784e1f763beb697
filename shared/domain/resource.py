"""An Azure resource as the inventory read it, and what can be said from its ARM id alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from shared.domain.reading import DIRECTORY_TYPE, SUBSCRIPTION_TYPE, canonical_type


@dataclass(frozen=True, slots=True)
class Resource:
    """One ARM resource. `type` is lower-cased, `id` keeps Azure's spelling, `properties` is ARM's object."""

    id: str
    name: str
    type: str
    subscription_id: str
    resource_group: str
    location: str
    tags: Mapping[str, str]
    sku: Mapping[str, Any]
    kind: str
    properties: Mapping[str, Any]
    identity: Mapping[str, Any] = field(default_factory=dict)
    managed_by: str = ""

    @property
    def key(self) -> str:
        """The id as it is compared: ARM ids are case-insensitive."""
        return self.id.lower()

    @property
    def is_scope(self) -> bool:
        """Whether it stands for a subscription or directory as a whole."""
        return self.type in (SUBSCRIPTION_TYPE, DIRECTORY_TYPE)


class UnreadableResourceError(ValueError):
    """A row of the inventory is not a resource; `resource_id` and `type` as far as they could be told."""

    def __init__(self, reason: str, resource_id: str | None = None, resource_type: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.resource_id = resource_id
        self.type = resource_type


@dataclass(frozen=True, slots=True)
class ArmId:
    """The parts of an ARM id."""

    subscription_id: str
    resource_group: str
    type: str
    name: str


_MAX_ID: Final = 2048


def parse_arm_id(resource_id: str) -> ArmId:
    """Split an ARM id; the type is lower-cased, nested types are joined (`.../virtualnetworks/subnets`).

    Raises:
        ValueError: not the id of a resource in a subscription.
    """
    if len(resource_id) > _MAX_ID:
        raise ValueError("ARM id is too long")
    parts = resource_id.strip("/").split("/")
    lowered = [part.lower() for part in parts]
    if len(parts) < 2 or lowered[0] != "subscriptions" or not all(parts):
        raise ValueError("not an ARM resource id")
    group = parts[3] if len(parts) > 3 and lowered[2] == "resourcegroups" else ""
    if "providers" not in lowered:
        raise ValueError("ARM id names no provider")
    start = len(lowered) - 1 - lowered[::-1].index("providers")
    tail = parts[start + 1 :]
    if len(tail) < 3 or len(tail) % 2 == 0:
        raise ValueError("ARM id names no resource")
    kind = "/".join([tail[0], *tail[1::2]]).lower()
    return ArmId(parts[1], group, kind, tail[-1])


def outermost_types(resource_ids: Iterable[str]) -> frozenset[str]:
    """`microsoft.sql/servers` of `.../servers/s/databases/d`; what is no ARM id has none."""
    found = set()
    for resource_id in resource_ids:
        lowered = resource_id.lower().strip("/").split("/")
        at = lowered.index("providers") if "providers" in lowered else len(lowered)
        if len(lowered) > at + 2:
            found.add("/".join(lowered[at + 1 : at + 3]))
    return frozenset(found)


def parent_id(resource_id: str) -> str:
    """The id of the resource that a child or an extension resource belongs to, as far as the id tells.

    `.../servers/s/firewallRules/r` belongs to `.../servers/s`, `{id}/providers/Ns/kind/n` to `{id}`.
    """
    head, _, tail = resource_id.rpartition("/providers/")
    if head and tail.count("/") == 2:
        return head
    return resource_id.rsplit("/", 2)[0]


def parents(resource_id: str, *, nested: bool = False) -> tuple[str, ...]:
    """The ids of the resources that a child belongs to, nearest first, as far as the id tells.

    Args:
        nested: only of the same provider: a child of a child, and not what an extension extends.
    """
    found = []
    while resource_id.rpartition("/providers/")[2].count("/") > 2:
        resource_id = resource_id.rsplit("/", 2)[0]
        found.append(resource_id)
    head = resource_id.rpartition("/providers/")[0]
    if head and not nested:
        found.append(head)
    return tuple(found)


def parse_row(row: object, *, within: str | None = None) -> Resource:
    """Build a Resource from one row of Resource Graph, ARM or Microsoft Graph.

    Args:
        within: the subscription (or `tenant-...` directory) that the row was read for; its id may then be one
            of a higher scope, such as an assignment at a management group, or `/tenants/...` of a directory.

    Raises:
        UnreadableResourceError: the row lacks what every resource has, or has it in another shape.
    """
    if not isinstance(row, dict):
        raise UnreadableResourceError("row is not an object")
    resource_id, kind = row.get("id"), row.get("type")
    known_id = resource_id if isinstance(resource_id, str) else None
    known_type = canonical_type(kind) if isinstance(kind, str) else None
    if known_id is None or known_type is None:
        raise UnreadableResourceError("row has no id or no type", known_id, known_type)
    try:
        parsed = parse_arm_id(known_id)
    except ValueError as error:
        if within is None or not known_id.startswith("/") or len(known_id) > _MAX_ID:
            raise UnreadableResourceError(str(error), known_id, known_type) from error
        parsed = ArmId(within, "", known_type, known_id.rsplit("/", 1)[-1])
    properties = row.get("properties")
    if not isinstance(properties, dict):
        raise UnreadableResourceError("properties is not an object", known_id, known_type)
    tags, sku, identity = (row.get(member) or {} for member in ("tags", "sku", "identity"))
    if not isinstance(tags, dict) or not isinstance(sku, dict) or not isinstance(identity, dict):
        raise UnreadableResourceError("tags, sku or identity is not an object", known_id, known_type)
    name = row.get("name")
    return Resource(
        id=known_id,
        name=name if isinstance(name, str) else parsed.name,
        type=known_type,
        subscription_id=(within or parsed.subscription_id).lower(),
        resource_group=parsed.resource_group,
        location=str(row.get("location") or ""),
        tags=tags,
        sku=sku,
        kind=str(row.get("kind") or ""),
        properties=properties,
        identity=identity,
        managed_by=str(row.get("managedBy") or ""),
    )
