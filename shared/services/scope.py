"""Scope: which subscriptions a scan reads, which it cannot, and which types in them it may not see."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Final

from shared.domain.coverage import CoverageStatus, SubscriptionCoverage, TypeCoverage
from shared.domain.reading import DIRECTORY_PREFIX, is_directory
from shared.ports.errors import InventoryDeniedError, InventoryError
from shared.ports.inventory import Inventory, Permissions

_AT_ONCE: Final = 8
"""Permission reads in flight: ARM allows 25 reads a second and subscription."""


@dataclass(slots=True)
class Scope:
    """What resolving found out."""

    readable: list[str] = field(default_factory=list)
    subscriptions: list[SubscriptionCoverage] = field(default_factory=list)
    types: list[TypeCoverage] = field(default_factory=list)
    directories: list[str] = field(default_factory=list)


async def resolve(
    inventory: Inventory,
    wanted: tuple[str, ...] | None,
    types: tuple[str, ...],
    resource_group: str | None,
    *,
    directories: bool = False,
    known: frozenset[str] = frozenset(),
) -> Scope:
    """Find the wanted subscriptions (None = all visible) and check that their types may be read.

    Args:
        types: of Azure resources, lower-cased.
        directories: whether the directories that the subscriptions trust are read too.
        known: scopes resolved before; a directory among them is only taken up again when `wanted` names it.

    Raises:
        InventoryError: Azure does not answer at all (transient), so nothing can be said.
    """
    trusts = {one.subscription_id.lower(): one.tenant_id.lower() for one in await inventory.subscriptions()}
    visible = set(trusts)
    named = sorted(visible) if wanted is None else list(dict.fromkeys(one.lower() for one in wanted))
    asked = [one for one in named if not is_directory(one)]
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(subscription_id: str) -> Scope:
        async with gate:
            return await _resolve_one(inventory, subscription_id, visible, types, resource_group)

    scope = Scope()
    for part in await asyncio.gather(*(one(subscription_id) for subscription_id in asked)):
        scope.readable += part.readable
        scope.subscriptions += part.subscriptions
        scope.types += part.types
    if directories:
        trusted = {DIRECTORY_PREFIX + trusts[one] for one in scope.readable if trusts.get(one)}
        scope.directories = sorted((trusted - known) | {one for one in named if is_directory(one)})
        scope.subscriptions += [
            SubscriptionCoverage(subscription_id=one, status=CoverageStatus.READ) for one in scope.directories
        ]
    return scope


async def _resolve_one(
    inventory: Inventory,
    subscription_id: str,
    visible: set[str],
    types: tuple[str, ...],
    resource_group: str | None,
) -> Scope:
    if subscription_id not in visible:
        return await _invisible(inventory, subscription_id)
    try:
        permissions = await inventory.permissions(subscription_id, resource_group)
    except InventoryDeniedError:
        # A role may read resources and not permissions: read on, and say that completeness is not proven.
        permissions = Permissions(grants=(), known=False)
    except InventoryError as error:
        # One subscription that does not answer must not hold up the others; a resume asks it again.
        return _refused(subscription_id, str(error), CoverageStatus.FAILED)
    scope = Scope(readable=[subscription_id])
    where = f"resource group {resource_group}" if resource_group else "subscription"
    for kind in types:
        if permissions.known and permissions.allows(f"{kind}/read"):
            continue
        status = CoverageStatus.DENIED if permissions.known else CoverageStatus.PARTIAL
        reason = (
            f"the identity lacks {kind}/read at {where} scope"
            if permissions.known
            else "Azure did not say what the identity may read here, so completeness cannot be proven"
        )
        scope.types.append(
            TypeCoverage(subscription_id=subscription_id, type=kind, status=status, reason=reason)
        )
    scope.subscriptions.append(
        SubscriptionCoverage(
            subscription_id=subscription_id,
            status=CoverageStatus.PARTIAL if scope.types else CoverageStatus.READ,
            reason=scope.types[0].reason if scope.types else None,
        )
    )
    return scope


async def _invisible(inventory: Inventory, subscription_id: str) -> Scope:
    """Why a subscription that was asked for is not in the identity's list."""
    try:
        found = await inventory.subscription(subscription_id)
    except InventoryDeniedError:
        return _refused(subscription_id, "the identity has no access to this subscription")
    except InventoryError as error:
        reason = f"the subscription could not be looked up: {error}"
        return _refused(subscription_id, reason, CoverageStatus.FAILED)
    if found is None:
        return _refused(subscription_id, "no subscription with this id is known to Azure")
    return _refused(subscription_id, "the subscription is not listed for the identity")


def _refused(subscription_id: str, reason: str, status: CoverageStatus = CoverageStatus.DENIED) -> Scope:
    return Scope(
        subscriptions=[SubscriptionCoverage(subscription_id=subscription_id, status=status, reason=reason)]
    )
