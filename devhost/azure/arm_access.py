"""What the caller may see in Resource Manager, and what must exist before its contents can be listed."""

from typing import Final

from devhost.azure.arm_id import ArmPath, parse
from devhost.azure.errors import ArmError, authorization_failed, resource_not_found
from devhost.azure.estate import Estate
from devhost.azure.faults import Faults
from devhost.azure.nested import resource_at

_SINGLETONS: Final = frozenset({"default", "current", "configreferences"})
"""Names of children that every parent has, whether or not the estate holds them (`blobServices/default`)."""


_PUBLISHED: Final = {
    "microsoft.security/jitnetworkaccesspolicies": "Microsoft.Security/locations/jitNetworkAccessPolicies",
    "microsoft.subscription/policies": "Microsoft.Subscription/Policies/default",
}
"""Types of lists that Azure's operations name otherwise (learn.microsoft.com/azure/role-based-access-control,
"Azure permissions for Security" and "Azure permissions for General")."""


def read_action(resource_type: str) -> str:
    """The action that reading this type, or a list of it, needs."""
    return f"{_PUBLISHED.get(resource_type.lower(), resource_type)}/read"


def require_visible(estate: Estate, faults: Faults, path: ArmPath, action: str) -> None:
    """Refuse what the caller may not do, or a subscription or group that does not exist.

    Raises:
        ArmError: 404 SubscriptionNotFound or ResourceGroupNotFound, 403 AuthorizationFailed.
    """
    if path.subscription is not None:
        if path.subscription.lower() not in estate.subscriptions:
            raise ArmError(
                404, "SubscriptionNotFound", f"The subscription '{path.subscription}' could not be found."
            )
        if faults.hides(path.subscription):
            raise authorization_failed(action, path.path)
    if not faults.grants(action):
        raise authorization_failed(action, path.path)
    if path.resource_group is not None and path.subscription is not None:
        key = (path.subscription.lower(), path.resource_group.lower())
        if key not in estate.resource_groups:
            raise ArmError(
                404, "ResourceGroupNotFound", f"Resource group '{path.resource_group}' could not be found."
            )


def require_owner(estate: Estate, path: ArmPath) -> None:
    """Refuse a child, an extension or a list of them whose parent resource does not exist.

    Raises:
        ArmError: 404 ParentResourceNotFound for a child, ResourceNotFound for an extension.
    """
    owner = parse(path.parent or path.scope)
    if is_known(estate, owner):
        return
    if path.parent is None:
        raise resource_not_found(owner.path)
    raise ArmError(
        404,
        "ParentResourceNotFound",
        f"Failed to perform 'read' on resource(s) of type '{'/'.join(path.types)}', because the parent "
        f"resource '{owner.path}' could not be found.",
    )


def is_known(estate: Estate, path: ArmPath) -> bool:
    """Whether the estate has this resource: itself, inside another, implied by a child, or a singleton."""
    if path.namespace is None:
        return True
    if estate.find(path.path) is not None or resource_at(estate, path) is not None:
        return True
    if path.types[-1:] and path.types[-1].lower() == "locations" and path.parent is None:
        return True
    if estate.has_below(path.key + "/"):
        return True
    return (
        path.name.lower() in _SINGLETONS and path.parent is not None and is_known(estate, parse(path.parent))
    )
