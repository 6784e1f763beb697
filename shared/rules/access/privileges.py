"""Roles that amount to a whole subscription.

https://learn.microsoft.com/azure/role-based-access-control/role-assignments-steps#privileged-administrator-roles
"""

from __future__ import annotations

from typing import Final

from shared.rules.access.roles import Role
from shared.rules.access.store_kinds import ASSIGN

_EVERYTHING: Final = (
    "Microsoft.Compute/virtualMachines/write",
    "Microsoft.KeyVault/vaults/write",
    "Microsoft.Network/virtualNetworks/write",
    "Microsoft.Storage/storageAccounts/write",
    "Microsoft.Web/sites/write",
)
"""Who may write resources of such different services may write all that matters here."""


def control_of(role: Role) -> str | None:
    """What somebody with the role on a subscription can do with all of it; None: nothing like it."""
    if role.allows(ASSIGN):
        return "assign any role"
    if all(map(role.allows, _EVERYTHING)):
        return "change every resource"
    return None
