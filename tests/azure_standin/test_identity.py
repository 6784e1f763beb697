"""Tokens: how they are got and what Resource Manager makes of them."""

import aiohttp
import pytest

from tests.azure_standin import estates
from tests.azure_standin.conftest import Azure, Start
from tests.azure_standin.estates import SUB_A

MANAGEMENT = "https://management.azure.com"
GOOD = {"api-version": "2019-08-01", "resource": MANAGEMENT}


async def token(azure: Azure, resource: str = MANAGEMENT) -> str:
    async with aiohttp.ClientSession() as session:
        headers = {"X-IDENTITY-HEADER": azure.standin.identity_header}
        query = {**GOOD, "resource": resource}
        async with session.get(azure.standin.identity_endpoint, params=query, headers=headers) as response:
            assert response.status == 200
            return str((await response.json())["access_token"])


async def call(azure: Azure, authorization: str | None) -> tuple[int, str, str]:
    headers = {} if authorization is None else {"Authorization": authorization}
    url = azure.standin.base_url + "/subscriptions?api-version=2022-12-01"
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as response:
        code = (await response.json()).get("error", {}).get("code", "")
        return response.status, code, response.headers.get("WWW-Authenticate", "")


@pytest.mark.parametrize(
    ("header", "query", "status"),
    [
        (None, GOOD, 401),
        ("wrong", GOOD, 401),
        ("right", {"resource": MANAGEMENT}, 400),
        ("right", {**GOOD, "api-version": "2017-09-01"}, 400),
        ("right", {"api-version": "2019-08-01"}, 400),
        ("right", GOOD, 200),
    ],
)
async def test_token_requests(start: Start, header: str | None, query: dict[str, str], status: int) -> None:
    azure = await start([], identity_header="right", wall_clock=lambda: 1_000_000.0)
    headers = {} if header is None else {"X-IDENTITY-HEADER": header}
    async with (
        aiohttp.ClientSession() as session,
        session.get(azure.standin.identity_endpoint, params=query, headers=headers) as response,
    ):
        assert response.status == status
        answer = await response.json()
    if status == 200:
        assert answer["expires_on"] == str(1_000_000 + 24 * 3600)
        assert (answer["resource"], answer["token_type"]) == (MANAGEMENT, "Bearer")


async def test_what_resource_manager_accepts(start: Start) -> None:
    now = [1_000_000.0]
    azure = await start(estates.accounts(SUB_A, 1), wall_clock=lambda: now[0], token_lifetime_s=600)
    good = await token(azure, MANAGEMENT + "/")
    assert (await call(azure, f"Bearer {good}"))[0] == 200
    assert (await call(azure, f"bearer {await token(azure, azure.standin.base_url)}"))[0] == 200
    vault = await token(azure, "https://vault.azure.net")
    for authorization, code in (
        (None, "AuthenticationFailed"),
        ("Basic abc", "AuthenticationFailed"),
        ("Bearer made-up", "InvalidAuthenticationToken"),
        (f"Bearer {vault}", "InvalidAuthenticationTokenAudience"),
    ):
        status, given, challenge = await call(azure, authorization)
        assert (status, given) == (401, code)
        assert challenge.startswith("Bearer ")
    now[0] += 600
    assert (await call(azure, f"Bearer {good}"))[:2] == (401, "ExpiredAuthenticationToken")


async def test_the_credential_of_the_sdk_gets_one_token_for_many_calls(start: Start) -> None:
    azure = await start(estates.accounts(SUB_A, 1))
    for _ in range(3):
        await azure.json("GET", "/subscriptions")
    assert (await azure.stats())["tokens"] == 1


@pytest.mark.parametrize(
    ("query", "code"),
    [("?x=1", "MissingApiVersionParameter"), ("?api-version=latest", "InvalidApiVersionParameter")],
)
async def test_api_version_is_required(start: Start, query: str, code: str) -> None:
    azure = await start(estates.accounts(SUB_A, 1))
    headers = {"Authorization": f"Bearer {await token(azure)}"}
    url = azure.standin.base_url + "/subscriptions" + query
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as response:
        assert (response.status, (await response.json())["error"]["code"]) == (400, code)
