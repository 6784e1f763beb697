"""Kinds of data stores, and the actions that open what is in them.

Actions: https://learn.microsoft.com/azure/role-based-access-control/resource-provider-operations
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.rules.access.roles import Role

STORAGE: Final = "microsoft.storage/storageaccounts"
VAULT: Final = "microsoft.keyvault/vaults"
SQL: Final = "microsoft.sql/servers"
COSMOS: Final = "microsoft.documentdb/databaseaccounts"
POSTGRESQL: Final = "microsoft.dbforpostgresql/flexibleservers"
MYSQL: Final = "microsoft.dbformysql/flexibleservers"
REDIS: Final = "microsoft.cache/redis"


class Condition(StrEnum):
    """What must be so of a store for an access to work."""

    KEYS_WORK = "keys_work"
    """Its keys open it: local or shared-key authentication is not switched off."""
    ROLES_DECIDE = "roles_decide"
    """A vault whose data roles open."""
    POLICIES_DECIDE = "policies_decide"
    """A vault whose data access policies open."""


@dataclass(frozen=True, slots=True)
class Access:
    """One way to what is in a store, open to who may do any of these."""

    words: str
    actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    condition: Condition | None = None

    def allowed_by(self, role: Role, *, whole: bool = True) -> bool:
        """The role permits one of the actions.

        Args:
            whole: it is held at the store or above it. At a part, such as a container, only data is opened.
        """
        return (whole and any(map(role.allows, self.actions))) or any(
            map(role.allows_data, self.data_actions)
        )


@dataclass(frozen=True, slots=True)
class StoreKind:
    """One type of store."""

    type: str
    label: str
    impact: int
    """What losing it means, 0 to 100."""
    network: str
    """Management action that lets its holder open the store's own network rules."""
    accesses: tuple[Access, ...]


ASSIGN: Final = "Microsoft.Authorization/roleAssignments/write"
"""Who may do this gives themselves any role at the scope (short of a condition on their own)."""

_S: Final = "Microsoft.Storage/storageAccounts"
_V: Final = "Microsoft.KeyVault/vaults"
_D: Final = "Microsoft.DocumentDB/databaseAccounts"

KINDS: Final[Mapping[str, StoreKind]] = {
    one.type: one
    for one in (
        StoreKind(
            STORAGE,
            "storage account",
            80,
            f"{_S}/write",
            (
                Access("read its blobs", data_actions=(f"{_S}/blobServices/containers/blobs/read",)),
                Access("read its files", data_actions=(f"{_S}/fileServices/fileshares/files/read",)),
                Access("read its tables", data_actions=(f"{_S}/tableServices/tables/entities/read",)),
                Access("read its queues", data_actions=(f"{_S}/queueServices/queues/messages/read",)),
                Access(
                    "list its keys",
                    (f"{_S}/listKeys/action", f"{_S}/listAccountSas/action"),
                    condition=Condition.KEYS_WORK,
                ),
            ),
        ),
        StoreKind(
            VAULT,
            "key vault",
            90,
            f"{_V}/write",
            (
                Access(
                    "read its secrets",
                    data_actions=(f"{_V}/secrets/getSecret/action",),
                    condition=Condition.ROLES_DECIDE,
                ),
                Access(
                    "decrypt with its keys",
                    data_actions=(f"{_V}/keys/decrypt/action", f"{_V}/keys/unwrap/action"),
                    condition=Condition.ROLES_DECIDE,
                ),
                Access(
                    "give itself an access policy",
                    (f"{_V}/accessPolicies/write", f"{_V}/write"),
                    condition=Condition.POLICIES_DECIDE,
                ),
            ),
        ),
        StoreKind(
            SQL,
            "SQL server",
            85,
            "Microsoft.Sql/servers/write",
            (
                Access(
                    "make itself its administrator",
                    ("Microsoft.Sql/servers/administrators/write", "Microsoft.Sql/servers/write"),
                ),
            ),
        ),
        StoreKind(
            COSMOS,
            "Cosmos DB account",
            85,
            f"{_D}/write",
            (
                Access(
                    "list its keys",
                    (
                        f"{_D}/listKeys/action",
                        f"{_D}/readonlykeys/action",
                        f"{_D}/listConnectionStrings/action",
                    ),
                    condition=Condition.KEYS_WORK,
                ),
                Access("give itself a data role", (f"{_D}/sqlRoleAssignments/write",)),
            ),
        ),
        StoreKind(
            POSTGRESQL,
            "PostgreSQL server",
            85,
            "Microsoft.DBforPostgreSQL/flexibleServers/write",
            (
                Access(
                    "make itself its administrator",
                    (
                        "Microsoft.DBforPostgreSQL/flexibleServers/administrators/write",
                        "Microsoft.DBforPostgreSQL/flexibleServers/write",
                    ),
                ),
            ),
        ),
        StoreKind(
            MYSQL,
            "MySQL server",
            85,
            "Microsoft.DBforMySQL/flexibleServers/write",
            (
                Access(
                    "make itself its administrator",
                    (
                        "Microsoft.DBforMySQL/flexibleServers/administrators/write",
                        "Microsoft.DBforMySQL/flexibleServers/write",
                    ),
                ),
            ),
        ),
        StoreKind(
            REDIS,
            "Redis cache",
            60,
            "Microsoft.Cache/redis/write",
            (
                Access(
                    "list its keys", ("Microsoft.Cache/redis/listKeys/action",), condition=Condition.KEYS_WORK
                ),
            ),
        ),
    )
}
"""By lower-cased type."""
