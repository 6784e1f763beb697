"""Azure resource ids taken apart.

Grammar: ``/subscriptions/{guid}[/resourceGroups/{name}][/providers/{namespace}{/{type}/{name}}...]``
where an extension resource repeats the ``/providers/`` part. Ids compare without regard to case.
"""

from dataclasses import dataclass

_PROVIDERS = "providers"


@dataclass(frozen=True, slots=True)
class ArmPath:
    """One request path (or id), split; members keep the case in which they were written."""

    path: str
    subscription: str | None
    resource_group: str | None
    namespace: str | None
    """Namespace of the last ``/providers/`` part."""
    types: tuple[str, ...]
    names: tuple[str, ...]
    """As many as ``types`` for a resource, one fewer for a collection."""
    scope: str
    """What stands before the last ``/providers/``: the resource or group that it extends."""

    @property
    def key(self) -> str:
        """The path for comparison: lower-cased."""
        return self.path.lower()

    @property
    def resource_type(self) -> str:
        """``namespace/type[/type...]`` as written, empty when the path names no provider."""
        return "/".join((self.namespace, *self.types)) if self.namespace else ""

    @property
    def is_collection(self) -> bool:
        """True when the path names a type and no name after it."""
        return len(self.types) == len(self.names) + 1

    @property
    def is_resource(self) -> bool:
        """True when the path names one resource of a provider."""
        return bool(self.types) and len(self.types) == len(self.names)

    @property
    def parent(self) -> str | None:
        """The id of the resource that a child or child collection belongs to, None for a top-level type."""
        if len(self.types) < 2:
            return None
        return self.path.rsplit("/", 2 if self.is_resource else 1)[0]

    @property
    def name(self) -> str:
        """The last segment."""
        return self.path.rsplit("/", 1)[-1]


def parse(path: str) -> ArmPath:
    """Split ``path``; whatever it does not name is None or empty."""
    path = "/" + path.strip("/")
    parts = path.split("/")[1:]
    lowered = [part.lower() for part in parts]
    subscription = parts[1] if len(parts) > 1 and lowered[0] == "subscriptions" else None
    group = None
    if subscription is not None and len(parts) > 3 and lowered[2] == "resourcegroups":
        group = parts[3]
    namespace, tail, scope = None, [], path
    if _PROVIDERS in lowered:
        last = len(lowered) - 1 - lowered[::-1].index(_PROVIDERS)
        scope = "/" + "/".join(parts[:last]) if last else "/"
        if last + 1 < len(parts):
            namespace, tail = parts[last + 1], parts[last + 2 :]
    return ArmPath(path, subscription, group, namespace, tuple(tail[0::2]), tuple(tail[1::2]), scope)


def placement(resource_id: str) -> tuple[str, str]:
    """``(subscription, resource group)`` of an id as written; empty where it has none."""
    parts = resource_id.split("/", 5)
    if len(parts) < 3 or parts[1].lower() != "subscriptions":
        return "", ""
    in_group = len(parts) > 4 and parts[3].lower() == "resourcegroups"
    return parts[2], parts[4] if in_group else ""


def scope_prefix(subscription: str, resource_group: str | None = None) -> str:
    """What the lower-cased ids of everything in that scope begin with."""
    prefix = f"/subscriptions/{subscription}/"
    if resource_group is not None:
        prefix += f"resourcegroups/{resource_group}/"
    return prefix.lower()
