"""The AzureReads port over HTTP: Resource Manager below a resource, Microsoft Graph, Key Vault."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final
from urllib.parse import quote, urlsplit

from azure.core.credentials_async import AsyncTokenCredential

from shared.adapters.azure.arm import MAX_LIST_PAGES
from shared.adapters.azure.clouds import Cloud
from shared.adapters.azure.errors import unparsable
from shared.adapters.azure.operations import result_of_post
from shared.adapters.azure.pipeline import Answer, ArmPipeline, PipelineLimits
from shared.adapters.azure.queries import invalid_argument
from shared.adapters.azure.quota import Quota, SubscriptionQuotas, TokenBucket
from shared.ports.errors import InventoryError

VAULT_HOSTS: Final = (".vault.azure.net", ".vault.usgovcloudapi.net", ".vault.azure.cn")
"""https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#dns-suffixes-for-object-identifiers"""

VAULT_API_VERSION: Final = "7.4"
"""keyvault/data-plane/Microsoft.KeyVault/stable/7.4 of azure-rest-api-specs."""

VAULT_AUDIENCE: Final = "https://vault.azure.net"
"""What a vault's token is for (azure.keyvault: challenge-resource of the public cloud)."""

GRAPH_READS_PER_SECOND: Final = 15.0
"""Below the 150 reads in 10 s that the identity service grants an application in the smallest tenants
(https://learn.microsoft.com/graph/throttling-limits#identity-and-access-service-limits)."""

VAULT_READS_PER_SECOND: Final = 200.0
"""Half of the 4,000 transactions in 10 s of a vault
(https://learn.microsoft.com/azure/key-vault/general/service-limits)."""

_GONE: Final = frozenset(
    {"resourcenotfound", "notfound", "parentresourcenotfound", "request_resourcenotfound"}
)
_SEGMENT: Final = "-._~!$&'()*+,;=:@/"


class HttpAzureReads:
    """Reads under the quotas of each service; one for a process."""

    def __init__(
        self,
        arm: ArmPipeline,
        graph: ArmPipeline,
        vault: ArmPipeline,
        *,
        subscription_quotas: SubscriptionQuotas | None = None,
        graph_path: str = "",
        vault_url: str | None = None,
    ) -> None:
        """
        Args:
            arm: stays the caller's to close; the others are closed with the reads.
            vault: follows any host of `VAULT_HOSTS`, unless `vault_url` is given.
            graph_path: before the version in Graph's paths, for a Graph that is not at its host's root.
            vault_url: instead of the vaults' own addresses; the vault's name is appended.
        """
        self._arm, self._graph, self._vault = arm, graph, vault
        self._quotas = subscription_quotas or SubscriptionQuotas()
        self._graph_quota = TokenBucket(GRAPH_READS_PER_SECOND, 100)
        self._vault_quotas = SubscriptionQuotas(VAULT_READS_PER_SECOND, 1000)
        self._graph_path = graph_path.rstrip("/") + "/v1.0"
        self._vault_url = vault_url

    async def arm_get(self, path: str, api_version: str) -> Mapping[str, Any] | None:
        return await _object(self._arm, self._arm_url(path, api_version), self._arm_quota(path), path)

    async def arm_list(self, path: str, api_version: str) -> list[Any]:
        url = self._arm_url(path, api_version)
        return [one async for one in _pages(self._arm, url, self._arm_quota(path), path, "nextLink")]

    async def arm_post(self, path: str, api_version: str, body: object | None = None) -> list[Any]:
        url, found = self._arm_url(path, api_version), list[Any]()
        asked: dict[str, Any] = dict(body) if isinstance(body, Mapping) else {}
        for _ in range(MAX_LIST_PAGES):
            answer = await self._arm.post(url, asked, self._arm_quota(path), path)
            found += _value(answer, path)
            token = answer.body.get("skipToken")
            if not token:
                return found
            asked["skipToken"] = token
        raise unparsable(path, "pages do not end")

    async def arm_post_object(self, path: str, api_version: str) -> Mapping[str, Any]:
        answer = await self._arm.post(self._arm_url(path, api_version), {}, self._arm_quota(path), path)
        if not isinstance(answer.body, dict):
            raise unparsable(path, "answer is not an object")
        return answer.body

    async def arm_operation(
        self, path: str, api_version: str, body: object | None = None, *, within: float
    ) -> Mapping[str, Any]:
        return await result_of_post(
            self._arm,
            self._arm_url(path, api_version),
            {} if body is None else body,
            self._arm_quota(path),
            path,
            within,
        )

    async def graph_get(self, path: str) -> Mapping[str, Any] | None:
        return await _object(self._graph, self._graph_path + _checked(path), self._graph_quota, path)

    async def graph_list(self, path: str) -> list[Any]:
        url = self._graph_path + _checked(path)
        return [one async for one in _pages(self._graph, url, self._graph_quota, path, "@odata.nextLink")]

    async def graph_post(self, path: str, body: object) -> list[Any]:
        answer = await self._graph.post(self._graph_path + _checked(path), body, self._graph_quota, path)
        return _value(answer, path)

    async def vault_list(self, vault_uri: str, path: str) -> list[Any]:
        url, quota = self._vault_address(vault_uri, path)
        return [one async for one in _pages(self._vault, url, quota, f"{vault_uri}{path}", "nextLink")]

    async def vault_get(self, vault_uri: str, path: str) -> Mapping[str, Any] | None:
        url, quota = self._vault_address(vault_uri, path)
        return await _object(self._vault, url, quota, f"{vault_uri}{path}")

    async def aclose(self) -> None:
        """Close the connections to Graph and to vaults."""
        try:
            await self._graph.aclose()
        finally:
            await self._vault.aclose()

    def _arm_url(self, path: str, api_version: str) -> str:
        plain, _, query = _checked(path).partition("?")
        members = f"{query}&" if query else ""
        return f"{quote(plain, safe=_SEGMENT)}?{members}api-version={api_version}"

    def _arm_quota(self, path: str) -> Quota:
        parts = path.split("/")
        return self._quotas.of(parts[2] if len(parts) > 2 and parts[1].lower() == "subscriptions" else "")

    def _vault_address(self, vault_uri: str, path: str) -> tuple[str, Quota]:
        host = (urlsplit(vault_uri).hostname or "").lower()
        name, _, _ = host.partition(".")
        if not is_vault(vault_uri):
            raise invalid_argument(f"vaultUri: {vault_uri[:200]!r} is not the address of a Key Vault")
        base = f"{self._vault_url}/{name}" if self._vault_url is not None else f"https://{host}"
        url = f"{base}/{quote(path.strip('/'), safe=_SEGMENT)}?api-version={VAULT_API_VERSION}"
        return url, self._vault_quotas.of(host)


def open_reads(
    credential: AsyncTokenCredential,
    cloud: Cloud,
    arm: ArmPipeline,
    subscription_quotas: SubscriptionQuotas,
    *,
    graph_url: str,
    graph_audience: str,
    vault_url: str | None = None,
    limits: PipelineLimits | None = None,
) -> HttpAzureReads:
    """The reads that settings describe; nothing is sent yet.

    Args:
        credential: stays the caller's to close.
        vault_url: instead of the vaults' own addresses, for a stand-in; the vault's name is appended.

    Raises:
        ValueError: a URL is none, or http to another machine.
    """
    graph_at, vault_at = urlsplit(graph_url), urlsplit(vault_url or arm.base_url)
    graph = ArmPipeline(
        credential,
        cloud,
        base_url=f"{graph_at.scheme}://{graph_at.netloc}",
        audience=graph_audience,
        limits=limits,
    )
    vault = ArmPipeline(
        credential,
        cloud,
        base_url=f"{vault_at.scheme}://{vault_at.netloc}",
        audience=VAULT_AUDIENCE,
        limits=limits,
        other_hosts=is_vault if vault_url is None else None,
    )
    return HttpAzureReads(
        arm,
        graph,
        vault,
        subscription_quotas=subscription_quotas,
        graph_path=graph_at.path,
        vault_url=vault_url,
    )


def is_vault(url: str) -> bool:
    """Whether a URL's host is one vault of a known cloud: a token for vaults goes nowhere else."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    suffix = next((one for one in VAULT_HOSTS if host.endswith(one)), None)
    return suffix is not None and parts.scheme == "https" and "." not in host.removesuffix(suffix)


async def _object(pipeline: ArmPipeline, url: str, quota: Quota, what: str) -> Mapping[str, Any] | None:
    try:
        answer = await pipeline.get(url, quota, what)
    except InventoryError as error:
        if error.status == 404 and error.code.lower() in _GONE:
            return None
        raise
    if not isinstance(answer.body, dict):
        raise unparsable(what, "answer is not an object")
    return answer.body


async def _pages(
    pipeline: ArmPipeline, url: str | None, quota: Quota, what: str, link: str
) -> AsyncIterator[Any]:
    seen: set[str] = set()
    while url is not None:
        if url in seen or len(seen) >= MAX_LIST_PAGES:
            raise unparsable(what, f"links to next pages do not end ({len(seen)} followed)")
        seen.add(url)
        answer = await pipeline.get(url, quota, what)
        for item in _value(answer, what):
            yield item
        following = answer.body.get(link) or None
        if following is not None and not isinstance(following, str):
            raise unparsable(what, f"{link} is not a string")
        url = following


def _value(answer: Answer, what: str) -> list[Any]:
    if not isinstance(answer.body, dict) or not isinstance(answer.body.get("value"), list):
        raise unparsable(what, "answer is not a list")
    found: list[Any] = answer.body["value"]
    return found


def _checked(path: str) -> str:
    if not path.startswith("/") or path.startswith("//") or not path.isprintable():
        raise invalid_argument("path: not the path of a resource")
    if any(segment in (".", "..") for segment in path.partition("?")[0].split("/")):
        raise invalid_argument("path: has a segment that is no name")
    return path
