"""Shared access signatures: what a token must be to open an entity."""

from __future__ import annotations

import asyncio
import time

import pytest
from azure.servicebus._base_handler import _generate_sas_token

from devhost.servicebus.sas import SharedAccessKey, TokenError
from devhost.servicebus.server import serve
from tests.servicebus.wire import Wire

NOW = 1_800_000_000.0
KEY = SharedAccessKey("Root", "c2VjcmV0")
AUDIENCE = "sb://127.0.0.1:5672/orders"


def test_a_signature_computed_elsewhere_is_accepted() -> None:
    # printf 'sb%%3A%%2F%%2Flocalhost%%2Forders\n1800003600' |
    #     openssl dgst -sha256 -hmac 'c2VjcmV0' -binary | base64
    token = (
        "SharedAccessSignature sr=sb%3A%2F%2Flocalhost%2Forders"
        "&sig=6mtG7i%2BJeRYMJK%2FHgg7cp0ijHGPITQEFVWB0okXakLA%3D&se=1800003600&skn=Root"
    )
    grant = KEY.grant(token, "sb://localhost/orders", NOW)
    assert (grant.path, grant.expires_at) == ("orders", 1_800_003_600)


def test_the_sdk_signs_the_same_way() -> None:
    made = _generate_sas_token(AUDIENCE, "Root", "c2VjcmV0")
    assert KEY.grant(made.token, AUDIENCE, time.time()).path == "orders"


@pytest.mark.parametrize(
    ("signed", "audience", "entity", "covered"),
    [
        (AUDIENCE, AUDIENCE, "orders", True),
        (AUDIENCE, AUDIENCE, "ORDERS/$DeadLetterQueue", True),
        (AUDIENCE, AUDIENCE, "orders2", False),
        (AUDIENCE, AUDIENCE, "other", False),
        ("sb://127.0.0.1/", "sb://127.0.0.1/orders", "orders", True),
        ("sb://127.0.0.1/", "sb://127.0.0.1/orders", "other", False),
        ("sb://127.0.0.1/", "sb://127.0.0.1/", "anything", True),
    ],
)
def test_a_grant_covers_its_path_and_below(signed: str, audience: str, entity: str, covered: bool) -> None:
    assert KEY.grant(KEY.sign(signed, int(NOW) + 60), audience, NOW).covers(entity) is covered


GOOD = KEY.sign(AUDIENCE, int(NOW) + 60)


@pytest.mark.parametrize(
    ("token", "audience", "reason"),
    [
        (SharedAccessKey("Root", "d3Jvbmc=").sign(AUDIENCE, int(NOW) + 60), AUDIENCE, "signature"),
        (SharedAccessKey("Other", "c2VjcmV0").sign(AUDIENCE, int(NOW) + 60), AUDIENCE, "rule"),
        (KEY.sign(AUDIENCE, int(NOW)), AUDIENCE, "expired"),
        (GOOD.replace("se=", "se=9"), AUDIENCE, "signature"),
        (GOOD, "sb://127.0.0.1/other", "cover"),
        (GOOD, "sb://127.0.0.1/", "cover"),
        (KEY.sign("sb://evil.example/orders", int(NOW) + 60), AUDIENCE, "namespace"),
        (GOOD, "sb://evil.example/orders", "namespace"),
        (KEY.sign("sb://[", int(NOW) + 60), AUDIENCE, "URI"),
        (GOOD.replace("&skn=Root", ""), AUDIENCE, "lacks skn"),
        (GOOD + "&sr=x", AUDIENCE, "malformed"),
        ("SharedAccessSignature ", AUDIENCE, "malformed"),
        ("eyJhbGciOi.jwt.token", AUDIENCE, "not a shared access signature"),
        ("", AUDIENCE, "not a shared access signature"),
        (GOOD + "&x=" + "y" * 10_000, AUDIENCE, "not a shared access signature"),
    ],
)
def test_anything_else_is_refused_without_showing_the_token(token: str, audience: str, reason: str) -> None:
    with pytest.raises(TokenError, match=reason) as caught:
        KEY.grant(token, audience, NOW)
    assert KEY.key not in str(caught.value)


def test_the_key_is_not_printed() -> None:
    assert KEY.key not in repr(KEY)


CONFIG: dict[str, object] = {"queues": {"orders": {}, "other": {}}}


async def test_no_link_without_a_token_and_none_beyond_it() -> None:
    now = [NOW]
    async with serve(CONFIG, key_name=KEY.name, key=KEY.key, clock=lambda: now[0]) as server:
        base = f"sb://127.0.0.1:{server.port}/"
        async with Wire.connect(server.port) as wire:
            for address in ("orders", "orders/$management", "no-such-queue"):
                assert await wire.attach(address, receiving=True) == "amqp:unauthorized-access"
            wrong = SharedAccessKey(KEY.name, "d3Jvbmc=").sign(base + "orders", int(NOW) + 60)
            assert await wire.put_token(wrong, base + "orders") == 401
            assert await wire.put_token(KEY.sign(base + "orders", int(NOW) - 1), base + "orders") == 401
            assert await wire.put_token(KEY.sign(base + "other", int(NOW) + 60), base + "orders") == 401
            assert await wire.attach("orders", receiving=False) == "amqp:unauthorized-access"
            assert await wire.put_token(KEY.sign(base + "orders", int(NOW) + 60), base + "orders") == 202
            assert await wire.attach("other", receiving=True) == "amqp:unauthorized-access"
            assert await wire.attach("orders", receiving=True) is None
            assert await wire.attach("orders/$management", receiving=True) is None
        async with Wire.connect(server.port) as stranger:  # a token belongs to its connection
            assert await stranger.attach("orders", receiving=True) == "amqp:unauthorized-access"


async def test_a_link_ends_with_its_token() -> None:
    now = [NOW]
    async with serve(CONFIG, key_name=KEY.name, key=KEY.key, clock=lambda: now[0]) as server:
        base = f"sb://127.0.0.1:{server.port}/"
        async with Wire.connect(server.port) as wire:
            await wire.put_token(KEY.sign(base + "orders", int(NOW) + 60), base + "orders")
            assert await wire.attach("orders", receiving=True) is None
            now[0] += 61
            async with asyncio.timeout(5):
                assert await wire.detached() == "amqp:unauthorized-access"
