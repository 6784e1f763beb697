"""A server that answers as told, and the client that asks it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson
from aiohttp import web
from azure.core.credentials import AccessToken

from shared.adapters.azure.clouds import CLOUDS
from shared.adapters.azure.inventory import AzureInventory
from shared.adapters.azure.pipeline import ArmPipeline, PipelineLimits
from shared.adapters.azure.quota import SubscriptionQuotas, WindowQuota
from shared.ports.inventory import InventoryQuery
from tests.adapters.azure.estates import FAST, NSG_TYPE, SUB, nsgs

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
GRAPH = "/providers/Microsoft.ResourceGraph/resources"


class FixedCredential:
    """Gives tokens whose text counts how many were asked for."""

    def __init__(self, lifetime: int = 3600) -> None:
        self.scopes: list[str] = []
        self.lifetime = lifetime
        self.closed = False

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        self.scopes.extend(scopes)
        return AccessToken(f"token-{len(self.scopes)}", int(time.time()) + self.lifetime)

    async def close(self) -> None:
        self.closed = True

    async def __aenter__(self) -> FixedCredential:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class CountedQuota:
    """Counts what is sent and what was told about it."""

    def __init__(self) -> None:
        self.sent = 0
        self.told: list[int] = []

    async def acquire(self) -> None:
        self.sent += 1

    def settle(self, status: int, headers: object) -> None:
        self.told.append(status)


def answer(rows: list[Any], total: int | None = None, **more: Any) -> web.Response:
    body = {
        "totalRecords": len(rows) if total is None else total,
        "count": len(rows),
        "resultTruncated": "false",
        "data": rows,
        **more,
    }
    return web.Response(body=orjson.dumps(body), content_type="application/json")


def refusal(status: int, code: str, headers: dict[str, str] | None = None, **more: Any) -> web.Response:
    error = {"error": {"code": code, "message": f"about {code}", **more}}
    return web.json_response(error, status=status, headers=headers)


@asynccontextmanager
async def served(handler: Handler) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def asking(
    handler: Handler,
    *,
    limits: PipelineLimits = FAST,
    quota: CountedQuota | WindowQuota | None = None,
    **more: Any,
) -> AsyncIterator[AzureInventory]:
    async with served(handler) as base_url:
        credential = more.pop("credential", None) or FixedCredential()
        pipeline = ArmPipeline(credential, CLOUDS["public"], base_url=base_url, limits=limits, **more)
        inventory = AzureInventory(
            pipeline, quota=quota or CountedQuota(), subscription_quotas=SubscriptionQuotas()
        )
        try:
            yield inventory
        finally:
            await inventory.aclose()


def in_turn(*answers: Callable[[], web.Response]) -> Handler:
    left = list(answers)

    async def handler(_: web.Request) -> web.StreamResponse:
        return (left.pop(0) if len(left) > 1 else left[0])()

    return handler


async def one_page(inventory: AzureInventory, **more: Any) -> Any:
    return await inventory.page(InventoryQuery.RESOURCES, [SUB], types=[NSG_TYPE], **more)


def ok() -> web.Response:
    return answer(nsgs(2))
