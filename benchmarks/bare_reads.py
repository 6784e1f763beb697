"""The AzureReads port by bare aiohttp and orjson: the floor under what the product does beside sending.

No retries, quotas, limits or checks; 429 is waited for. Bearer tokens are given, one for each service.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import orjson


class BareReads:
    """Reads from a stand-in."""

    def __init__(self, session: aiohttp.ClientSession, base: str, tokens: Mapping[str, str]) -> None:
        """`tokens`: `arm`, `graph`, `vault`."""
        self._session, self._base, self._tokens = session, base, tokens
        self.requests = 0
        self.arm_reads = Counter[str]()
        """Of Resource Manager, by subscription; `""`: outside any."""

    async def arm_get(self, path: str, api_version: str) -> Mapping[str, Any] | None:
        return await self._ask("arm", self._arm(path, api_version))

    async def arm_list(self, path: str, api_version: str) -> list[Any]:
        return await self._pages("arm", self._arm(path, api_version), "nextLink")

    async def arm_post(self, path: str, api_version: str, body: object | None = None) -> list[Any]:
        return list((await self.arm_post_object(path, api_version)).get("value", ()))

    async def arm_post_object(self, path: str, api_version: str) -> Mapping[str, Any]:
        return await self._ask("arm", self._arm(path, api_version), {}) or {}

    async def arm_operation(
        self, path: str, api_version: str, body: object | None = None, *, within: float
    ) -> Mapping[str, Any]:
        raise LookupError("only the confirmation of exposures asks for operations, and it is off here")

    async def graph_get(self, path: str) -> Mapping[str, Any] | None:
        return await self._ask("graph", f"{self._base}/graph/v1.0{path}")

    async def graph_list(self, path: str) -> list[Any]:
        return await self._pages("graph", f"{self._base}/graph/v1.0{path}", "@odata.nextLink")

    async def graph_post(self, path: str, body: object) -> list[Any]:
        found = await self._ask("graph", f"{self._base}/graph/v1.0{path}", body)
        return list((found or {}).get("value", ()))

    async def vault_list(self, vault_uri: str, path: str) -> list[Any]:
        return await self._pages("vault", self._vault(vault_uri, path), "nextLink")

    async def vault_get(self, vault_uri: str, path: str) -> Mapping[str, Any] | None:
        return await self._ask("vault", self._vault(vault_uri, path))

    def _arm(self, path: str, api_version: str) -> str:
        parts = path.lower().split("/")
        self.arm_reads[parts[2] if len(parts) > 2 and parts[1] == "subscriptions" else ""] += 1
        return f"{self._base}{path}{'&' if '?' in path else '?'}api-version={api_version}"

    def _vault(self, vault_uri: str, path: str) -> str:
        name = (urlsplit(vault_uri).hostname or "").partition(".")[0]
        return f"{self._base}/vault/{name}{path}?api-version=7.4"

    async def _pages(self, service: str, url: str | None, link: str) -> list[Any]:
        found: list[Any] = []
        while url is not None:
            page = await self._ask(service, url) or {}
            found += page.get("value", ())
            url = page.get(link)
        return found

    async def _ask(self, service: str, url: str, body: object | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self._tokens[service]}"}
        method = "GET" if body is None else "POST"
        while True:
            async with self._session.request(method, url, headers=headers, json=body) as answer:
                content = await answer.read()
                self.requests += 1
            if answer.status != 429:
                return orjson.loads(content) if answer.status < 300 else None
            await asyncio.sleep(float(answer.headers.get("Retry-After", 1)))
