"""Keys, secrets and certificates of Key Vaults: their attributes, never a value.

Data plane, API version 7.4: https://learn.microsoft.com/rest/api/keyvault/keys/get-keys/get-keys and its
siblings. Reading needs the role Key Vault Reader, or list permissions of an access policy.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from shared.ports.errors import InventoryDeniedError
from shared.ports.reads import AzureReads
from shared.scanners.collectors._lists import guarded, refusal
from shared.scanners.details import Detail

VAULT_TYPE: Final = "microsoft.keyvault/vaults"
KEYS: Final = f"{VAULT_TYPE}/keys"
SECRETS: Final = f"{VAULT_TYPE}/secrets"
CERTIFICATES: Final = f"{VAULT_TYPE}/certificates"

_PERMISSIONS: Final = {
    KEYS: "data:Microsoft.KeyVault/vaults/keys/read",
    SECRETS: "data:Microsoft.KeyVault/vaults/secrets/readMetadata/action",
    CERTIFICATES: "data:Microsoft.KeyVault/vaults/certificates/read",
}
"""https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/security#key-vault-reader"""
_ROTATION: Final = "data:Microsoft.KeyVault/vaults/keyrotationpolicies/read"
_UNREAD: Final = "rotationPolicyUnread"
_KEPT: Final = ("attributes", "contentType", "managed")
_POLICIES_AT_ONCE: Final = 8


class KeyVaultCollector:
    """Lists what is in a vault."""

    name = "key-vault"
    parents = (VAULT_TYPE,)
    types = (KEYS, SECRETS, CERTIFICATES)
    keeps = ("vaultUri",)
    opt_in = False

    @property
    def permissions(self) -> Mapping[str, tuple[str, ...]]:
        """Data actions by type."""
        named = {kind: (permission,) for kind, permission in _PERMISSIONS.items()}
        return named | {KEYS: (*named[KEYS], _ROTATION)}

    async def read(
        self, parent: Mapping[str, Any], wanted: frozenset[str], reads: AzureReads
    ) -> Sequence[Detail]:
        """One list for each wanted kind of object."""
        uri = parent["properties"].get("vaultUri")
        if not isinstance(uri, str) or not uri:
            return [Detail(kind, reason="properties.vaultUri: missing") for kind in sorted(wanted)]
        found = [
            await guarded(kind, _PERMISSIONS[kind], self._rows(kind, parent["id"], uri.rstrip("/"), reads))
            for kind in self.types
            if kind in wanted
        ]
        return [_without_policies(one) if one.type == KEYS else one for one in found]

    async def _rows(self, kind: str, vault_id: str, uri: str, reads: AzureReads) -> list[dict[str, Any]]:
        collection = kind.rsplit("/", 1)[-1]
        rows = [_row(vault_id, collection, one) for one in await reads.vault_list(uri, f"/{collection}")]
        if kind == KEYS:
            await _add_rotation(rows, uri, reads)
        return rows


def _without_policies(keys: Detail) -> Detail:
    """Keys whose rotation policies are refused are no whole list, though each is known."""
    refused = (one["properties"].get(_UNREAD) for one in keys.rows if one["properties"] is not None)
    reason = next((one for one in refused if one is not None), None)
    return keys if reason is None else Detail(KEYS, keys.rows, reason=reason, denied=True)


def _row(vault_id: str, collection: str, entry: Any) -> dict[str, Any]:
    """An entry of a list as a child resource of the vault. Its `kid` or `id` ends with its name."""
    identity = (entry.get("kid") or entry.get("id")) if isinstance(entry, Mapping) else None
    if not isinstance(identity, str):
        return {"id": None, "properties": None}
    name = identity.rstrip("/").rsplit("/", 1)[-1]
    kept = {member: entry[member] for member in _KEPT if entry.get(member) is not None}
    return {"id": f"{vault_id}/{collection}/{name}", "name": name, "properties": kept}


async def _add_rotation(rows: list[dict[str, Any]], uri: str, reads: AzureReads) -> None:
    """Add the rotation policy of each key that people manage; where it is refused, say so."""
    gate = asyncio.Semaphore(_POLICIES_AT_ONCE)

    async def one(row: dict[str, Any]) -> None:
        async with gate:
            try:
                policy = await reads.vault_get(uri, f"/keys/{row['name']}/rotationpolicy")
            except InventoryDeniedError as error:
                row["properties"][_UNREAD] = refusal(error, _ROTATION)
                return
        row["properties"]["rotationPolicy"] = {} if policy is None else policy

    await asyncio.gather(*(one(row) for row in rows if row["id"] and not row["properties"].get("managed")))


COLLECTORS: Final = (KeyVaultCollector(),)
