"""What the memory twin offers beside the port: failures to order, changes, counts."""

import pytest

from shared.adapters.memory.inventory import MemoryInventory
from shared.ports.errors import InventoryError
from shared.ports.inventory import InventoryQuery, Subscription
from tests.adapters.azure.estates import NSG_TYPE, OTHER, SUB, all_pages, ids, nsgs


async def test_failures_come_in_order_and_only_to_their_call() -> None:
    inventory = MemoryInventory(nsgs(1))
    inventory.fail("get", InventoryError("first"), None, InventoryError("third"))
    resource_id = nsgs(1)[0]["id"]
    assert await inventory.subscriptions()
    with pytest.raises(InventoryError, match="first"):
        await inventory.get(resource_id)
    assert await inventory.get(resource_id) is not None
    with pytest.raises(InventoryError, match="third"):
        await inventory.get(resource_id)
    assert await inventory.get(resource_id) is not None
    assert inventory.calls == {"get": 4, "subscriptions": 1}


async def test_resources_can_come_change_and_go() -> None:
    inventory = MemoryInventory(nsgs(2))
    first, second = nsgs(2)
    inventory.put({**first, "properties": {"new": True}, "id": first["id"].upper()})
    inventory.remove(second["id"].upper())
    (page,) = await all_pages(inventory, [NSG_TYPE])
    assert [row["properties"] for row in page.rows] == [{"new": True}]
    assert await inventory.get(second["id"]) is None
    with pytest.raises(KeyError):
        inventory.remove(second["id"])


async def test_subscriptions_can_be_empty_named_and_unknown_in_their_permissions() -> None:
    empty = Subscription(OTHER, "Sandbox", "Disabled")
    inventory = MemoryInventory(nsgs(1), subscriptions=[empty], permissions_known=False)
    assert await inventory.subscription(OTHER) == empty
    assert len(await inventory.subscriptions()) == 2
    assert not (await inventory.permissions(SUB)).known
    page = await inventory.page(InventoryQuery.RESOURCES, [OTHER], types=[NSG_TYPE])
    assert (list(page.rows), page.next_token) == ([], None)


async def test_the_default_page_size_can_be_small() -> None:
    inventory = MemoryInventory(nsgs(10), page_size=3)
    pages = await all_pages(inventory, [NSG_TYPE])
    assert [len(page.rows) for page in pages] == [3, 3, 3, 1]
    assert len(set(ids(pages))) == 10
