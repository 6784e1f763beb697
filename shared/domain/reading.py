"""What a scan reads: listings of one source each, in subscriptions or in a directory."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

DIRECTORY_PREFIX: Final = "tenant-"
"""How the id of a Microsoft Entra directory begins where a subscription's id stands elsewhere."""

SUBSCRIPTION_TYPE: Final = "microsoft.resources/subscriptions"
"""Type of a subscription as a resource: what is read of it as a whole hangs below it."""

DIRECTORY_TYPE: Final = "graph/tenants"
"""Type of a directory as a resource."""


class Source(StrEnum):
    """Where the rows of a listing come from: a table of Resource Graph, or the scopes themselves."""

    RESOURCES = "resources"
    AUTHORIZATION = "authorizationresources"
    APP_SERVICE = "appserviceresources"
    COMPUTE = "computeresources"
    POLICY = "policyresources"
    SECURITY = "securityresources"
    SCOPE = "scope"
    """One row for each subscription, or directory, that is read: what hangs below it is read from there."""


class Listing(BaseModel):
    """One listing: all rows of some types, page by page."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    source: Source
    types: tuple[str, ...] = Field(description="lower-cased")
    directory: bool = Field(default=False, description="of a directory rather than of subscriptions")


_ALSO_KNOWN_AS: Final = {
    "microsoft.web/sites/config/web": "microsoft.web/sites/config",
    "microsoft.web/sites/slots/config/web": "microsoft.web/sites/slots/config",
}
"""Types that Resource Graph gives another name than Resource Manager does (supported tables, appservice)."""


def canonical_type(kind: str) -> str:
    """The lower-cased type as Resource Manager names it."""
    lowered = kind.lower()
    return _ALSO_KNOWN_AS.get(lowered, lowered)


def asked_types(types: tuple[str, ...]) -> tuple[str, ...]:
    """Types with every name that a listing may have them under."""
    return (*types, *(alias for alias, kind in _ALSO_KNOWN_AS.items() if kind in types))


def is_directory(scope_id: str) -> bool:
    """Whether the id of a scope is a directory's."""
    return scope_id.startswith(DIRECTORY_PREFIX)


def scope_resource_id(scope_id: str) -> str:
    """The resource id of a subscription or directory."""
    if is_directory(scope_id):
        return f"/tenants/{scope_id.removeprefix(DIRECTORY_PREFIX)}"
    return f"/subscriptions/{scope_id}"
