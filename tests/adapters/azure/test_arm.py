"""Lists, permissions and single resources from a server that answers as told."""

import pytest
from aiohttp import web

from shared.adapters.azure.clouds import CLOUDS
from shared.adapters.azure.inventory import AzureInventory
from shared.adapters.azure.pipeline import ArmPipeline
from shared.ports.errors import InventoryError
from tests.adapters.azure.estates import NSG_TYPE, SUB, nsgs
from tests.adapters.azure.wire import FixedCredential, asking, in_turn, refusal


def subscription_page(number: int, link: str | None) -> web.Response:
    value = [{"subscriptionId": f"s{number}", "displayName": f"Sub {number}", "state": "Warned"}]
    return web.json_response({"value": value, **({"nextLink": link} if link else {})})


async def test_lists_follow_links_to_the_end() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        number = int(request.query.get("page", 0))
        link = f"http://{request.host}/subscriptions?api-version=2022-12-01&page={number + 1}"
        return subscription_page(number, link if number < 3 else None)

    async with asking(handler) as inventory:
        found = await inventory.subscriptions()
    assert [each.subscription_id for each in found] == ["s0", "s1", "s2", "s3"]
    assert (found[0].name, found[0].state) == ("Sub 0", "Warned")


@pytest.mark.parametrize(
    "link",
    [
        "http://127.0.0.1:1/subscriptions",
        "https://attacker.example/subscriptions",
        "http://{host}@attacker.example/",
        "//attacker.example/x",
        "file:///etc/passwd",
    ],
)
async def test_a_link_to_another_host_is_not_followed(link: str) -> None:
    asked: list[str] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        return subscription_page(0, link.replace("{host}", request.host))

    async with asking(handler) as inventory:
        with pytest.raises(InventoryError) as error:
            await inventory.subscriptions()
    assert (error.value.code, error.value.transient) == ("ForeignLink", False)
    assert asked == ["/subscriptions"]


async def test_links_in_a_circle_are_an_error() -> None:
    asked: list[str] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        asked.append(request.path_qs)
        return subscription_page(0, f"http://{request.host}/subscriptions?page=1")

    async with asking(handler) as inventory:
        with pytest.raises(InventoryError, match="do not end"):
            await inventory.subscriptions()
    assert len(asked) == 2


@pytest.mark.parametrize("body", [{"value": [{}]}, {"value": ["x"]}, {"value": {}}, []])
async def test_subscriptions_that_are_none_are_a_transient_error(body: object) -> None:
    async with asking(in_turn(lambda: web.json_response(body))) as inventory:
        with pytest.raises(InventoryError) as error:
            await inventory.subscriptions()
    assert error.value.transient


@pytest.mark.parametrize("code", ["NotFound", "InvalidResourceType", ""])
async def test_permissions_that_cannot_be_asked_for_are_unknown(code: str) -> None:
    async with asking(in_turn(lambda: refusal(404, code))) as inventory:
        permissions = await inventory.permissions(SUB)
    assert not permissions.known
    assert not permissions.allows(f"{NSG_TYPE}/read")


@pytest.mark.parametrize("entry", ["x", {"actions": "*"}, {"actions": ["*"], "notActions": [1]}])
async def test_malformed_permissions_are_a_transient_error(entry: object) -> None:
    async with asking(in_turn(lambda: web.json_response({"value": [entry]}))) as inventory:
        with pytest.raises(InventoryError) as error:
            await inventory.permissions(SUB)
    assert error.value.transient


@pytest.mark.parametrize(
    "code", ["SubscriptionNotFound", "InvalidResourceType", "InvalidResourceNamespace", ""]
)
async def test_a_404_that_is_not_about_the_resource_does_not_pass_for_its_removal(code: str) -> None:
    async with asking(in_turn(lambda: refusal(404, code))) as inventory:
        with pytest.raises(InventoryError) as error:
            await inventory.get(nsgs(1)[0]["id"])
    assert error.value.status == 404


async def test_get_escapes_names_and_names_the_version() -> None:
    seen: list[str] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        seen.append(request.raw_path)
        return web.json_response({"id": "x"})

    async with asking(handler) as inventory:
        await inventory.get(
            f"/subscriptions/{SUB}/resourceGroups/a (b)/providers/Microsoft.Network/virtualNetworks/ü?x#y"
        )
        with pytest.raises(InventoryError, match="api-version"):
            await inventory.get(f"/subscriptions/{SUB}/resourceGroups/a/providers/Contoso.Own/things/t")
        with pytest.raises(InventoryError, match=r"^resource_id: "):
            await inventory.get(
                f"/subscriptions/{SUB}/resourceGroups/../providers/Microsoft.Network/virtualNetworks/t"
            )
    assert seen == [
        f"/subscriptions/{SUB}/resourceGroups/a%20(b)/providers/Microsoft.Network/virtualNetworks"
        "/%C3%BC%3Fx%23y?api-version=2024-05-01"
    ]


async def test_closing_closes_the_credential_that_was_given_over() -> None:
    credential = FixedCredential()
    pipeline = ArmPipeline(credential, CLOUDS["public"])
    await AzureInventory(pipeline, credential=credential).aclose()
    assert credential.closed


@pytest.mark.parametrize("name", ["", "a/b", "a?b", "..", "x" * 91, "a b", "mg."])
async def test_what_is_no_management_group_is_not_asked_for(name: str) -> None:
    asked: list[str] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        return web.json_response({"value": []})

    async with asking(handler) as inventory:
        with pytest.raises(InventoryError):
            await inventory.management_group_subscriptions(name)
    assert asked == []


@pytest.mark.parametrize("entry", ["x", {}, {"type": "/subscriptions"}, {"type": 3, "name": "a"}])
async def test_malformed_descendants_are_a_transient_error(entry: object) -> None:
    async with asking(in_turn(lambda: web.json_response({"value": [entry]}))) as inventory:
        with pytest.raises(InventoryError) as error:
            await inventory.management_group_subscriptions("mg")
    assert error.value.transient
