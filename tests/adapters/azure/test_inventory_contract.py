"""What every implementation of the Inventory port promises: the memory twin, and Azure's protocols."""

from pathlib import Path

import pytest

from shared.domain.resource import UnreadableResourceError, parse_row
from shared.ports.errors import InventoryDeniedError, InventoryError
from shared.ports.inventory import InventoryQuery
from tests.adapters.azure.estates import (
    ABSENT,
    NIC,
    NIC_TYPE,
    NSG,
    NSG_TYPE,
    OTHER,
    SUB,
    VNET,
    Estate,
    OpenInventory,
    all_pages,
    ids,
    in_memory,
    nsgs,
    over_http,
    resource,
)

QUERY = InventoryQuery.RESOURCES


@pytest.fixture(params=["memory", "azure"])
def open_it(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OpenInventory:
    if request.param == "memory":
        return in_memory
    return lambda estate: over_http(estate, tmp_path, monkeypatch)


async def test_pages_to_the_end_have_every_resource_once(open_it: OpenInventory) -> None:
    estate = nsgs(3210)
    async with open_it(Estate(estate)) as inventory:
        whole = await all_pages(inventory, [NSG_TYPE])
        small = await all_pages(inventory, [NSG_TYPE], page_size=999)
    assert [len(page.rows) for page in whole] == [1000, 1000, 1000, 210]
    assert {page.total for page in whole} == {3210}
    assert {page.page_size for page in small} == {999}
    assert sorted(ids(whole)) == sorted(each["id"] for each in estate)
    assert ids(whole) == ids(small)


async def test_a_row_is_the_resource_with_its_place_told(open_it: OpenInventory) -> None:
    given = resource(NSG, "Front-NSG", sku={"name": "x"}, properties={"securityRules": [{"name": "SSH"}]})
    async with open_it(Estate([given])) as inventory:
        (page,) = await all_pages(inventory, [NSG])
    (row,) = page.rows
    assert {name: row[name] for name in ("id", "name", "location", "tags", "sku", "properties")} == {
        name: given[name] for name in ("id", "name", "location", "tags", "sku", "properties")
    }
    assert row["type"] == NSG_TYPE
    assert row["subscriptionId"] == SUB
    assert row["resourceGroup"] == "net-rg"
    assert parse_row(row).id == given["id"]


async def test_types_and_resource_group_narrow_without_regard_to_case(open_it: OpenInventory) -> None:
    estate = [
        resource(NSG, "a", group="One"),
        resource(NSG, "b", group="Two"),
        resource(NIC, "c", group="One"),
        resource(VNET, "d", group="One"),
        resource(NSG, "e", sub=OTHER, group="One"),
    ]
    async with open_it(Estate(estate)) as inventory:
        pages = await all_pages(inventory, [NSG.upper(), NIC_TYPE], resource_group="oNE")
        both = await all_pages(inventory, [NSG_TYPE], (SUB, OTHER.upper()))
    assert [row["name"] for page in pages for row in page.rows] == ["c", "a"]
    assert {row["name"] for page in both for row in page.rows} == {"a", "b", "e"}


async def test_nothing_of_a_type_is_an_empty_page(open_it: OpenInventory) -> None:
    async with open_it(Estate(nsgs(1))) as inventory:
        (page,) = await all_pages(inventory, [VNET])
    assert (list(page.rows), page.total, page.next_token) == ([], 0, None)


async def test_subscriptions_are_those_that_can_be_seen(open_it: OpenInventory) -> None:
    estate = Estate([*nsgs(1), *nsgs(1, sub=OTHER)], denied_subscriptions=(OTHER,))
    async with open_it(estate) as inventory:
        assert [each.subscription_id for each in await inventory.subscriptions()] == [SUB]
        seen = await inventory.subscription(SUB)
        assert seen is not None
        assert (seen.subscription_id, seen.state) == (SUB, "Enabled")
        assert await inventory.subscription(ABSENT) is None
        with pytest.raises(InventoryDeniedError) as refused:
            await inventory.subscription(OTHER)
    assert refused.value.status == 403
    assert not refused.value.transient


async def test_a_management_group_has_every_subscription_below_it(open_it: OpenInventory) -> None:
    estate = Estate(nsgs(1), management_groups={"mg-all": [SUB, OTHER, ABSENT]})
    async with open_it(estate) as inventory:
        assert await inventory.management_group_subscriptions("MG-all") == [SUB, OTHER, ABSENT]
        with pytest.raises(InventoryDeniedError):
            await inventory.management_group_subscriptions("mg-other")


async def test_a_denied_subscription_is_left_out_of_pages_and_refused_alone(open_it: OpenInventory) -> None:
    estate = Estate([*nsgs(3), *nsgs(4, sub=OTHER)], denied_subscriptions=(OTHER,))
    async with open_it(estate) as inventory:
        pages = await all_pages(inventory, [NSG_TYPE], (SUB, OTHER))
        assert len(ids(pages)) == 3
        for alone in (OTHER, ABSENT):
            with pytest.raises(InventoryDeniedError):
                await inventory.page(QUERY, [alone], types=[NSG_TYPE])
        with pytest.raises(InventoryDeniedError):
            await inventory.permissions(OTHER)
        with pytest.raises(InventoryDeniedError):
            await inventory.get(estate.resources[-1]["id"])


async def test_a_denied_type_shows_in_the_permissions_only(open_it: OpenInventory) -> None:
    estate = Estate([*nsgs(2), resource(NIC, "nic")], denied_types=(NSG,))
    async with open_it(estate) as inventory:
        for scope in (None, "Net-RG"):
            permissions = await inventory.permissions(SUB, scope)
            assert permissions.known
            assert not permissions.allows(f"{NSG_TYPE}/read")
            assert permissions.allows(f"{NIC}/read")
        (page,) = await all_pages(inventory, [NSG_TYPE, NIC_TYPE])
        assert [row["name"] for row in page.rows] == ["nic"]
        with pytest.raises(InventoryDeniedError):
            await inventory.get(estate.resources[0]["id"])


async def test_permissions_of_an_absent_subscription_are_an_error(open_it: OpenInventory) -> None:
    async with open_it(Estate(nsgs(1))) as inventory:
        with pytest.raises(InventoryError) as error:
            await inventory.permissions(ABSENT)
    assert error.value.status == 404


async def test_what_is_no_resource_is_passed_on_untouched(open_it: OpenInventory) -> None:
    estate = Estate([*nsgs(1000), resource(NSG, "odd", properties="text", tags=[1])], broken=("{cut off",))
    async with open_it(estate) as inventory:
        pages = await all_pages(inventory, [NSG_TYPE])
    rows = [row for page in pages for row in page.rows]
    assert len(rows) == 1002
    assert rows[-1] == "{cut off"
    (odd,) = [row for row in rows if isinstance(row, dict) and row["name"] == "odd"]
    assert (odd["properties"], odd["tags"]) == ("text", [1])
    with pytest.raises(UnreadableResourceError):
        parse_row(odd)


async def test_get_gives_the_resource_its_child_or_none(open_it: OpenInventory) -> None:
    vnet_id = resource(VNET, "hub")["id"]
    subnet = {
        "id": f"{vnet_id}/subnets/web",
        "name": "web",
        "type": f"{VNET}/subnets",
        "properties": {"addressPrefix": "10.0.0.0/24"},
    }
    vnet = resource(VNET, "hub", properties={"subnets": [subnet]})
    async with open_it(Estate([vnet])) as inventory:
        assert (await inventory.get(vnet_id.upper().replace("/SUBSCRIPTIONS", "/subscriptions"))) == vnet
        child = await inventory.get(f"{vnet_id}/subnets/web")
        assert child is not None
        assert child["properties"] == subnet["properties"]
        assert await inventory.get(f"{vnet_id}/subnets/none") is None
        assert await inventory.get(f"{vnet_id}2") is None


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("types", {"types": ["microsoft.network/x') | union securityresources //"]}),
        ("types", {"types": ["microsoft.network"]}),
        ("types", {"types": []}),
        ("resource_group", {"resource_group": "a' or 'a' =~ 'a"}),
        ("resource_group", {"resource_group": ""}),
        ("page_size", {"page_size": 0}),
        ("page_size", {"page_size": 1001}),
        ("subscriptions", {"subscriptions": []}),
        ("subscription_id", {"subscriptions": ["../tenants"]}),
    ],
)
async def test_a_wrong_argument_is_named(
    open_it: OpenInventory, field: str, changed: dict[str, object]
) -> None:
    arguments: dict[str, object] = {"subscriptions": [SUB], "types": [NSG_TYPE], **changed}
    subscriptions = arguments.pop("subscriptions")
    async with open_it(Estate(nsgs(1))) as inventory:
        with pytest.raises(InventoryError, match=rf"^{field}: ") as error:
            await inventory.page(QUERY, subscriptions, **arguments)  # type: ignore[arg-type]
    assert not error.value.transient
    assert not isinstance(error.value, InventoryDeniedError)


async def test_a_foreign_skip_token_is_a_final_error(open_it: OpenInventory) -> None:
    async with open_it(Estate(nsgs(3))) as inventory:
        with pytest.raises(InventoryError) as error:
            await inventory.page(QUERY, [SUB], types=[NSG_TYPE], skip_token="made up")
    assert not error.value.transient


@pytest.mark.parametrize(
    "resource_id", ["", "/subscriptions/x", "hello", f"/subscriptions/{SUB}/providers/a"]
)
async def test_get_refuses_what_is_no_id(open_it: OpenInventory, resource_id: str) -> None:
    async with open_it(Estate(nsgs(1))) as inventory:
        with pytest.raises(InventoryError, match=r"^resource_id: "):
            await inventory.get(resource_id)


async def test_a_failing_azure_is_a_transient_error_and_then_over(open_it: OpenInventory) -> None:
    async with open_it(Estate(nsgs(5), failures=2)) as inventory:
        for _ in range(2):
            with pytest.raises(InventoryError) as error:
                await inventory.page(QUERY, [SUB], types=[NSG_TYPE])
            assert error.value.transient
            assert error.value.status == 503
        assert len(ids(await all_pages(inventory, [NSG_TYPE]))) == 5


async def test_pages_shrink_until_answers_fit(open_it: OpenInventory) -> None:
    async with open_it(Estate(nsgs(1500), largest_answer=300)) as inventory:
        pages = await all_pages(inventory, [NSG_TYPE])
    assert len(set(ids(pages))) == len(ids(pages)) == 1500
    assert all(len(page.rows) <= page.page_size < 1000 for page in pages)
