"""Entra access tokens: what is accepted, and every way of being refused."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.entra.signing_keys import (
    PAUSE_SECONDS,
    RENEW_SECONDS,
    RETRY_SECONDS,
    STALE_SECONDS,
)
from shared.adapters.entra.tokens import LEEWAY_SECONDS, EntraTrust, signing_keys
from shared.adapters.entra.verifier import EntraTokens
from shared.adapters.memory.clock import MemoryClock
from shared.domain.errors import UnauthorizedError, UnavailableError
from shared.domain.principal import Principal, Role, Tier
from tests.fixtures.entra import (
    AUDIENCE,
    CLIENT,
    OBJECT,
    OTHER_TENANT,
    TENANT,
    TRUST,
    V1,
    V2,
    PublishedKeys,
    claims,
    jwk,
    private_key,
    public_pem,
    segments,
    signed,
)

NOW = datetime(2025, 8, 5, 17, 42, 58, tzinfo=UTC)
ID = f"{TENANT}:{OBJECT}"


class Gate:
    """The verifier with a clock and a tenant of its own."""

    def __init__(self, *keys: dict[str, Any], trust: EntraTrust = TRUST) -> None:
        self.clock = MemoryClock(NOW)
        self.published = PublishedKeys(*keys)
        self.tokens = EntraTokens(trust, self.published, self.clock)

    async def judge(self, token: str) -> Principal:
        principal = await self.tokens.principal_of(token)
        assert principal is not None
        return principal

    async def refuses(self, token: str, message: str = "Invalid credentials") -> None:
        with pytest.raises(UnauthorizedError) as refused:
            await self.judge(token)
        assert refused.value.message == message


@pytest.mark.parametrize("version", ["1.0", "2.0"])
async def test_both_versions_are_accepted(version: str) -> None:
    principal = await Gate().judge(signed(claims(NOW, version=version)))
    assert principal == Principal(ID, "75dbe77f-10a3-4e59-85fd-8c127544f17c", Role.ADMIN, Tier.STANDARD)


async def test_a_person_is_named_and_an_application_is_its_id() -> None:
    person = claims(NOW, version="2.0", preferred_username="abe\u202eli@contoso.test", name="Abe")
    assert (await Gate().judge(signed(person))).name == "abeli@contoso.test"
    nameless = claims(NOW, appid=" ")
    assert (await Gate().judge(signed(nameless))).name == ID


@pytest.mark.parametrize(("version", "claim"), [("1.0", "appid"), ("2.0", "azp")])
async def test_an_id_token_is_no_access_token(version: str, claim: str) -> None:
    """Of the same issuer, key, tenant, audience and roles: what signing in to a page of ours gives."""
    token = signed(claims(NOW, version=version, aud=CLIENT, nonce="n", **{claim: None}))
    await Gate().refuses(token, "Token is not an access token")


@pytest.mark.parametrize(
    ("roles", "role"),
    [
        (["viewer"], Role.VIEWER),
        (["operator"], Role.OPERATOR),
        (["viewer", "admin", "operator"], Role.ADMIN),
        (["viewer", "operator"], Role.OPERATOR),
        (["Admin"], None),
        (["other"], None),
        ([], None),
        (None, None),
        ("admin", None),
        ({"admin": True}, None),
        ([["admin"], 1, None], None),
    ],
)
async def test_roles(roles: Any, role: Role | None) -> None:
    assert (await Gate().judge(signed(claims(NOW, roles=roles)))).role is role


async def test_tiers_by_principal() -> None:
    trust = EntraTrust(
        TRUST.authority,
        TRUST.v1_issuer,
        TRUST.tenants,
        TRUST.audiences,
        Tier.PROFESSIONAL,
        {ID: Tier.ENTERPRISE},
    )
    assert (await Gate(trust=trust).judge(signed(claims(NOW)))).tier is Tier.ENTERPRISE
    other = signed(claims(NOW, oid="00000000-0000-4000-8000-000000000001"))
    assert (await Gate(trust=trust).judge(other)).tier is Tier.PROFESSIONAL


@pytest.mark.parametrize("audience", [AUDIENCE, CLIENT])
async def test_app_id_uri_and_client_id_are_audiences(audience: str) -> None:
    await Gate().judge(signed(claims(NOW, aud=audience)))


@pytest.mark.parametrize(
    "audience", ["https://management.azure.com", AUDIENCE + "/", AUDIENCE.upper(), "00000003-0000"]
)
async def test_another_audience(audience: str) -> None:
    await Gate().refuses(signed(claims(NOW, aud=audience)), "Token is for another audience")


async def test_a_list_of_audiences_is_not_what_entra_sends() -> None:
    await Gate().refuses(signed(claims(NOW, aud=[AUDIENCE, "https://graph.microsoft.com"])))


@pytest.mark.parametrize(
    "change",
    [
        {"iss": V2.url},  # of the other version
        {"iss": f"https://sts.windows.net/{OTHER_TENANT}/"},
        {"iss": V1.url.rstrip("/")},
        {"iss": "https://evil.test/"},
        {"iss": None},
        {"iss": "https://sts.windows.net/"},
        {"ver": "2.0"},
        {"ver": None},
        {"ver": 1.0},
    ],
)
async def test_another_issuer(change: dict[str, Any]) -> None:
    gate = Gate()
    await gate.refuses(signed(claims(NOW, **change)), "Tokens of this issuer are not accepted")
    assert gate.published.fetched == []


@pytest.mark.parametrize("tenant", [OTHER_TENANT, TENANT.upper(), "", "common", None, 7, [TENANT]])
async def test_another_tenant_makes_us_fetch_nothing(tenant: Any) -> None:
    gate = Gate()
    payload = claims(NOW, tid=tenant, iss=f"https://sts.windows.net/{tenant}/")
    await gate.refuses(signed(payload), "Tokens of this tenant are not accepted")
    assert gate.published.fetched == []


class TestTimes:
    @pytest.mark.parametrize(("seconds", "good"), [(-LEEWAY_SECONDS + 1, True), (-LEEWAY_SECONDS, False)])
    async def test_expiry(self, seconds: int, good: bool) -> None:
        token = signed(claims(NOW, exp=int(NOW.timestamp()) + seconds))
        if good:
            await Gate().judge(token)
        else:
            await Gate().refuses(token, "Token has expired")

    @pytest.mark.parametrize(("seconds", "good"), [(LEEWAY_SECONDS, True), (LEEWAY_SECONDS + 1, False)])
    async def test_not_before(self, seconds: int, good: bool) -> None:
        token = signed(claims(NOW, nbf=int(NOW.timestamp()) + seconds))
        if good:
            await Gate().judge(token)
        else:
            await Gate().refuses(token, "Token is not valid yet")

    @pytest.mark.parametrize("name", ["exp", "nbf"])
    @pytest.mark.parametrize("value", [None, "9999999999", True, 1e12, float("inf"), {}, [9999999999]])
    async def test_times_are_whole_numbers_and_required(self, name: str, value: Any) -> None:
        await Gate().refuses(signed(claims(NOW, **{name: value})))


@pytest.mark.parametrize("oid", [None, "", "admin", OBJECT + "x", OBJECT.upper(), 7, [OBJECT]])
async def test_an_object_id_is_required(oid: Any) -> None:
    await Gate().refuses(signed(claims(NOW, oid=oid)))


class TestForgeries:
    async def test_no_algorithm(self) -> None:
        for algorithm in ("none", "None", "NONE", ""):
            await Gate().refuses(segments({"alg": algorithm, "kid": "k1", "typ": "JWT"}, claims(NOW)))

    async def test_the_public_key_as_a_shared_secret(self) -> None:
        for secret in (public_pem("k1"), public_pem("k1").strip(), jwk("k1")["n"].encode()):
            unsigned = segments({"alg": "HS256", "kid": "k1", "typ": "JWT"}, claims(NOW)).rpartition(".")[0]
            digest = hmac.new(secret, unsigned.encode(), hashlib.sha256).digest()
            signature = segments({}, {}, digest).rpartition(".")[2]
            await Gate().refuses(f"{unsigned}.{signature}")

    @pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
    async def test_another_algorithm_of_the_same_key(self, algorithm: str) -> None:
        token = jwt.encode(claims(NOW), private_key("k1"), algorithm, headers={"kid": "k1"})
        await Gate().refuses(token)

    async def test_another_key_under_the_same_id(self) -> None:
        await Gate().refuses(signed(claims(NOW), "stranger"))
        token = jwt.encode(claims(NOW), private_key("stranger"), "RS256", headers={"kid": "k1"})
        await Gate().refuses(token)

    async def test_a_key_that_the_token_brings_along(self) -> None:
        token = signed(claims(NOW), "stranger", jwk=jwk("stranger"), jku="https://evil.test/keys")
        gate = Gate()
        await gate.refuses(token)
        assert set(gate.published.fetched) == {(V1.metadata_url, V1.url)}

    async def test_changed_after_signing(self) -> None:
        header, _, signature = signed(claims(NOW, roles=["viewer"])).split(".")
        payload = segments({}, claims(NOW, roles=["admin"])).split(".")[1]
        await Gate().refuses(f"{header}.{payload}.{signature}")

    async def test_no_signature(self) -> None:
        await Gate().refuses(signed(claims(NOW)).rpartition(".")[0] + ".")

    @pytest.mark.parametrize("header", [{"crit": ["exp"]}, {"crit": []}, {"b64": True, "crit": ["b64"]}])
    async def test_critical_extensions(self, header: dict[str, Any]) -> None:
        await Gate().refuses(segments({"alg": "RS256", "kid": "k1", **header}, claims(NOW), b"x"))

    @pytest.mark.parametrize("kid", [None, "", 7, ["k1"], "k" * 257])
    async def test_key_ids(self, kid: Any) -> None:
        await Gate().refuses(segments({"alg": "RS256", "kid": kid}, claims(NOW), b"x"))

    @given(st.from_regex(r"[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,40}", fullmatch=True))
    async def test_garbage_of_the_right_form(self, token: str) -> None:
        with suppress(UnauthorizedError):
            assert await Gate().tokens.principal_of(token) is None

    async def test_deep_nesting(self) -> None:
        deep = "[" * 20_000
        token = ".".join([segments({"alg": "RS256", "kid": "k1"}, {}).split(".")[0], _raw(deep), "eA"])
        await Gate().refuses(token)


def _raw(text: str) -> str:
    return jwt.utils.base64url_encode(text.encode()).decode()


@pytest.mark.parametrize("token", ["opaque", "a.b", "a.b.c.d.e", "sck_a_b", "a..c d"])
async def test_another_kind_of_token_is_left_to_others(token: str) -> None:
    assert await Gate().tokens.principal_of(token) is None


class TestKeys:
    async def test_keys_are_read_once(self) -> None:
        gate = Gate()
        for _ in range(5):
            await gate.judge(signed(claims(NOW)))
        assert gate.published.fetched == [(V1.metadata_url, V1.url)]
        assert V1.metadata_url == (
            f"https://login.microsoftonline.com/{TENANT}/.well-known/openid-configuration"
        )

    async def test_a_new_key_is_found_by_its_first_token(self) -> None:
        gate = Gate()
        await gate.judge(signed(claims(NOW)))
        gate.published.keys = [jwk("k2")]
        await gate.judge(signed(claims(NOW), "k2"))
        await gate.refuses(signed(claims(NOW), "k1"))  # withdrawn with the old set

    async def test_unknown_ids_make_one_fetch_a_minute(self) -> None:
        gate = Gate()
        for number in range(50):
            await gate.refuses(signed(claims(NOW), "k1", kid=f"unknown-{number}"))
        assert len(gate.published.fetched) == 2  # the first, and one search
        gate.clock.advance(PAUSE_SECONDS)
        for number in range(50):
            await gate.refuses(signed(claims(NOW), "k1", kid=f"unknown-{number}"))
        assert len(gate.published.fetched) == 3

    async def test_many_at_once_share_one_fetch(self) -> None:
        gate = Gate()
        token = signed(claims(NOW))
        answers = await asyncio.gather(*(gate.judge(token) for _ in range(20)))
        assert len(answers) == 20
        assert len(gate.published.fetched) == 1

    async def test_an_issuer_that_is_away_is_503_where_no_key_can_judge(self) -> None:
        gate = Gate()
        gate.published.away = True
        with pytest.raises(UnavailableError):
            await gate.judge(signed(claims(NOW)))
        with pytest.raises(UnavailableError):
            await gate.judge(signed(claims(NOW)))
        assert len(gate.published.fetched) == 1
        gate.published.away = False
        gate.clock.advance(RETRY_SECONDS)
        await gate.judge(signed(claims(NOW)))

    async def test_known_keys_go_on_judging_while_the_issuer_is_away(self) -> None:
        gate = Gate()
        await gate.judge(signed(claims(NOW)))
        gate.published.away = True
        later = gate.clock.advance(RENEW_SECONDS)
        await gate.judge(signed(claims(later)))
        await asyncio.sleep(0)
        with pytest.raises(UnavailableError):
            await gate.judge(signed(claims(later), "k2"))
        end = gate.clock.advance(STALE_SECONDS - RENEW_SECONDS)
        with pytest.raises(UnavailableError):
            await gate.judge(signed(claims(end)))

    async def test_a_key_set_without_a_usable_key_is_no_answer(self) -> None:
        gate = Gate({"kty": "oct", "kid": "k1", "k": "AAAA"})
        with pytest.raises(UnavailableError):
            await gate.judge(signed(claims(NOW)))

    async def test_keys_are_renewed_in_time(self) -> None:
        gate = Gate()
        await gate.judge(signed(claims(NOW)))
        later = gate.clock.advance(timedelta(seconds=RENEW_SECONDS))
        for _ in range(5):
            await gate.judge(signed(claims(later)))
        await asyncio.sleep(0)
        assert len(gate.published.fetched) == 2

    async def test_an_issuer_that_hangs_holds_up_nobody_whose_key_is_known(self) -> None:
        gate = Gate()
        await gate.judge(signed(claims(NOW)))
        answers = gate.published.hang()
        later = gate.clock.advance(RENEW_SECONDS)
        async with asyncio.timeout(5):
            for _ in range(20):
                await gate.judge(signed(claims(later)))
            await asyncio.sleep(0)
            assert len(gate.published.fetched) == 2  # one renewal under way for all of them
            gate.published.keys = [jwk("k2")]
            new = asyncio.create_task(gate.judge(signed(claims(later), "k2")))
            await asyncio.sleep(0)
            assert not new.done()  # this one has to wait: nobody knows its key yet
            answers.set()
            await new
        await gate.tokens.aclose()

    async def test_closing_ends_a_renewal_under_way(self) -> None:
        gate = Gate()
        await gate.judge(signed(claims(NOW)))
        gate.published.hang()
        later = gate.clock.advance(RENEW_SECONDS)
        await gate.judge(signed(claims(later)))
        await gate.tokens.aclose()
        assert len(asyncio.all_tasks()) == 1

    def test_what_is_no_signing_key_is_left_out(self) -> None:
        odd: list[dict[str, Any]] = [
            jwk("enc", use="enc"),
            jwk("ps", alg="PS256"),
            jwk("short", 1024),
            {**jwk("k1"), "kid": None},
            {**jwk("k1"), "kid": "bad", "n": "!"},
            {"kty": "oct", "kid": "secret", "k": "c2VjcmV0"},
            {"kty": "EC", "kid": "ec", "crv": "P-256", "x": "AA", "y": "AA"},
            {},
        ]
        assert set(signing_keys([*odd, jwk("good")])) == {"good"}
