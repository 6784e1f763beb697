"""The identity with which Azure is read.

azure-identity is imported when a credential is first asked for: its import costs more than all of this
package. A process needs one credential: it caches tokens, and whoever opened it closes it.
"""

from __future__ import annotations

import os
from enum import StrEnum
from typing import Final, Protocol

from azure.core.credentials_async import AsyncTokenCredential

from shared.adapters.azure.clouds import Cloud


class CredentialKind(StrEnum):
    """Whose login is used."""

    MANAGED_IDENTITY = "managed_identity"
    SERVICE_PRINCIPAL = "service_principal"
    DEVELOPER = "developer"
    DEFAULT = "default"


class ClosableCredential(AsyncTokenCredential, Protocol):
    """A credential that holds connections until it is closed."""

    async def close(self) -> None:
        """Close the connections."""
        ...


_TENANT: Final = "AZURE_TENANT_ID"
_CLIENT: Final = "AZURE_CLIENT_ID"
_SECRETS: Final = ("AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH")


def open_credential(
    kind: CredentialKind | str, cloud: Cloud, *, client_id: str | None = None
) -> ClosableCredential:
    """Make the credential; the caller closes it.

    Args:
        kind: `managed_identity` (of the Function app), `service_principal` (AZURE_TENANT_ID, AZURE_CLIENT_ID
            and a secret or certificate in the environment), `developer` (the login of Azure CLI or Azure
            Developer CLI, in this order) or `default` (azure-identity's chain).
        client_id: of a user-assigned managed identity; the system-assigned one when absent.

    Raises:
        ValueError: no such kind, or the environment lacks what a service principal needs.
    """
    try:
        chosen = CredentialKind(kind)
    except ValueError:
        known = ", ".join(each.value for each in CredentialKind)
        raise ValueError(f"credential: {str(kind)[:40]!r} is none of {known}") from None
    if client_id is not None and chosen not in (CredentialKind.MANAGED_IDENTITY, CredentialKind.DEFAULT):
        raise ValueError(f"client_id: names a managed identity and means nothing to {chosen.value!r}")
    if chosen is CredentialKind.MANAGED_IDENTITY:
        return _managed_identity(client_id)
    if chosen is CredentialKind.SERVICE_PRINCIPAL:
        return _service_principal(cloud)
    if chosen is CredentialKind.DEVELOPER:
        return _developer()
    return _default(cloud, client_id)


def _managed_identity(client_id: str | None) -> ClosableCredential:
    from azure.identity.aio import ManagedIdentityCredential  # noqa: PLC0415

    return ManagedIdentityCredential(client_id=client_id)


def _service_principal(cloud: Cloud) -> ClosableCredential:
    missing = [name for name in (_TENANT, _CLIENT) if not os.environ.get(name)]
    if not any(os.environ.get(name) for name in _SECRETS):
        missing.append(" or ".join(_SECRETS))
    if missing:
        raise ValueError(f"credential: service_principal needs {', '.join(missing)} in the environment")
    from azure.identity.aio import EnvironmentCredential  # noqa: PLC0415

    return EnvironmentCredential(authority=cloud.authority)


def _developer() -> ClosableCredential:
    from azure.identity.aio import (  # noqa: PLC0415
        AzureCliCredential,
        AzureDeveloperCliCredential,
        ChainedTokenCredential,
    )

    return ChainedTokenCredential(AzureCliCredential(), AzureDeveloperCliCredential())


def _default(cloud: Cloud, client_id: str | None) -> ClosableCredential:
    from azure.identity.aio import DefaultAzureCredential  # noqa: PLC0415

    return DefaultAzureCredential(authority=cloud.authority, managed_identity_client_id=client_id)
