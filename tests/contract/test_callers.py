"""Who may call what, over the whole route table: every route, every role, every kind of bad credential."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest

from functions.http.routes import ROUTES
from shared.domain.principal import Role
from tests.contract.harness import KEYS, NOW, Api, settings
from tests.fixtures.entra import (
    OTHER_TENANT,
    claims,
    private_key,
    public_pem,
    segments,
    signed,
)

ANONYMOUS = {"/docs", "/health/live", "/health/ready", "/openapi.json", "/.well-known/security.txt"}
"""Contract 1.3, X-09: nothing else answers a caller that nobody knows."""

OWN_KEYS = {"/v1/eventgrid"}
"""Routes whose caller brings a key of another kind; `test_event_grid` has what they answer without one."""

LOCKED = [route for route in ROUTES if f"/{route.path}" not in ANONYMOUS | OWN_KEYS]
everywhere = pytest.mark.parametrize("route", LOCKED, ids=lambda route: route.name)


def url_of(route: Any) -> str:
    return "/" + re.sub(r"{\w+}", "x", route.path)


def _hs256(secret: bytes) -> str:
    unsigned = segments({"alg": "HS256", "kid": "k1", "typ": "JWT"}, claims(NOW)).rpartition(".")[0]
    signature = hmac.new(secret, unsigned.encode(), hashlib.sha256).digest()
    return f"{unsigned}.{segments({}, {}, signature).rpartition('.')[2]}"


def _past(seconds: int) -> int:
    return int(NOW.timestamp()) - seconds


BAD: dict[str, Callable[[], str | None]] = {
    "anonymous": lambda: None,
    "empty": lambda: "",
    "basic": lambda: "Basic YWRtaW46YWRtaW4=",
    "no token": lambda: "Bearer ",
    "two tokens": lambda: f"Bearer {KEYS['admin']} {KEYS['admin']}",
    "key without scheme": lambda: KEYS["admin"],
    "unknown key": lambda: "Bearer " + KEYS["admin"][:-1] + "0",
    "key in capitals": lambda: "Bearer " + KEYS["admin"].upper(),
    "unknown handed-out key": lambda: f"Bearer sck_{'a' * 12}_{'b' * 52}",
    "garbage": lambda: "Bearer \x7f\x00\xff",
    "long garbage": lambda: "Bearer " + "a" * 20_000,
    "garbage of a token's form": lambda: "Bearer a.b.c",
    "expired": lambda: "Bearer " + signed(claims(NOW, exp=_past(61), nbf=_past(5000))),
    "not yet valid": lambda: "Bearer " + signed(claims(NOW, nbf=_past(-3600))),
    "wrong audience": lambda: "Bearer " + signed(claims(NOW, aud="https://management.azure.com")),
    "wrong issuer": lambda: "Bearer " + signed(claims(NOW, iss="https://evil.test/")),
    "wrong tenant": lambda: "Bearer " + signed(claims(NOW, tid=OTHER_TENANT)),
    "alg none": lambda: "Bearer " + segments({"alg": "none", "kid": "k1"}, claims(NOW)),
    "HS256 with the public key": lambda: "Bearer " + _hs256(public_pem("k1")),
    "unknown signer": lambda: (
        "Bearer " + jwt.encode(claims(NOW), private_key("stranger"), "RS256", headers={"kid": "k1"})
    ),
    "unknown key id": lambda: "Bearer " + signed(claims(NOW), "stranger"),
    "ID token": lambda: "Bearer " + signed(claims(NOW, appid=None, nonce="n")),
    "no object id": lambda: "Bearer " + signed(claims(NOW, oid=None)),
}


def test_the_anonymous_routes_are_the_documented_ones() -> None:
    assert {f"/{route.path}" for route in ROUTES if route.roles is None} == ANONYMOUS | OWN_KEYS
    assert {f"/{route.path}" for route in ROUTES if route.unparsed} == OWN_KEYS
    assert all(route.roles for route in LOCKED)
    assert all(route.counted for route in LOCKED)


@everywhere
async def test_nobody_gets_in(route: Any) -> None:
    api = Api(settings(SECURITY_COPILOT_FAILED_ATTEMPTS="1000"))
    for kind, make in BAD.items():
        authorization = make()
        headers = {} if authorization is None else {"Authorization": authorization}
        answer = await api.call(route.method, url_of(route), b"{", role=None, headers=headers)
        assert answer.status == 401, kind
        assert answer.headers["www-authenticate"] == "Bearer", kind
        assert answer.error["code"] == "UNAUTHORIZED", kind
        assert "x-ratelimit-limit" not in answer.headers, kind
        presented = (authorization or "").removeprefix("Bearer ").strip()
        assert not presented or presented not in answer.body.decode(), kind
    assert api.callers.quotas.writes == 0
    assert (await api.callers.audit.page(1)).entries == ()


@everywhere
@pytest.mark.parametrize("role", [*Role, None], ids=str)
async def test_roles_of_keys_and_of_tokens_open_the_same_routes(route: Any, role: Role | None) -> None:
    """A caller without the role hears 403 before anything of its request is looked at."""
    token = signed(claims(NOW, roles=[] if role is None else [role.value]))
    ways = [{"Authorization": f"Bearer {token}"}]
    if role is not None:
        ways.append({"Authorization": f"Bearer {KEYS[role.value]}"})
    for headers in ways:
        answer = await Api().call(route.method, url_of(route), b"{", role=None, headers=headers)
        if role is not None and role in route.roles:
            assert answer.status not in (401, 403)
        else:
            assert answer.status == 403
            assert answer.error["code"] == "FORBIDDEN"
            assert answer.error["details"]["required_roles"] == sorted(one.value for one in route.roles)
        assert int(answer.headers["x-ratelimit-remaining"]) == 999


@pytest.mark.parametrize("path", sorted(ANONYMOUS))
async def test_anonymous_routes_look_at_no_credential(path: str) -> None:
    api = Api()
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        for _ in range(3):
            answer = await api.get(path, role=None, headers=headers)
            assert answer.status == 200
            assert "x-ratelimit-limit" not in answer.headers
    assert api.callers.quotas.writes == 0


class TestTokenIssuerAway:
    async def test_503_where_no_key_can_judge_and_keys_go_on(self) -> None:
        api = Api()
        api.callers.published.away = True
        headers = {"Authorization": "Bearer " + signed(claims(NOW))}
        answer = await api.get("/v1/rules", role=None, headers=headers)
        assert (answer.status, answer.error["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert int(answer.headers["retry-after"]) >= 1
        assert (await api.get("/v1/rules")).status == 200

    async def test_it_is_not_a_failed_attempt(self) -> None:
        api = Api(settings(SECURITY_COPILOT_FAILED_ATTEMPTS="1"))
        api.callers.published.away = True
        headers = {"Authorization": "Bearer " + signed(claims(NOW))}
        for _ in range(3):
            assert (await api.get("/v1/rules", role=None, headers=headers)).status == 503


class TestFailedAttempts:
    async def test_an_address_that_failed_too_often_hears_429(self) -> None:
        api = Api(settings(SECURITY_COPILOT_FAILED_ATTEMPTS="3"))
        there = {"X-Forwarded-For": "203.0.113.7:1111"}
        for port in range(3):
            wrong = {"Authorization": "Bearer wrong", "X-Forwarded-For": f"203.0.113.7:{port + 1}"}
            assert (await api.get("/v1/rules", role=None, headers=wrong)).status == 401
        answer = await api.get("/v1/rules", headers=there)  # a good key, but nobody has seen it yet
        assert answer.status == 429
        assert answer.error["code"] == "RATE_LIMITED"
        assert answer.headers["retry-after"] == "1022"
        assert answer.headers["x-ratelimit-limit"] == "3"
        assert answer.headers["x-ratelimit-remaining"] == "0"
        assert answer.headers["x-ratelimit-reset"] == "1754416800"
        elsewhere = {"X-Forwarded-For": "203.0.113.7, 198.51.100.9:4711"}
        assert (await api.get("/v1/rules", headers=elsewhere)).status == 200
        assert (await api.get("/v1/rules", headers=there)).status == 200  # known to be good by now
        api.clock.advance(timedelta(hours=1))
        wrong = {"Authorization": "Bearer wrong", **there}
        assert (await api.get("/v1/rules", role=None, headers=wrong)).status == 401

    async def test_a_forged_entry_is_no_way_around(self) -> None:
        api = Api(settings(SECURITY_COPILOT_FAILED_ATTEMPTS="3"))
        answers = [
            await api.get(
                "/v1/rules",
                role=None,
                headers={"Authorization": "Bearer wrong", "X-Forwarded-For": f"10.0.0.{n}, 203.0.113.7:5"},
            )
            for n in range(5)
        ]
        assert [answer.status for answer in answers] == [401, 401, 401, 429, 429]


async def test_a_key_set_of_the_tenant_is_asked_for_once() -> None:
    api = Api()
    headers = {"Authorization": "Bearer " + signed(claims(NOW))}
    for _ in range(5):
        assert (await api.get("/v1/rules", role=None, headers=headers)).status == 200
    assert len(api.callers.published.fetched) == 1
