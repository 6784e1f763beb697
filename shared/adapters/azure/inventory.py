"""The Inventory port over Azure: Resource Graph for pages, Resource Manager for the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.adapters.azure.arm import Arm
from shared.adapters.azure.clouds import cloud_named
from shared.adapters.azure.credentials import ClosableCredential, CredentialKind, open_credential
from shared.adapters.azure.pipeline import ArmPipeline, PipelineLimits
from shared.adapters.azure.quota import Quota, SubscriptionQuotas, WindowQuota
from shared.adapters.azure.resource_graph import ResourceGraph
from shared.ports.inventory import InventoryPage, InventoryQuery, Permissions, Subscription


class AzureInventory:
    """Azure as far as one identity can see it; one for a process, as all callers share its quotas."""

    def __init__(
        self,
        pipeline: ArmPipeline,
        *,
        quota: Quota | None = None,
        subscription_quotas: SubscriptionQuotas | None = None,
        credential: ClosableCredential | None = None,
    ) -> None:
        """
        Args:
            pipeline: closed with the inventory.
            quota: of Resource Graph, for this identity.
            subscription_quotas: of Resource Manager.
            credential: closed with the inventory when given.
        """
        self._pipeline = pipeline
        self._credential = credential
        self._graph = ResourceGraph(pipeline, quota or WindowQuota())
        self._arm = Arm(pipeline, subscription_quotas or SubscriptionQuotas())

    async def subscriptions(self) -> list[Subscription]:
        return await self._arm.subscriptions()

    async def subscription(self, subscription_id: str) -> Subscription | None:
        return await self._arm.subscription(subscription_id)

    async def management_group_subscriptions(self, group_id: str) -> list[str]:
        return await self._arm.management_group_subscriptions(group_id)

    async def permissions(self, subscription_id: str, resource_group: str | None = None) -> Permissions:
        return await self._arm.permissions(subscription_id, resource_group)

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
        return await self._graph.page(
            query,
            subscriptions,
            types=types,
            resource_group=resource_group,
            skip_token=skip_token,
            page_size=page_size,
        )

    async def get(self, resource_id: str) -> Mapping[str, Any] | None:
        return await self._arm.get(resource_id)

    async def aclose(self) -> None:
        """Close the connections, and the credential that was given over."""
        try:
            await self._pipeline.aclose()
        finally:
            if self._credential is not None:
                await self._credential.close()


def open_inventory(
    *,
    credential: CredentialKind | str = CredentialKind.MANAGED_IDENTITY,
    client_id: str | None = None,
    cloud: str = "public",
    base_url: str | None = None,
    audience: str | None = None,
    limits: PipelineLimits | None = None,
    log_requests: bool = False,
) -> AzureInventory:
    """The inventory that settings describe; nothing is sent yet.

    Args:
        credential: see `open_credential`.
        client_id: of a user-assigned managed identity.
        cloud: `public`, `usgov` or `china`.
        base_url: of Resource Manager, instead of the cloud's; http only to this machine.
        audience: of tokens, instead of the cloud's.

    Raises:
        ValueError: a setting is wrong; the message names it.
    """
    chosen = cloud_named(cloud)
    opened = open_credential(credential, chosen, client_id=client_id)
    pipeline = ArmPipeline(
        opened, chosen, base_url=base_url, audience=audience, limits=limits, log_requests=log_requests
    )
    return AzureInventory(pipeline, credential=opened)
