"""Management groups: what lies below one.

The tenant's root group, whose id is the tenant's, holds every subscription. Other groups are resources of the
estate (`Microsoft.Management/managementGroups`) with `properties.children` as a GET with `$expand=children`
and `$recurse` shows them (managementgroups/resource-manager/Microsoft.Management/stable/2020-05-01).
"""

from collections.abc import Iterator
from typing import Any, Final

from devhost.azure.arm_id import ArmPath
from devhost.azure.errors import ArmError
from devhost.azure.estate import Estate

DESCENDANTS: Final = "microsoft.management/managementgroups/descendants"
_GROUP: Final = "Microsoft.Management/managementGroups"
_SUBSCRIPTION: Final = "/subscriptions"


def descendants(estate: Estate, tenant_id: str, path: ArmPath) -> list[dict[str, Any]]:
    """Groups and subscriptions below the group of `path`.

    Raises:
        ArmError: 403 where there is none, as the service answers for groups that the caller cannot see.
    """
    group = path.path.rstrip("/").rsplit("/", 1)[0]
    name = group.rsplit("/", 1)[-1]
    stored = estate.find(group)
    if stored is not None and not stored.malformed:
        return list(_below(stored.decoded(), group))
    if name.lower() == tenant_id.lower():
        ids = sorted(estate.subscriptions)
        return [_descendant(f"/subscriptions/{one}", _SUBSCRIPTION, one, group) for one in ids]
    raise ArmError(403, "AuthorizationFailed", f"The client may not read the management group '{name}'.")


def _below(group: dict[str, Any], parent: str) -> Iterator[dict[str, Any]]:
    properties = group.get("properties") if "properties" in group else group
    for child in (properties or {}).get("children") or ():
        kind = _SUBSCRIPTION if str(child.get("type", "")).lower().endswith("/subscriptions") else _GROUP
        yield _descendant(str(child["id"]), kind, str(child["name"]), parent)
        yield from _below(child, str(child["id"]))


def _descendant(resource_id: str, kind: str, name: str, parent: str) -> dict[str, Any]:
    return {
        "id": resource_id,
        "type": kind,
        "name": name,
        "properties": {"displayName": name, "parent": {"id": parent}},
    }
