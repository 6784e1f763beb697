"""The stores of events, webhooks, deliveries, schedules and changes: both implementations of each."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from shared.adapters.memory.event_log import MemoryEventLog, MemoryFeedPositions
from shared.adapters.memory.rescans import MemoryRescanStore
from shared.adapters.memory.schedules import MemoryScheduleStore
from shared.adapters.memory.webhooks import MemoryDeliveryStore, MemoryWebhookStore
from shared.adapters.sealers import FernetSealer
from shared.adapters.storage_clients import table_service
from shared.adapters.tables import event_log as table_log
from shared.adapters.tables.deliveries import TableDeliveryStore
from shared.adapters.tables.event_log import TableEventLog, TableFeedPositions
from shared.adapters.tables.rescans import TableRescanStore
from shared.adapters.tables.schedules import TableScheduleStore
from shared.adapters.tables.table import Action, Table, Write
from shared.adapters.tables.webhooks import TableWebhookStore
from shared.domain.events import EventType
from shared.domain.page import PageRequest
from shared.domain.resource_changes import PendingRescan
from shared.domain.scan import ScanRequest
from shared.domain.schedules import BUILT_IN, Cadence, Schedule
from shared.domain.webhooks import Delivery, DeliveryStatus, Webhook, WebhookHealth, WebhookSecret
from shared.ports.errors import AlreadyExistsError, MissingError, VersionConflictError
from shared.ports.event_log import EventLog, FeedPositions
from shared.ports.rescan_store import RescanStore
from shared.ports.schedule_store import ScheduleStore
from shared.ports.webhook_stores import DeliveryStore, WebhookStore
from tests.adapters.builders import SUBSCRIPTION, T0, at, event

KEY = Fernet.generate_key().decode()
HOOK, HOOK2 = "wh-20250805-174258", "wh-20250805-174258-abcdef"


@dataclass
class EventStores:
    log: EventLog
    positions: FeedPositions
    webhooks: WebhookStore
    deliveries: DeliveryStore
    schedules: ScheduleStore
    rescans: RescanStore


@pytest.fixture(params=["memory", pytest.param("azure", marks=pytest.mark.local_stack)])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[EventStores]:
    if request.param == "memory":
        yield EventStores(
            MemoryEventLog(),
            MemoryFeedPositions(),
            MemoryWebhookStore(),
            MemoryDeliveryStore(),
            MemoryScheduleStore(),
            MemoryRescanStore(),
        )
        return
    prefix = f"t{uuid.uuid4().hex[:12]}"
    async with table_service(
        connection_string=request.getfixturevalue("storage_connection_string")
    ) as tables:
        yield EventStores(
            TableEventLog(tables, prefix=prefix),
            TableFeedPositions(tables, prefix=prefix),
            TableWebhookStore(tables, FernetSealer([KEY]), prefix=prefix),
            TableDeliveryStore(tables, prefix=prefix),
            TableScheduleStore(tables, prefix=prefix),
            TableRescanStore(tables, prefix=prefix),
        )
        async for table in tables.list_tables():
            if table.name.startswith(prefix):
                await tables.delete_table(table.name)


# The log


def of(subject: int, number: int) -> Any:
    return event(subject, number, event_id=f"finding.created:{subject}/{number}#?\\")


async def test_positions_and_sequences_have_no_gaps(stores: EventStores) -> None:
    events = [of(number % 3, number) for number in range(130)]
    logged = await stores.log.append(events, T0)
    assert [one.position for one in logged] == list(range(1, 131))
    assert [one.sequence for one in logged] == [number // 3 + 1 for number in range(130)]
    assert await stores.log.after(0, 200) == logged
    assert await stores.log.after(7, 3) == logged[7:10]
    assert await stores.log.after(130, 10) == [] and await stores.log.after(0, 0) == []
    assert (await stores.log.get(5), await stores.log.get(131)) == (logged[4], None)
    assert await stores.log.end() == 130


async def test_an_event_is_logged_once(stores: EventStores) -> None:
    first = await stores.log.append([of(1, 1), of(1, 2), of(1, 1)], T0)
    assert [one.sequence for one in first] == [1, 2]
    assert await stores.log.append([of(1, 2), of(1, 1)], at(9)) == []
    (third,) = await stores.log.append([of(1, 1), of(1, 3)], at(9))
    assert (third.position, third.sequence, third.event) == (3, 3, of(1, 3))


async def test_subjects_that_look_alike_are_told_apart(stores: EventStores) -> None:
    names = ["findings/a", "findings/a~000000001", "findings/a/", "findings/A", "findings/a "]
    events = [event(n, event_id=f"id-{n}", subject=name) for n, name in enumerate(names)]
    assert {one.sequence for one in await stores.log.append(events, T0)} == {1}


async def test_trimming_keeps_the_numbers_going(stores: EventStores) -> None:
    await stores.log.append([of(number % 5, number) for number in range(450)], T0)
    assert await stores.log.trim(T0, 450) == 0
    assert await stores.log.trim(at(1), 0) == 0
    gone = await stores.log.trim(at(1), 449)
    assert 200 < gone < 450
    kept = await stores.log.after(0, 1000)
    assert [one.position for one in kept] == list(range(gone + 1, 451))
    assert await stores.log.get(gone) is None and await stores.log.end() == 450
    (entry,) = await stores.log.append([of(2, 9999)], at(2))
    assert (entry.position, entry.sequence) == (451, 91)


async def test_an_empty_log(stores: EventStores) -> None:
    assert await stores.log.end() == 0 and await stores.log.after(0, 5) == []
    assert await stores.log.append([], T0) == [] and await stores.log.trim(at(9), 9) == 0


async def test_feeds_move_forward_only(stores: EventStores) -> None:
    assert await stores.positions.get("webhooks") == 0
    await stores.positions.advance("webhooks", 7)
    await stores.positions.advance("webhooks", 3)
    assert (await stores.positions.get("webhooks"), await stores.positions.get("other")) == (7, 0)


@pytest.mark.local_stack
async def test_writers_at_once_make_one_log(storage_connection_string: str) -> None:
    prefix = f"t{uuid.uuid4().hex[:12]}"
    async with table_service(connection_string=storage_connection_string) as tables:
        writers = [TableEventLog(tables, prefix=prefix) for _ in range(3)]
        events = [of(number % 4, number) for number in range(60)]
        done = await asyncio.gather(*(writer.append(events, T0) for writer in writers))
        assert sum(len(one) for one in done) == 60
        entries = await TableEventLog(tables, prefix=prefix).after(0, 100)
        assert [one.position for one in entries] == list(range(1, 61))
        for subject in range(4):
            mine = [one.sequence for one in entries if one.event.subject == f"findings/finding-{subject}"]
            assert mine == list(range(1, 16))


@pytest.mark.local_stack
async def test_a_writer_that_died_after_the_log_is_made_up_for(storage_connection_string: str) -> None:
    """The entry is there and nothing that is made from it: the next writer must not number it anew."""
    prefix = f"t{uuid.uuid4().hex[:12]}"
    async with table_service(connection_string=storage_connection_string) as tables:
        await TableEventLog(tables, prefix=prefix).append([of(1, 1)], T0)
        half = table_log.LoggedEvent(position=2, sequence=2, logged_at=T0, event=of(1, 2))
        await Table(tables, f"{prefix}EventLog").write(Write(Action.CREATE, table_log._entry_row(half)))
        (entry,) = await TableEventLog(tables, prefix=prefix).append([of(1, 2), of(1, 3)], T0)
        assert (entry.position, entry.sequence, entry.event) == (3, 3, of(1, 3))


# Webhooks


def webhook(webhook_id: str = HOOK, **changes: Any) -> Webhook:
    values: dict[str, Any] = {
        "webhook_id": webhook_id,
        "url": "https://one.example/hook?a=b",
        "events": (EventType.FINDING_CREATED,),
        "secrets": (
            WebhookSecret(value=SecretStr("new-secret-ü")),
            WebhookSecret(value=SecretStr("old-secret"), until=at(60)),
        ),
        "created_at": T0,
        "created_by": "admin",
    }
    return Webhook(**{**values, **changes})


async def test_a_webhook_comes_back_with_its_secrets(stores: EventStores) -> None:
    await stores.webhooks.insert(webhook())
    with pytest.raises(AlreadyExistsError):
        await stores.webhooks.insert(webhook())
    found = await stores.webhooks.get(HOOK)
    assert found is not None and found.value == webhook()
    assert found.value.signing_secrets(T0) == ["new-secret-ü", "old-secret"]
    written = await stores.webhooks.replace(webhook(active=False), found.etag)
    with pytest.raises(VersionConflictError):
        await stores.webhooks.replace(webhook(), found.etag)
    await stores.webhooks.insert(webhook(HOOK2, created_at=at(-5)))
    assert [one.webhook_id for one in await stores.webhooks.all()] == [HOOK2, HOOK]
    await stores.webhooks.delete(HOOK)
    await stores.webhooks.delete(HOOK)
    assert await stores.webhooks.get(HOOK) is None
    with pytest.raises(MissingError):
        await stores.webhooks.replace(webhook(), written.etag)


@pytest.mark.parametrize("name", ["", "wh-1", "../x", "wh-20250805-174258'", "scan-20250805-174258"])
async def test_what_is_no_webhook_id_is_not_there(stores: EventStores, name: str) -> None:
    assert await stores.webhooks.get(name) is None


async def test_health_is_written_by_one(stores: EventStores) -> None:
    await stores.webhooks.insert(webhook())
    assert await stores.webhooks.health(HOOK) is None
    assert await stores.webhooks.note_health(HOOK, WebhookHealth(failures=1), None)
    assert not await stores.webhooks.note_health(HOOK, WebhookHealth(failures=2), None)
    found = await stores.webhooks.health(HOOK)
    assert found is not None and found.value.failures == 1
    assert await stores.webhooks.note_health(HOOK, WebhookHealth(failures=2, failing_since=T0), found.etag)
    assert not await stores.webhooks.note_health(HOOK, WebhookHealth(), found.etag)
    assert len(await stores.webhooks.all()) == 1


@pytest.mark.local_stack
async def test_secrets_are_not_readable_in_the_table(storage_connection_string: str) -> None:
    prefix = f"t{uuid.uuid4().hex[:12]}"
    async with table_service(connection_string=storage_connection_string) as tables:
        store = TableWebhookStore(tables, FernetSealer([KEY]), prefix=prefix)
        await store.insert(webhook())
        async for row in tables.get_table_client(f"{prefix}Webhooks").list_entities():
            assert b"secret-" not in b"".join(value for value in row.values() if isinstance(value, bytes))
        rotated = TableWebhookStore(
            tables, FernetSealer([Fernet.generate_key().decode(), KEY]), prefix=prefix
        )
        assert await rotated.all() == [webhook()]


# Deliveries


def delivery(position: int, subject: str = "findings/a", hook: str = HOOK, **changes: Any) -> Delivery:
    values: dict[str, Any] = {
        "webhook_id": hook,
        "position": position,
        "subject": subject,
        "sequence": 1,
        "event_id": f"evt-20250805-174258-{position:08d}",
        "event_type": EventType.FINDING_CREATED,
        "created_at": T0,
        "due_at": T0,
    }
    return Delivery(**{**values, **changes})


async def test_a_chain_is_worked_on_from_its_head(stores: EventStores) -> None:
    store = stores.deliveries
    await store.enqueue([delivery(3), delivery(1), delivery(2, "findings/a~"), delivery(1, replay=1)])
    head = await store.head(HOOK, "findings/a")
    assert head is not None and head.value == delivery(1)
    later = delivery(1, attempts=1, due_at=at(5))
    assert await store.update(later, head.etag)
    assert not await store.update(delivery(1, attempts=9), head.etag)
    head = await store.head(HOOK, "findings/a")
    assert head is not None and head.value == later == await store.get(HOOK, 1, 0)
    order = []
    while (head := await store.head(HOOK, "findings/a")) is not None:
        order.append(head.value.order)
        await store.finish(head.value.model_copy(update={"status": DeliveryStatus.DELIVERED}))
    assert order == [(1, 0), (1, 1), (3, 0)]
    other = await store.head(HOOK, "findings/a~")
    assert other is not None and other.value.position == 2
    assert await store.head(HOOK2, "findings/a") is None


async def test_what_is_over_is_not_queued_again(stores: EventStores) -> None:
    store = stores.deliveries
    await store.enqueue([delivery(1), delivery(2)])
    over = delivery(1, status=DeliveryStatus.DELIVERED, attempts=1)
    await store.finish(over)
    await store.finish(over)
    await store.enqueue([delivery(1), delivery(2), delivery(3)])
    head = await store.head(HOOK, "findings/a")
    assert head is not None and head.value.position == 2
    assert await store.get(HOOK, 1, 0) == over
    assert not await store.update(delivery(1), head.etag)


async def test_the_log_lists_newest_first(stores: EventStores) -> None:
    store = stores.deliveries
    every = [delivery(number, f"findings/{number % 7}") for number in range(1, 260)]
    await store.enqueue([*every, delivery(250, "findings/5", replay=2), delivery(9, hook=HOOK2)])
    first = await store.page(HOOK, PageRequest(limit=100))
    assert (first.total, len(first.items)) == (260, 100)
    assert [one.order for one in first.items[8:11]] == [(251, 0), (250, 2), (250, 0)]
    second = await store.page(HOOK, PageRequest(limit=200, after=first.next_after))
    assert [one.position for one in (*first.items, *second.items)][-1] == 1 and second.next_after is None
    assert (await store.page(HOOK, PageRequest(limit=2, offset=259))).items == (delivery(1, "findings/1"),)


async def test_overdue_and_forgotten(stores: EventStores) -> None:
    store = stores.deliveries
    late = delivery(1)
    await store.enqueue([late, delivery(2, "findings/b", due_at=at(100)), delivery(3, hook=HOOK2)])
    assert {one.webhook_id for one in await store.overdue(at(50), 10)} == {HOOK, HOOK2}
    assert len(await store.overdue(at(500), 1)) == 1
    await store.finish(late.model_copy(update={"status": DeliveryStatus.CANCELLED}))
    await store.forget(HOOK, 1)
    assert (await store.page(HOOK, PageRequest())).total == 1
    await store.forget(HOOK, None)
    assert (await store.page(HOOK, PageRequest())).total == 0
    assert [one.webhook_id for one in await store.overdue(at(500), 10)] == [HOOK2]


# Schedules


def schedule(schedule_id: str = "sch-20250805-174258", **changes: Any) -> Schedule:
    values: dict[str, Any] = {
        "schedule_id": schedule_id,
        "name": "Every night",
        "cadence": Cadence(cron="0 0 3 * * *", time_zone="Europe/Berlin", jitter_seconds=30),
        "scan": ScanRequest(subscriptions=(SUBSCRIPTION,)),
        "created_at": T0,
        "created_by": "operator",
        "anchor": T0,
    }
    return Schedule(**{**values, **changes})


async def test_schedules(stores: EventStores) -> None:
    store = stores.schedules
    await store.insert(schedule())
    with pytest.raises(AlreadyExistsError):
        await store.insert(schedule())
    await store.insert(schedule(BUILT_IN, created_at=at(-9)))
    assert [one.value.schedule_id for one in await store.all()] == [BUILT_IN, "sch-20250805-174258"]
    found = await store.get("sch-20250805-174258")
    assert found is not None and found.value == schedule()
    begun = schedule(next_due=at(60)).begun(at(61))
    written = await store.replace(begun, found.etag)
    with pytest.raises(VersionConflictError):
        await store.replace(schedule(), found.etag)
    again = await store.get("sch-20250805-174258")
    assert again is not None and (again.value, again.etag) == (begun, written.etag)
    await store.delete("sch-20250805-174258")
    await store.delete("sch-20250805-174258")
    assert await store.get("sch-20250805-174258") is None and await store.get("x'/#") is None
    with pytest.raises(MissingError):
        await store.replace(begun, written.etag)


# Changed resources


def pending(name: str = "NSG1", **changes: Any) -> PendingRescan:
    kind = "Microsoft.Network/networkSecurityGroups"
    values: dict[str, Any] = {
        "resource_id": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/{kind}/{name}",
        "subscription_id": SUBSCRIPTION,
        "type": kind.lower(),
        "first_at": T0,
        "due_at": at(2),
    }
    return PendingRescan(**{**values, **changes})


async def test_changed_resources(stores: EventStores) -> None:
    store = stores.rescans
    one = pending()
    etag = await store.put(one, None)
    assert etag is not None and await store.put(one, None) is None
    found = await store.get(one.resource_id.upper())
    assert found is not None and (found.value, found.etag) == (one, etag)
    later = one.changed_again(at(1), timedelta(seconds=2))
    newer = await store.put(later, etag)
    assert newer is not None and await store.put(one, etag) is None
    assert not await store.delete(one.resource_id, etag)
    assert await store.delete(one.resource_id, newer)
    assert not await store.delete(one.resource_id, newer)
    assert await store.get(one.resource_id) is None
    assert await store.put(one, None) is not None
    assert await store.put(pending("other", due_at=at(900)), None) is not None
    assert await store.overdue(at(100), 10) == [one]
