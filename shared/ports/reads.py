"""Reading what no bulk listing has: Resource Manager below a resource, Microsoft Graph, Key Vault."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class AzureReads(Protocol):
    """Single reads and lists, each under its service's quota.

    Every call may raise InventoryError or a subclass: InventoryDeniedError for 401 and 403; `transient` says
    whether a later try may succeed.
    """

    async def arm_get(self, path: str, api_version: str) -> Mapping[str, Any] | None:
        """One resource by the path of its id; None when Resource Manager says that it is not there."""
        ...

    async def arm_list(self, path: str, api_version: str) -> list[Any]:
        """Every entry of a list, all pages of it.

        Args:
            path: of the list, `{resource id}/{child type}`, and query members other than the api-version.
        """
        ...

    async def arm_post(self, path: str, api_version: str, body: object | None = None) -> list[Any]:
        """Every entry of a list that is asked for by POST; following pages by its `$skipToken`."""
        ...

    async def arm_post_object(self, path: str, api_version: str) -> Mapping[str, Any]:
        """One object that is asked for by POST."""
        ...

    async def arm_operation(
        self, path: str, api_version: str, body: object | None = None, *, within: float
    ) -> Mapping[str, Any]:
        """The object that a POST comes to which may take its time; for questions, never for changes.

        Args:
            within: seconds after which to give up.

        Raises:
            InventoryError: with code `Timeout` when there is no result in time; with Azure's own code when
                the operation fails or is cancelled.
        """
        ...

    async def graph_get(self, path: str) -> Mapping[str, Any] | None:
        """One object of Microsoft Graph v1.0; None when it is not there. `path` begins with `/`."""
        ...

    async def graph_list(self, path: str) -> list[Any]:
        """Every object of a Microsoft Graph collection, all pages of it."""
        ...

    async def graph_post(self, path: str, body: object) -> list[Any]:
        """The `value` of an answer to a read that is asked for by POST, such as `getByIds`."""
        ...

    async def vault_list(self, vault_uri: str, path: str) -> list[Any]:
        """Every entry of a Key Vault's list (`keys`, `secrets`, `certificates`), all pages of it.

        Raises:
            InventoryError: `vault_uri` is not a Key Vault of this cloud.
        """
        ...

    async def vault_get(self, vault_uri: str, path: str) -> Mapping[str, Any] | None:
        """One object of a Key Vault, such as `keys/{name}/rotationpolicy`; never a secret's value."""
        ...
