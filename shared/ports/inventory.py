"""Reading Azure: subscriptions, pages of resources, single resources, and what the identity may read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol


class InventoryQuery(StrEnum):
    """The bulk queries of the product, one for each table; their texts live in the adapter, in one module."""

    RESOURCES = "resources"
    AUTHORIZATION = "authorizationresources"
    APP_SERVICE = "appserviceresources"
    COMPUTE = "computeresources"
    POLICY = "policyresources"
    SECURITY = "securityresources"


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription the identity can see."""

    subscription_id: str
    name: str
    state: str
    tenant_id: str = ""
    """The directory that it trusts; empty when Azure does not say."""


@dataclass(frozen=True, slots=True)
class InventoryPage:
    """One page of rows as Azure sent them (each is meant to be an object, but is not checked here)."""

    rows: Sequence[Any]
    total: int
    next_token: str | None
    page_size: int
    """$top that gave this page: smaller than asked for when the answer would have been too large."""


@dataclass(frozen=True, slots=True)
class Permissions:
    """What the identity may do at a scope: unions of actions less notActions, per assignment."""

    grants: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    known: bool = True
    """False when Azure does not answer the question at that scope: the empty `grants` then prove nothing."""

    def allows(self, action: str) -> bool:
        """Whether some grant's actions match (with `*`) and its notActions do not; case-insensitive.

        Always False when the permissions are not `known`: ask `known` before taking that for a refusal.
        """
        return any(
            any(_matches(pattern, action) for pattern in actions)
            and not any(_matches(pattern, action) for pattern in excluded)
            for actions, excluded in self.grants
        )


def _matches(pattern: str, action: str) -> bool:
    head, *rest = pattern.lower().split("*")
    text = action.lower()
    if not rest:
        return text == head
    if not text.startswith(head):
        return False
    text = text[len(head) :]
    for middle in rest[:-1]:
        at = text.find(middle)
        if at < 0:
            return False
        text = text[at + len(middle) :]
    return text.endswith(rest[-1])


class Inventory(Protocol):
    """Azure as far as the identity can see it. Every call may raise InventoryError or a subclass."""

    async def subscriptions(self) -> list[Subscription]:
        """Every subscription visible to the identity."""
        ...

    async def subscription(self, subscription_id: str) -> Subscription | None:
        """One subscription; None when Azure says there is none.

        Raises:
            InventoryDeniedError: it exists, or may exist, but is refused.
        """
        ...

    async def management_group_subscriptions(self, group_id: str) -> list[str]:
        """Ids of the subscriptions anywhere below a management group, sorted.

        Raises:
            InventoryDeniedError: it exists, or may exist, but is refused.
            InventoryError: there is none of that id, or Azure failed.
        """
        ...

    async def permissions(self, subscription_id: str, resource_group: str | None = None) -> Permissions:
        """What the identity may do at that scope."""
        ...

    async def page(
        self,
        query: InventoryQuery,
        subscriptions: Sequence[str],
        *,
        types: Sequence[str],
        resource_group: str | None = None,
        skip_token: str | None = None,
        page_size: int | None = None,
    ) -> InventoryPage:
        """One page of resources of those types (lower-cased), ordered by id.

        Raises:
            InventoryDeniedError: no subscription of the list may be read.
            InventoryError: transient or final, after the client's own retries.
        """
        ...

    async def get(self, resource_id: str) -> Mapping[str, Any] | None:
        """A resource as ARM has it now; None when ARM answers 404."""
        ...
