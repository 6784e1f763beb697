"""API keys handed out: made, shown once, judged, remembered for a minute, expired, revoked."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.clock import SecretsTokenSource
from shared.adapters.memory.clock import MemoryClock
from shared.adapters.memory.identity import MemoryApiKeyStore
from shared.domain.api_key import ApiKeyRecord, key_text, prefix_of
from shared.domain.errors import InvalidRequestError, NotFoundError, Reason, UnauthorizedError
from shared.domain.page import Versioned
from shared.domain.principal import Principal, Role, Tier
from shared.ports.errors import StorageUnavailableError
from shared.services.api_keys import CACHE_SECONDS, USE_SECONDS, ApiKeys, NewApiKey

NOW = datetime(2025, 8, 5, 17, 42, 58, tzinfo=UTC)
PEPPER = "5d1e90c7a3b84f62d8e4071b9c6a2f35"
WANTED = NewApiKey("Pipeline", Role.OPERATOR, Tier.PROFESSIONAL)


class CountingStore(MemoryApiKeyStore):
    def __init__(self) -> None:
        super().__init__()
        self.reads = self.replaces = 0
        self.away = False

    async def get(self, key_id: str) -> Versioned[ApiKeyRecord] | None:
        self.reads += 1
        if self.away:
            raise StorageUnavailableError("away")
        return await super().get(key_id)

    async def replace(self, record: ApiKeyRecord, etag: str) -> None:
        self.replaces += 1
        await super().replace(record, etag)


class Desk:
    def __init__(self) -> None:
        self.clock = MemoryClock(NOW)
        self.store = CountingStore()
        self.keys = self.process()

    def process(self, pepper: str = PEPPER) -> ApiKeys:
        return ApiKeys(self.store, pepper, self.clock, SecretsTokenSource())


async def test_a_key_is_judged_by_its_digest() -> None:
    desk = Desk()
    record, text = await desk.keys.create(WANTED, "key-admin")
    assert re.fullmatch(r"sck_[a-z2-7]{12}_[a-z2-7]{52}", text)
    assert record.digest == hmac.new(PEPPER.encode(), text.encode(), hashlib.sha256).hexdigest()
    secret = text.rpartition("_")[2]
    assert secret not in record.model_dump_json()
    assert await desk.keys.principal_of(text) == Principal(
        record.key_id, "Pipeline", Role.OPERATOR, Tier.PROFESSIONAL
    )
    assert (record.created_by, record.created_at) == ("key-admin", NOW)
    assert record.expires_at == NOW + timedelta(days=365)


async def test_no_two_keys_are_alike() -> None:
    desk = Desk()
    texts = {(await desk.keys.create(WANTED, "a"))[1] for _ in range(50)}
    assert len(texts) == 50


async def test_a_wrong_secret_under_a_right_prefix() -> None:
    desk = Desk()
    _, text = await desk.keys.create(WANTED, "a")
    prefix = prefix_of(text)
    assert prefix is not None
    with pytest.raises(UnauthorizedError) as refused:
        await desk.keys.principal_of(key_text(prefix, "a" * 52))
    assert refused.value.message == "Invalid credentials"


async def test_another_pepper_voids_every_key() -> None:
    desk = Desk()
    _, text = await desk.keys.create(WANTED, "a")
    with pytest.raises(UnauthorizedError):
        await desk.process("another-pepper-of-thirty-two-chars").principal_of(text)


@given(st.text(max_size=80))
async def test_other_tokens_are_left_to_others(token: str) -> None:
    desk = Desk()
    assert await desk.keys.principal_of(token) is None
    assert desk.store.reads == 0


@pytest.mark.parametrize("token", ["sck_", "sck_abcdefghijkl_short", "SCK_ABCDEFGHIJKL_" + "A" * 52])
async def test_what_only_resembles_a_key_reads_nothing(token: str) -> None:
    desk = Desk()
    assert await desk.keys.principal_of(token) is None
    assert desk.store.reads == 0


async def test_a_key_expires_to_the_second() -> None:
    desk = Desk()
    end = NOW + timedelta(hours=1)
    _, text = await desk.keys.create(NewApiKey("n", Role.VIEWER, expires_at=end), "a")
    desk.clock.set(end - timedelta(seconds=1))
    assert await desk.keys.principal_of(text) is not None
    desk.clock.set(end)
    with pytest.raises(UnauthorizedError) as refused:
        await desk.keys.principal_of(text)
    assert refused.value.message == "API key has expired"


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(days=-1), timedelta(days=730, seconds=1)])
async def test_an_expiry_that_cannot_be(ahead: timedelta) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        await Desk().keys.create(NewApiKey("n", Role.VIEWER, expires_at=NOW + ahead), "a")
    assert refused.value.details == {"field": "expires_at", "reason": Reason.OUT_OF_RANGE.value}


async def test_a_revoked_key_is_refused_here_at_once_and_elsewhere_within_the_cache_time() -> None:
    desk = Desk()
    elsewhere = desk.process()
    record, text = await desk.keys.create(WANTED, "a")
    assert await desk.keys.principal_of(text) and await elsewhere.principal_of(text)
    await desk.keys.revoke(record.key_id)
    with pytest.raises(UnauthorizedError):
        await desk.keys.principal_of(text)
    desk.clock.advance(CACHE_SECONDS - 1)
    assert await elsewhere.principal_of(text)
    desk.clock.advance(1)
    with pytest.raises(UnauthorizedError):
        await elsewhere.principal_of(text)
    with pytest.raises(NotFoundError):
        await desk.keys.revoke(record.key_id)


async def test_a_record_that_was_being_read_while_it_was_revoked_is_not_believed() -> None:
    desk = Desk()
    record, text = await desk.keys.create(WANTED, "a")
    read, go_on = asyncio.Event(), asyncio.Event()
    get = desk.store.get

    async def slow(key_id: str) -> Versioned[ApiKeyRecord] | None:
        found = await get(key_id)
        read.set()
        await go_on.wait()
        return found

    desk.store.get = slow  # type: ignore[method-assign]
    judging = asyncio.create_task(desk.keys.principal_of(text))
    await read.wait()
    await desk.keys.revoke(record.key_id)
    go_on.set()
    with pytest.raises(UnauthorizedError):
        await judging


async def test_calls_read_once_a_minute_and_write_once_a_quarter() -> None:
    desk = Desk()
    _, text = await desk.keys.create(WANTED, "a")
    for _ in range(USE_SECONDS + 1):
        await desk.keys.principal_of(text)
        desk.clock.advance(1)
    assert desk.store.reads == USE_SECONDS // CACHE_SECONDS + 1
    assert desk.store.replaces == 2


async def test_the_last_use_is_kept_even_where_another_process_wrote_it() -> None:
    desk = Desk()
    elsewhere = desk.process()
    record, text = await desk.keys.create(WANTED, "a")
    await desk.keys.principal_of(text)
    await elsewhere.principal_of(text)
    desk.clock.advance(USE_SECONDS + 1)
    used = desk.clock.now()
    await desk.keys.principal_of(text)
    await elsewhere.principal_of(text)
    stored = await desk.store.get(record.key_id)
    assert stored is not None
    assert stored.value.last_used_at == used


async def test_a_revoked_key_is_not_brought_back_by_its_use() -> None:
    desk = Desk()
    elsewhere = desk.process()
    record, text = await desk.keys.create(WANTED, "a")
    await elsewhere.principal_of(text)
    await desk.keys.revoke(record.key_id)
    desk.clock.advance(CACHE_SECONDS - 1)
    await elsewhere.principal_of(text)
    assert await desk.store.get(record.key_id) is None


async def test_unknown_prefixes_are_read_once_a_minute() -> None:
    desk = Desk()
    text = key_text("a" * 12, "b" * 52)
    for _ in range(20):
        with pytest.raises(UnauthorizedError):
            await desk.keys.principal_of(text)
    assert desk.store.reads == 1


async def test_storage_that_is_away_is_not_a_wrong_key() -> None:
    desk = Desk()
    _, text = await desk.keys.create(WANTED, "a")
    desk.store.away = True
    with pytest.raises(StorageUnavailableError):
        await desk.keys.principal_of(text)
