"""ApiKeyStore, QuotaStore and AuditLog: both implementations."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from shared.domain.api_key import ApiKeyRecord
from shared.domain.audit import AuditEntry, AuditIntent, AuditOutcome
from shared.domain.page import PageRequest
from shared.domain.principal import Role, Tier
from shared.domain.quota import Window
from shared.ports.errors import AlreadyExistsError, MissingError, PortError, VersionConflictError
from tests.adapters.builders import at
from tests.adapters.conftest import Stores

ID = "key-abcdefghijkl"


def record(seconds: float = 0, **changes: Any) -> ApiKeyRecord:
    base: dict[str, Any] = {
        "key_id": ID,
        "digest": "ab" * 32,
        "name": "Überwachung /\\#?%",
        "role": Role.OPERATOR,
        "tier": Tier.PROFESSIONAL,
        "created_at": at(seconds),
        "created_by": "72f988bf-86f1-41af-91ab-2d7cd011db47:690222be-ff1a-4d56-abd1-7e4f7d38e474",
        "expires_at": at(86_400),
    }
    return ApiKeyRecord(**{**base, **changes})


async def test_keys_round_trip_and_are_taken_once(stores: Stores) -> None:
    await stores.api_keys.insert(record())
    found = await stores.api_keys.get(ID)
    assert found is not None
    assert found.value == record()
    with pytest.raises(AlreadyExistsError):
        await stores.api_keys.insert(record(name="other"))


@pytest.mark.parametrize("absent", ["key-aaaaaaaaaaaa", "key-", "", "a/b", "key-ABCDEFGHIJKL", "key-' or '1"])
async def test_what_is_no_key_is_not_found(stores: Stores, absent: str) -> None:
    await stores.api_keys.insert(record())
    assert await stores.api_keys.get(absent) is None


@pytest.mark.parametrize("absent", ["key-aaaaaaaaaaaa", "nonsense", "a/b", "", "x" * 2000])
async def test_deleting_what_is_not_there(stores: Stores, absent: str) -> None:
    await stores.api_keys.insert(record())
    with pytest.raises(MissingError):
        await stores.api_keys.delete(absent)


async def test_a_key_is_replaced_under_its_version_and_never_comes_back(stores: Stores) -> None:
    await stores.api_keys.insert(record())
    found = await stores.api_keys.get(ID)
    assert found is not None
    await stores.api_keys.replace(record(last_used_at=at(5)), found.etag)
    with pytest.raises(VersionConflictError):
        await stores.api_keys.replace(record(last_used_at=at(6)), found.etag)
    now = await stores.api_keys.get(ID)
    assert now is not None
    assert now.value.last_used_at == at(5)
    await stores.api_keys.delete(ID)
    assert await stores.api_keys.get(ID) is None
    with pytest.raises(MissingError):
        await stores.api_keys.replace(record(), now.etag)
    with pytest.raises(MissingError):
        await stores.api_keys.delete(ID)


async def test_keys_are_listed_newest_first_page_by_page(stores: Stores) -> None:
    ids = [f"key-{letter * 12}" for letter in "bdacfe"]
    for place, key_id in enumerate(ids):
        await stores.api_keys.insert(record(place // 2, key_id=key_id))
    expected = ["key-" + letter * 12 for letter in "efacbd"]
    seen: list[str] = []
    after: str | None = None
    for _ in range(3):
        page = await stores.api_keys.page(PageRequest(2, 0, after))
        assert page.total == 6
        seen += [one.key_id for one in page.items]
        after = page.next_after
    assert (seen, after) == (expected, None)
    skipped = await stores.api_keys.page(PageRequest(2, 3))
    assert [one.key_id for one in skipped.items] == expected[3:5]


NAMES = ["key-1", "72f988bf-86f1-41af-91ab-2d7cd011db47:690222be", "a/b#c?d\\e", "x" * 1000]


@pytest.mark.parametrize("name", NAMES, ids=["plain", "entra", "forbidden", "long"])
async def test_a_window_is_written_under_its_version(stores: Stores, name: str) -> None:
    assert await stores.quotas.read(name) is None
    first = await stores.quotas.write(name, Window(486_783, 25), None)
    with pytest.raises(AlreadyExistsError):
        await stores.quotas.write(name, Window(486_783, 25), None)
    second = await stores.quotas.write(name, Window(486_783, 50), first)
    with pytest.raises(VersionConflictError):
        await stores.quotas.write(name, Window(486_783, 75), first)
    found = await stores.quotas.read(name)
    assert found is not None
    assert (found.value, found.etag) == (Window(486_783, 50), second)


async def test_a_window_that_was_never_written_cannot_be_replaced(stores: Stores) -> None:
    version = await stores.quotas.write("one", Window(1, 1), None)
    with pytest.raises(MissingError):
        await stores.quotas.write("two", Window(1, 2), version)


async def test_of_racing_writers_one_wins(stores: Stores) -> None:
    version = await stores.quotas.write("p", Window(1, 0), None)
    answers = await asyncio.gather(
        *(stores.quotas.write("p", Window(1, number), version) for number in range(1, 9)),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, str) for answer in answers) == 1
    assert all(isinstance(answer, str | PortError) for answer in answers)


def intent(number: int, **changes: Any) -> AuditIntent:
    base: dict[str, Any] = {
        "request_id": f"req-20250805-174258-{number:08d}",
        "at": at(number),
        "principal_id": "key-admin",
        "principal_name": "Admin",
        "role": "admin",
        "address": "203.0.113.7",
        "method": "POST",
        "path": "/v1/scans",
        "operation": "v1_scans_create",
    }
    return AuditIntent(**{**base, **changes})


OK = AuditOutcome(status=202, resource="https://scanner.test/v1/scans/scan-20250805-174258")


async def test_a_write_is_recorded_in_two_steps(stores: Stores) -> None:
    await stores.audit.begin(intent(1))
    assert (await stores.audit.page(10)).entries == (AuditEntry(intent(1), None),)
    await stores.audit.end(intent(1), OK)
    assert (await stores.audit.page(10)).entries == (AuditEntry(intent(1), OK),)


async def test_what_was_recorded_stays(stores: Stores) -> None:
    await stores.audit.begin(intent(1))
    await stores.audit.end(intent(1), OK)
    await stores.audit.begin(intent(1, principal_id="somebody-else"))
    await stores.audit.end(intent(1), AuditOutcome(status=500, code="INTERNAL_ERROR"))
    assert (await stores.audit.page(10)).entries == (AuditEntry(intent(1), OK),)


async def test_the_trail_is_read_newest_first_page_by_page(stores: Stores) -> None:
    # Over several hours, some without an end, two in one second.
    numbers = [1, 2, 3, 4000, 4001, 9000]
    for number in numbers:
        await stores.audit.begin(intent(number))
        if number not in (3, 4001):
            await stores.audit.end(intent(number), OK)
    twin = intent(2, request_id="req-20250805-174300-zzzzzzzz")
    await stores.audit.begin(twin)
    whole = await stores.audit.page(100)
    assert whole.next_after is None
    assert [entry.intent.at for entry in whole.entries] == [
        at(number) for number in (9000, 4001, 4000, 3, 2, 2, 1)
    ]
    assert [entry.outcome is not None for entry in whole.entries] == [1, 0, 1, 0, 1, 0, 1]
    for limit in (1, 2, 3, 7):
        seen: list[AuditEntry] = []
        after: str | None = None
        while True:
            page = await stores.audit.page(limit, after)
            assert len(page.entries) <= limit
            seen += page.entries
            after = page.next_after
            if after is None:
                break
        assert tuple(seen) == whole.entries
