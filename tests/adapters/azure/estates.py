"""A small estate, and the two inventories that must tell the same about it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest

from devhost.azure.server import serve
from shared.adapters.azure.inventory import open_inventory
from shared.adapters.azure.pipeline import PipelineLimits
from shared.adapters.memory.inventory import MemoryInventory
from shared.ports.errors import InventoryError
from shared.ports.inventory import Inventory, InventoryPage, InventoryQuery

SUB = "11111111-1111-4111-8111-111111111111"
OTHER = "22222222-2222-4222-8222-222222222222"
ABSENT = "99999999-9999-4999-8999-999999999999"
NSG = "Microsoft.Network/networkSecurityGroups"
NIC = "Microsoft.Network/networkInterfaces"
VNET = "Microsoft.Network/virtualNetworks"
NSG_TYPE, NIC_TYPE, VNET_TYPE = NSG.lower(), NIC.lower(), VNET.lower()

FAST = PipelineLimits(retries=2, backoff=0.0, total_timeout=20.0)
"""Retries without waits, for faults that are meant to outlast them."""


def resource(kind: str, name: str, *, sub: str = SUB, group: str = "Net-RG", **more: Any) -> dict[str, Any]:
    return {
        "id": f"/subscriptions/{sub}/resourceGroups/{group}/providers/{kind}/{name}",
        "name": name,
        "type": kind,
        "location": "westeurope",
        "tags": {"team": "blue"},
        "properties": {"provisioningState": "Succeeded"},
        **more,
    }


def nsgs(count: int, **where: Any) -> list[dict[str, Any]]:
    return [resource(NSG, f"nsg-{number:05d}", **where) for number in range(count)]


@dataclass(frozen=True)
class Estate:
    """What there is, and what the identity is refused. `broken` are texts that are no resource at all."""

    resources: Sequence[dict[str, Any]]
    denied_subscriptions: tuple[str, ...] = ()
    denied_types: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    failures: int = 0
    """Pages that Azure fails to give, beyond the client's own retries, before it gives one."""
    largest_answer: int | None = field(default=None)
    """Rows beyond which Azure refuses to answer."""
    management_groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Group to the subscriptions below it; all but the first lie in a group of their own below that."""


def group_line(name: str, members: Sequence[str]) -> dict[str, Any]:
    """A management group as a GET with `$expand=children` and `$recurse` shows it."""
    first, *rest = ({"type": "/subscriptions", "id": f"/subscriptions/{one}", "name": one} for one in members)
    kind = "Microsoft.Management/managementGroups"
    below = {"type": kind, "id": f"/providers/{kind}/{name}-b", "name": f"{name}-b", "children": rest}
    return {
        "id": f"/providers/{kind}/{name}",
        "name": name,
        "type": kind,
        "properties": {"children": [first, below]},
    }


OpenInventory = Callable[[Estate], AbstractAsyncContextManager[Inventory]]


def in_memory(estate: Estate) -> AbstractAsyncContextManager[Inventory]:
    @asynccontextmanager
    async def opened() -> AsyncIterator[Inventory]:
        inventory = MemoryInventory(
            [*estate.resources, *estate.broken],
            denied_subscriptions=estate.denied_subscriptions,
            denied_types=estate.denied_types,
            largest_answer=estate.largest_answer or 1000,
            management_groups=estate.management_groups,
        )
        inventory.fail(
            "page", *[InventoryError("out of order", status=503, transient=True)] * estate.failures
        )
        yield inventory
        await inventory.aclose()

    return opened()


def over_http(
    estate: Estate, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> AbstractAsyncContextManager[Inventory]:
    @asynccontextmanager
    async def opened() -> AsyncIterator[Inventory]:
        file = folder / "estate.jsonl"
        lines = [
            *(orjson.dumps(each) for each in estate.resources),
            *(orjson.dumps(group_line(*each)) for each in estate.management_groups.items()),
            *(text.encode() for text in estate.broken),
        ]
        file.write_bytes(b"".join(line + b"\n" for line in lines))
        faults: dict[str, Any] = {
            "deny": {"subscriptions": list(estate.denied_subscriptions), "types": list(estate.denied_types)}
        }
        if estate.failures:
            times = estate.failures * (FAST.retries + 1)
            faults["answers"] = [{"query": "inventory", "status": 503, "times": times}]
        if estate.largest_answer is not None:
            row = max(len(orjson.dumps(each)) for each in estate.resources) + 400
            faults["resource_graph"] = {
                "oversize": "refuse",
                "max_response_bytes": estate.largest_answer * row + 300,
            }
        async with serve(file, faults) as standin:
            monkeypatch.setenv("IDENTITY_ENDPOINT", standin.identity_endpoint)
            monkeypatch.setenv("IDENTITY_HEADER", standin.identity_header)
            inventory = open_inventory(base_url=standin.base_url, limits=FAST)
            try:
                yield inventory
            finally:
                await inventory.aclose()

    return opened()


async def all_pages(
    inventory: Inventory, types: Sequence[str], subscriptions: Sequence[str] = (SUB,), **more: Any
) -> list[InventoryPage]:
    pages: list[InventoryPage] = []
    token: str | None = None
    while True:
        page = await inventory.page(
            InventoryQuery.RESOURCES, subscriptions, types=types, skip_token=token, **more
        )
        pages.append(page)
        assert len(pages) < 10_000
        token = page.next_token
        if token is None:
            return pages


def ids(pages: Sequence[InventoryPage]) -> list[str]:
    return [row["id"] for page in pages for row in page.rows if isinstance(row, dict)]
