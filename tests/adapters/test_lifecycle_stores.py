"""Histories, suppressions, configuration, attempts: both implementations."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from azure.data.tables.aio import TableServiceClient
from cryptography.fernet import Fernet

from shared.adapters.sealers import FernetSealer
from shared.adapters.storage_clients import table_service
from shared.adapters.tables.config import TableConfigStore
from shared.adapters.tables.table import Table
from shared.domain.config import Config, ConfigChange, NotificationSettings, StoredConfig
from shared.domain.finding import ChangedField, ChangeSource, FindingChange
from shared.domain.idempotency import Attempt, KeptAnswer
from shared.domain.ids import IdKind, make_id
from shared.domain.page import PageRequest
from shared.domain.suppression import Suppression, SuppressionScope
from shared.ports.errors import AlreadyExistsError, MissingError, VersionConflictError
from tests.adapters.builders import T0, at
from tests.adapters.conftest import Stores

FINGERPRINT = "0123456789abcdef0123456789abcdef"
HOOK = "https://hooks.slack.com/services/T000/B000/secretsecret"


def change(number: int) -> FindingChange:
    return FindingChange(
        number=number,
        at=at(number),
        source=ChangeSource.PERSON,
        by="somebody",
        request_id="req-1",
        fields=(ChangedField(field="status", before="open", after="resolved"),),
    )


def suppression(seconds: int = 0, tail: str = "", **members: object) -> Suppression:
    values: dict[str, object] = {
        "suppression_id": make_id(IdKind.SUPPRESSION, at(seconds), tail),
        "scope": SuppressionScope(rule_id="network.nsg.ssh_from_internet"),
        "reason": "known",
        "created_at": at(seconds),
        "created_by": "somebody",
        "expires_at": at(86_400),
    }
    return Suppression(**(values | members))  # type: ignore[arg-type]


def stored(number: int, hook: str | None = HOOK) -> StoredConfig:
    config = Config(notification_settings=NotificationSettings(slack_webhook=hook))
    entry = ConfigChange(number=number, at=at(number), by="admin", request_id="req-1", fields=())
    return StoredConfig(config=config, number=number, change=entry)


def attempt(key: str = "a" * 64, seconds: float = 0, **members: object) -> Attempt:
    values: dict[str, object] = {
        "key": key,
        "body_digest": "d",
        "begun_at": at(seconds),
        "leased_until": at(seconds + 300),
    }
    return Attempt(**(values | members))  # type: ignore[arg-type]


class TestHistory:
    async def test_pages_newest_first_with_the_number(self, stores: Stores) -> None:
        await stores.history.file([(FINGERPRINT, change(number)) for number in range(1, 8)])
        page = await stores.history.page(FINGERPRINT, PageRequest(limit=3))
        assert ([one.number for one in page.items], page.total) == ([7, 6, 5], 7)
        seen = [one.number for one in page.items]
        while page.next_after is not None:
            page = await stores.history.page(FINGERPRINT, PageRequest(limit=3, after=page.next_after))
            seen += [one.number for one in page.items]
        assert seen == [7, 6, 5, 4, 3, 2, 1]
        by_offset = await stores.history.page(FINGERPRINT, PageRequest(limit=2, offset=4))
        assert [one.number for one in by_offset.items] == [3, 2]
        beyond = await stores.history.page(FINGERPRINT, PageRequest(limit=2, offset=9))
        assert (beyond.items, beyond.total, beyond.next_after) == ((), 7, None)

    async def test_an_entry_never_changes(self, stores: Stores) -> None:
        await stores.history.file([(FINGERPRINT, change(1))])
        other = change(1).model_copy(update={"by": "somebody else"})
        await stores.history.file([(FINGERPRINT, other), (FINGERPRINT, change(2))])
        page = await stores.history.page(FINGERPRINT, PageRequest())
        assert page.items == (change(2), change(1))

    async def test_nothing_is_filed(self, stores: Stores) -> None:
        page = await stores.history.page("f" * 32, PageRequest())
        assert (page.items, page.total, page.next_after) == ((), 0, None)


class TestSuppressions:
    async def test_insert_get_replace(self, stores: Stores) -> None:
        store, one = stores.suppressions, suppression()
        await store.insert(one)
        with pytest.raises(AlreadyExistsError):
            await store.insert(one)
        found = await store.get(one.suppression_id)
        assert found is not None
        assert found.value == one
        ended = one.model_copy(update={"ended_at": at(5), "ended_by": "x", "settled": True})
        await store.replace(ended, found.etag)
        with pytest.raises(VersionConflictError):
            await store.replace(one, found.etag)
        with pytest.raises(MissingError):
            await store.replace(suppression(9), found.etag)
        assert await store.get("sup-20250805-174259") is None
        assert await store.get("nothing") is None

    async def test_lists(self, stores: Stores) -> None:
        rows = [suppression(number // 2, "" if number % 2 else "abcd1234") for number in range(7)]
        for one in rows:
            await stores.suppressions.insert(one)
        ids: list[str] = []
        after = None
        while True:
            page = await stores.suppressions.page(PageRequest(limit=3, after=after))
            assert page.total == 7
            ids += [one.suppression_id for one in page.items]
            after = page.next_after
            if after is None:
                break
        times = [identifier[4:19] for identifier in ids]
        assert times == sorted(times, reverse=True)
        assert sorted(ids) == sorted(one.suppression_id for one in rows)
        by_offset = await stores.suppressions.page(PageRequest(limit=2, offset=3))
        assert [one.suppression_id for one in by_offset.items] == ids[3:5]

    async def test_unsettled_are_those_that_still_matter(self, stores: Stores) -> None:
        active = suppression(1, settled=True)
        ending = suppression(2, ended_at=at(3))
        over = suppression(3, ended_at=at(4), settled=True)
        for one in (active, ending, over):
            await stores.suppressions.insert(one)
        left = {one.value.suppression_id for one in await stores.suppressions.unsettled()}
        assert left == {active.suppression_id, ending.suppression_id}


class TestConfig:
    async def test_defaults_then_versions(self, stores: Stores) -> None:
        first = await stores.config.get()
        assert (first.value, first.etag) == (StoredConfig(), "")
        await stores.config.replace(stored(1), first.etag)
        with pytest.raises(VersionConflictError):
            await stores.config.replace(stored(1), first.etag)
        second = await stores.config.get()
        assert second.value == stored(1)
        await stores.config.replace(stored(2, None), second.etag)
        with pytest.raises(VersionConflictError):
            await stores.config.replace(stored(3), second.etag)
        page = await stores.config.history(PageRequest(limit=1))
        assert ([one.number for one in page.items], page.total) == ([2], 2)
        rest = await stores.config.history(PageRequest(limit=5, after=page.next_after))
        assert ([one.number for one in rest.items], rest.next_after) == ([1], None)
        assert (await stores.config.history(PageRequest(offset=2))).items == ()

    async def test_of_racing_writers_one_wins(self, stores: Stores) -> None:
        writes = [stores.config.replace(stored(1), "") for _ in range(5)]
        outcomes = await asyncio.gather(*writes, return_exceptions=True)
        assert sorted(type(one).__name__ for one in outcomes) == ["NoneType"] + ["VersionConflictError"] * 4

    async def test_a_document_without_its_change_is_refused(self, stores: Stores) -> None:
        with pytest.raises(ValueError, match="change"):
            await stores.config.replace(StoredConfig(), "")


class TestAttempts:
    async def test_claim_finish_forget(self, stores: Stores) -> None:
        store, one = stores.attempts, attempt()
        etag = await store.insert(one)
        with pytest.raises(AlreadyExistsError):
            await store.insert(one)
        answer = KeptAnswer(
            status=202, media_type="application/json", headers={"Location": "x"}, body=b'{"\xc3"}'
        )
        finished = one.model_copy(update={"answer": answer})
        await store.replace(finished, etag)
        found = await store.get(one.key)
        assert found is not None
        assert found.value == finished
        with pytest.raises(VersionConflictError):
            await store.replace(one, etag)
        await store.delete(one.key, etag)
        await store.delete(one.key, found.etag)
        assert await store.get(one.key) is not None, "an answer is not removed by whoever failed"
        with pytest.raises(MissingError):
            await store.replace(attempt("b" * 64), etag)

    async def test_delete_frees_the_key(self, stores: Stores) -> None:
        etag = await stores.attempts.insert(attempt())
        await stores.attempts.delete("a" * 64, etag)
        assert await stores.attempts.get("a" * 64) is None
        await stores.attempts.insert(attempt())

    async def test_sweep(self, stores: Stores) -> None:
        for number in range(6):
            await stores.attempts.insert(attempt(f"{number:x}" * 64, number * 3600))
        assert await stores.attempts.sweep(T0 + timedelta(hours=3)) == 3
        left = [number for number in range(6) if await stores.attempts.get(f"{number:x}" * 64)]
        assert left == [3, 4, 5]
        assert await stores.attempts.sweep(T0) == 0


@pytest.mark.local_stack
async def test_the_webhook_is_nowhere_in_the_tables(storage_connection_string: str) -> None:
    async with table_service(connection_string=storage_connection_string) as service:
        keys = [Fernet.generate_key().decode() for _ in range(2)]
        store = TableConfigStore(service, FernetSealer(keys[:1]), prefix="sealed")
        await store.replace(stored(1), "")
        assert b"secretsecret" not in await _everything(service, "sealedConfig")
        rotated = TableConfigStore(service, FernetSealer(keys[::-1]), prefix="sealed")
        assert (await rotated.get()).value == stored(1)
        with pytest.raises(ValueError, match="key"):
            await TableConfigStore(service, FernetSealer(keys[1:]), prefix="sealed").get()
        with pytest.raises(ValueError, match="key"):
            await TableConfigStore(service, FernetSealer(()), prefix="sealed").get()


async def _everything(service: TableServiceClient, name: str) -> bytes:
    table = Table(service, name)
    rows = [repr(dict(row)).encode() async for row in table.rows("PartitionKey ge @low", {"low": "!"})]
    await table.aclose()
    return b"".join(rows)
