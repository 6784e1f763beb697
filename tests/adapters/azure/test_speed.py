"""What the client costs beside the bare minimum: an HTTP session and a JSON parser."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp import web

from shared.adapters.azure.clouds import CLOUDS
from shared.adapters.azure.inventory import AzureInventory
from shared.adapters.azure.pipeline import ArmPipeline
from shared.ports.inventory import InventoryQuery
from tests.adapters.azure.estates import NSG_TYPE, SUB, nsgs
from tests.adapters.azure.wire import FixedCredential

GRAPH = "/providers/Microsoft.ResourceGraph/resources"
ROUNDS = 3


def _rules() -> list[dict[str, Any]]:
    properties = {
        **{"protocol": "Tcp", "access": "Allow", "direction": "Inbound", "provisioningState": "Succeeded"},
        **{"sourceAddressPrefix": "10.0.0.0/8", "destinationAddressPrefix": "*", "sourcePortRange": "*"},
        **{"sourceAddressPrefixes": [], "destinationAddressPrefixes": [], "destinationPortRanges": []},
    }
    return [
        {"name": f"rule-{n}", "id": "/" * 200, "properties": {**properties, "priority": 100 + n}}
        for n in range(15)
    ]


def _serve(pages: int, ready: Connection) -> None:
    rows = [{**each, "properties": {"securityRules": _rules()}} for each in nsgs(1000)]
    head = {"totalRecords": pages * 1000, "count": 1000, "resultTruncated": "false", "data": rows}
    last = orjson.dumps(head)

    async def handler(request: web.Request) -> web.StreamResponse:
        number = int(orjson.loads(await request.read())["options"].get("$skipToken") or 0)
        token = b"" if number + 1 == pages else b',"$skipToken":"%d"' % (number + 1)
        return web.Response(body=last[:-1] + token + b"}", content_type="application/json")

    async def run() -> None:
        app = web.Application()
        app.router.add_post(GRAPH, handler)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        ready.send((runner.addresses[0][1], len(last) / 1000))
        await asyncio.Event().wait()

    asyncio.run(run())


async def _bare(base_url: str) -> int:
    rows, token = 0, None
    async with aiohttp.ClientSession() as session:
        while True:
            body = orjson.dumps({"options": {"$skipToken": token}})
            async with session.post(base_url + GRAPH, data=body) as response:
                page = orjson.loads(await response.read())
            rows += len(page["data"])
            token = page.get("$skipToken")
            if token is None:
                return rows


async def _ours(base_url: str) -> int:
    inventory = AzureInventory(ArmPipeline(FixedCredential(), CLOUDS["public"], base_url=base_url))
    rows, token = 0, None
    while True:
        page = await inventory.page(InventoryQuery.RESOURCES, [SUB], types=[NSG_TYPE], skip_token=token)
        rows += len(page.rows)
        token = page.next_token
        if token is None:
            await inventory.aclose()
            return rows


def _cpu(read: Callable[[str], Awaitable[int]], base_url: str, expected: int) -> float:
    async def run() -> float:
        begun = time.process_time()
        assert await read(base_url) == expected
        return time.process_time() - begun

    return asyncio.run(run())


@pytest.mark.slow
def test_ten_thousand_groups_cost_at_most_half_as_much_again_as_bare_http() -> None:
    context = get_context("spawn")
    here, there = context.Pipe()
    server = context.Process(target=_serve, args=(10, there), daemon=True)
    server.start()
    try:
        assert here.poll(60)
        port, row_bytes = here.recv()
        base_url = f"http://127.0.0.1:{port}"
        _cpu(_ours, base_url, 10_000)
        bare = min(_cpu(_bare, base_url, 10_000) for _ in range(ROUNDS))
        ours = min(_cpu(_ours, base_url, 10_000) for _ in range(ROUNDS))
    finally:
        server.terminate()
        server.join()
    assert row_bytes == pytest.approx(8000, rel=0.2)
    print(
        f"bare {bare:.2f} CPU s, ours {ours:.2f} CPU s, ratio {ours / bare:.2f}, {row_bytes:.0f} bytes a row"
    )
    assert ours <= 1.5 * bare
