"""Who may look into a key vault: its network first, then its own permission model.

Sources: learn.microsoft.com "Configure Azure Key Vault networking settings" and "Azure Key Vault REST API
Error Codes". A vault with role-based access needs data actions ("Azure resource provider operations",
Microsoft.KeyVault), one with access policies the permission of its policy.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from devhost.azure.errors import VaultError
from devhost.azure.faults import Faults

_DATA_ACTIONS: Final = {
    ("keys", "list"): "Microsoft.KeyVault/vaults/keys/read",
    ("keys", "getrotationpolicy"): "Microsoft.KeyVault/vaults/keyrotationpolicies/read",
    ("secrets", "list"): "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
    ("certificates", "list"): "Microsoft.KeyVault/vaults/certificates/read",
    ("certificates", "get"): "Microsoft.KeyVault/vaults/certificates/read",
}
"""What an operation needs in a vault with role-based access."""


@dataclass(frozen=True, slots=True)
class Vault:
    """A key vault as its data plane sees itself; ``uri`` ends with a slash."""

    resource_id: str
    name: str
    uri: str
    role_based: bool
    public: bool
    """False when public network access is off."""
    open_to_all: bool
    """False when the firewall admits only what it lists."""

    @classmethod
    def read(cls, resource: Mapping[str, Any]) -> "Vault":
        """The vault of an ARM resource."""
        own = resource.get("properties")
        properties: Mapping[str, Any] = own if isinstance(own, Mapping) else {}
        name = str(resource["id"]).rsplit("/", 1)[-1]
        rules = properties.get("networkAcls")
        action = rules.get("defaultAction") if isinstance(rules, Mapping) else None
        return cls(
            str(resource["id"]),
            name.lower(),
            f"https://{name.lower()}.vault.azure.net/",
            properties.get("enableRbacAuthorization") is True,
            str(properties.get("publicNetworkAccess") or "Enabled").lower() != "disabled",
            str(action or "Allow").lower() != "deny",
        )


def require_access(faults: Faults, vault: Vault, kind: str, operation: str) -> None:
    """Refuse what the vault's network or permissions do not let the caller do.

    Raises:
        VaultError: 403 Forbidden, the reason in ``innererror.code``.
    """
    if not vault.public:
        raise VaultError(
            403,
            "Forbidden",
            "Public network access is disabled and request is not from a trusted service nor via an approved "
            f"private link.\r\nVault: {vault.name}",
            reason="ForbiddenByConnection",
        )
    if not vault.open_to_all:
        raise VaultError(
            403,
            "Forbidden",
            f"Client address is not authorized and caller is not a trusted service.\r\nVault: {vault.name}",
            reason="ForbiddenByFirewall",
        )
    refused = vault.name in (name.lower() for name in faults.deny.vaults)
    action = _DATA_ACTIONS[kind, operation]
    if vault.role_based and (refused or not faults.grants_data(action)):
        raise VaultError(
            403,
            "Forbidden",
            "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny "
            "assignments or role definitions were changed recently, please observe propagation time.\r\n"
            f"Action: '{action}'\r\nVault: {vault.name}",
            reason="ForbiddenByRbac",
        )
    denied = {name.lower() for name in faults.deny.access_policies}
    if not vault.role_based and (refused or f"{kind}/{operation}" in denied):
        raise VaultError(
            403,
            "Forbidden",
            f"The user, group or application does not have {kind} {operation} permission on key vault "
            f"'{vault.name}'.",
            reason="ForbiddenByPolicy",
        )
