"""The client against a server that misbehaves in ways that a healthy Azure does not."""

import asyncio
import gzip
import logging
import time
from dataclasses import replace
from typing import Any

import orjson
import pytest
from aiohttp import web

from shared.adapters.azure.clouds import CLOUDS
from shared.adapters.azure.inventory import AzureInventory
from shared.adapters.azure.pipeline import ArmPipeline
from shared.ports.errors import InventoryDeniedError, InventoryError, PageTooLargeError
from shared.ports.inventory import InventoryQuery
from tests.adapters.azure.estates import FAST, NSG_TYPE, SUB, all_pages, ids, nsgs
from tests.adapters.azure.wire import (
    GRAPH,
    CountedQuota,
    FixedCredential,
    answer,
    asking,
    in_turn,
    ok,
    one_page,
    refusal,
    served,
)


async def test_a_request_says_what_the_protocol_wants() -> None:
    seen: list[tuple[web.Request, Any]] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        seen.append((request, orjson.loads(await request.read())))
        return ok()

    credential = FixedCredential()
    async with asking(handler, credential=credential) as inventory:
        await one_page(inventory, page_size=7, skip_token="t0ken")
    ((request, body),) = seen
    assert (request.method, request.path) == ("POST", GRAPH)
    assert request.query["api-version"] == "2021-03-01"
    assert request.headers["Authorization"] == "Bearer token-1"
    assert credential.scopes == ["https://management.azure.com/.default"]
    assert "security-copilot" in request.headers["User-Agent"]
    assert request.headers["x-ms-client-request-id"]
    assert body["subscriptions"] == [SUB]
    assert body["options"] == {"$top": 7, "$skipToken": "t0ken", "resultFormat": "objectArray"}
    assert body["query"].startswith("// security-copilot/")


async def test_retries_count_against_the_quota() -> None:
    quota = CountedQuota()
    handler = in_turn(lambda: refusal(503, "ServerBusy"), lambda: refusal(500, "InternalServerError"), ok)
    async with asking(handler, quota=quota) as inventory:
        assert len((await one_page(inventory)).rows) == 2
    assert (quota.sent, quota.told) == (3, [503, 500, 200])


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_a_server_out_of_order_is_retried_and_then_a_transient_error(status: int) -> None:
    quota = CountedQuota()
    async with asking(in_turn(lambda: refusal(status, "Broken")), quota=quota) as inventory:
        with pytest.raises(InventoryError, match="about Broken") as error:
            await one_page(inventory)
    assert (error.value.status, error.value.code, error.value.transient) == (status, "Broken", True)
    assert quota.sent == FAST.retries + 1


async def test_retry_after_is_waited_for() -> None:
    handler = in_turn(lambda: refusal(429, "RateLimiting", {"Retry-After": "1"}), ok)
    async with asking(handler) as inventory:
        begun = time.monotonic()
        assert len((await one_page(inventory)).rows) == 2
    assert time.monotonic() - begun >= 0.95


@pytest.mark.parametrize("header", ["3600", "Fri, 01 Jan 2100 00:00:00 GMT", "soon"])
async def test_retry_after_is_capped(header: str) -> None:
    handler = in_turn(lambda: refusal(429, "RateLimiting", {"Retry-After": header}), ok)
    async with asking(handler, limits=replace(FAST, longest_retry_after=0.2)) as inventory:
        assert len((await asyncio.wait_for(one_page(inventory), 5)).rows) == 2


async def test_the_total_time_is_limited() -> None:
    handler = in_turn(lambda: refusal(503, "ServerBusy", {"Retry-After": "5"}))
    async with asking(handler, limits=replace(FAST, total_timeout=0.3)) as inventory:
        with pytest.raises(InventoryError, match="no answer within") as error:
            await one_page(inventory)
    assert error.value.transient


async def test_silence_is_limited() -> None:
    release = asyncio.Event()

    async def handler(_: web.Request) -> web.StreamResponse:
        await release.wait()
        return ok()

    async with asking(handler, limits=replace(FAST, read_timeout=0.2, retries=1)) as inventory:
        with pytest.raises(InventoryError) as error:
            await one_page(inventory)
        release.set()
    assert error.value.transient


@pytest.mark.parametrize(
    ("status", "code"), [(400, "BadRequest"), (404, "NotFound"), (409, "Conflict"), (302, ""), (501, "")]
)
async def test_other_refusals_are_final(status: int, code: str) -> None:
    quota = CountedQuota()
    handler = in_turn(lambda: refusal(status, code, {"Location": "http://127.0.0.1:1/"}))
    async with asking(handler, quota=quota) as inventory:
        with pytest.raises(InventoryError) as error:
            await one_page(inventory)
    assert (error.value.status, error.value.code, error.value.transient) == (status, code, False)
    assert quota.sent == 1


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_identity_is_denied(status: int) -> None:
    challenge = {"WWW-Authenticate": 'Bearer authorization_uri="https://login.example/"'}
    async with asking(in_turn(lambda: refusal(status, "AuthorizationFailed", challenge))) as inventory:
        with pytest.raises(InventoryDeniedError) as error:
            await one_page(inventory)
    assert (error.value.status, error.value.code) == (status, "AuthorizationFailed")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>out of order</html>",
        b'{"totalRecords":1,"count":1,"data":[{',
        b"[]",
        b"null",
        b'{"totalRecords":1,"count":1,"data":{}}',
        b'{"totalRecords":1,"count":2,"data":[{}]}',
        b'{"count":1,"data":[{}]}',
        b'{"totalRecords":1,"count":1,"data":[{}],"$skipToken":5}',
        b'{"totalRecords":1,"count":1,"data":[{}],"$skipToken":""}',
    ],
)
async def test_an_unparsable_answer_is_a_transient_error(body: bytes) -> None:
    async with asking(in_turn(lambda: web.Response(body=body, content_type="application/json"))) as inventory:
        with pytest.raises(InventoryError) as error:
            await one_page(inventory)
    assert (error.value.code, error.value.transient) == ("UnparsableAnswer", True)


async def test_a_truncated_result_without_a_token_is_not_an_end() -> None:
    handler = in_turn(lambda: answer(nsgs(2), total=9, resultTruncated="true"))
    async with asking(handler) as inventory:
        with pytest.raises(InventoryError) as error:
            await one_page(inventory)
    assert (error.value.code, error.value.transient) == ("ResultTruncated", False)


async def test_a_truncated_result_with_a_token_goes_on() -> None:
    first: dict[str, Any] = {"total": 4, "resultTruncated": "true", "$skipToken": "t1"}
    handler = in_turn(lambda: answer(nsgs(2), **first), lambda: answer(nsgs(2), total=4))
    async with asking(handler) as inventory:
        assert len(ids(await all_pages(inventory, [NSG_TYPE]))) == 4


async def test_a_page_that_leads_to_itself_is_an_error() -> None:
    handler = in_turn(lambda: answer(nsgs(2), total=4, **{"$skipToken": "t1"}))
    async with asking(handler) as inventory:
        with pytest.raises(InventoryError, match="same page"):
            await all_pages(inventory, [NSG_TYPE])


async def test_subscriptions_left_out_for_their_number_are_an_error() -> None:
    def limited() -> web.Response:
        response = ok()
        response.headers["x-ms-tenant-subscription-limit-hit"] = "true"
        return response

    async with asking(in_turn(limited)) as inventory:
        with pytest.raises(InventoryError) as error:
            await one_page(inventory)
    assert error.value.code == "SubscriptionLimitHit"


def too_large() -> web.Response:
    # As Resource Graph says it: https://github.com/microsoft/ARI/issues/199
    return refusal(400, "BadRequest", details=[{"code": "ResponsePayloadTooLarge", "message": "16777216"}])


async def test_a_page_shrinks_stays_small_and_grows_again() -> None:
    asked: list[int] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        top = orjson.loads(await request.read())["options"]["$top"]
        asked.append(top)
        return too_large() if top > 300 and len(asked) < 10 else ok()

    async with asking(handler) as inventory:
        assert (await one_page(inventory)).page_size == 250
        assert asked == [1000, 500, 250]
        assert (await one_page(inventory, page_size=100)).page_size == 100
        for _ in range(30):
            await one_page(inventory, page_size=10)
        sizes = [(await one_page(inventory)).page_size for _ in range(60)]
    assert sizes == sorted(sizes)
    assert (sizes[0], sizes[-1]) == (250, 1000)


async def test_other_types_keep_their_size() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        body = orjson.loads(await request.read())
        small = NSG_TYPE in body["query"] and body["options"]["$top"] > 1
        return too_large() if small else ok()

    async with asking(handler) as inventory:
        assert (await one_page(inventory)).page_size == 1
        other = await inventory.page(InventoryQuery.RESOURCES, [SUB], types=["microsoft.network/x"])
    assert other.page_size == 1000


async def test_one_row_that_is_too_large_is_an_error() -> None:
    async with asking(in_turn(too_large)) as inventory:
        with pytest.raises(PageTooLargeError):
            await one_page(inventory)


async def test_an_answer_beyond_our_own_limit_shrinks_the_page_too() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        return answer(nsgs(orjson.loads(await request.read())["options"]["$top"]))

    async with asking(handler, limits=replace(FAST, max_bytes=40_000)) as inventory:
        page = await one_page(inventory)
    assert len(page.rows) == page.page_size == 125


async def test_a_compressed_answer_is_read_and_its_true_size_counts() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        top = orjson.loads(await request.read())["options"]["$top"]
        body = gzip.compress(answer(nsgs(min(top, 500))).body or b"")  # type: ignore[arg-type]
        return web.Response(
            body=body, headers={"Content-Encoding": "gzip", "Content-Type": "application/json"}
        )

    async with asking(handler) as inventory:
        assert len((await one_page(inventory)).rows) == 500
    async with asking(handler, limits=replace(FAST, max_bytes=30_000)) as inventory:
        assert (await one_page(inventory)).page_size < 500


async def test_a_body_that_breaks_off_is_asked_for_again() -> None:
    quota = CountedQuota()

    async def handler(request: web.Request) -> web.StreamResponse:
        if quota.sent > 2:
            return ok()
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b'{"data":[')
        assert request.transport is not None
        request.transport.close()
        return response

    async with asking(handler, quota=quota) as inventory:
        assert len((await one_page(inventory)).rows) == 2
    assert quota.sent == 3


async def test_a_dead_host_is_a_transient_error() -> None:
    async with served(in_turn(ok)) as gone:
        pass
    pipeline = ArmPipeline(FixedCredential(), CLOUDS["public"], base_url=gone, limits=FAST)
    inventory = AzureInventory(pipeline)
    with pytest.raises(InventoryError) as error:
        await one_page(inventory)
    await inventory.aclose()
    assert (error.value.transient, error.value.status) == (True, 0)


async def test_an_expiring_token_is_renewed() -> None:
    credential = FixedCredential(lifetime=1)
    async with asking(in_turn(ok), credential=credential) as inventory:
        await one_page(inventory)
        await one_page(inventory)
    assert len(credential.scopes) == 2


async def test_the_log_has_neither_tokens_nor_bodies(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="azure")
    async with asking(in_turn(ok), log_requests=True) as inventory:
        await one_page(inventory)
    assert GRAPH in caplog.text
    assert "token-1" not in caplog.text
    assert SUB not in caplog.text
    assert "nsg-00000" not in caplog.text
