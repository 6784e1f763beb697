"""What the table store does after a crash or a race between a record and its index row."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import pytest
from azure.data.tables.aio import TableServiceClient

from shared.adapters.storage_clients import table_service
from shared.adapters.tables.batches import write_rows
from shared.adapters.tables.finding_index import FindingIndex
from shared.adapters.tables.findings import TableFindingStore
from shared.adapters.tables.table import Action, Table, Write
from shared.domain.finding import FindingStatus
from shared.ports.stores import FindingFilter
from tests.adapters.builders import finding, first, ids_of

pytestmark = pytest.mark.local_stack
OPEN = FindingFilter(statuses=(FindingStatus.OPEN,))


@pytest.fixture
async def service(storage_connection_string: str) -> AsyncIterator[TableServiceClient]:
    async with table_service(connection_string=storage_connection_string) as client:
        yield client


@pytest.fixture
def prefix() -> str:
    return f"r{uuid.uuid4().hex[:12]}"


async def test_a_crash_between_record_and_index_is_repaired_by_repeating(
    service: TableServiceClient, prefix: str
) -> None:
    store = TableFindingStore(service, prefix=prefix)
    record = finding(0)
    await store.save([(record, None)])
    index = Table(service, f"{prefix}FindingIndex")
    rows = [
        entity
        async for entity in index.rows(
            "PartitionKey lt @stamp", {"stamp": "stamp"}, select=("PartitionKey", "RowKey")
        )
    ]
    assert await write_rows(index, [Write(Action.DELETE, row) for row in rows]) == [True]
    restarted = TableFindingStore(service, prefix=prefix)
    assert (await restarted.page(first(), OPEN)).total == 0
    assert await restarted.get(record.id) is None
    assert await restarted.save([(record, None)]) == []
    page = await restarted.page(first(), OPEN)
    assert (ids_of(page), page.total) == ([record.id], 1)
    assert await restarted.get(record.id) is not None


async def test_lists_of_one_process_follow_the_saves_of_another(
    service: TableServiceClient, prefix: str
) -> None:
    reader, writer = (TableFindingStore(service, prefix=prefix) for _ in range(2))
    for number in range(5):
        await writer.save([(finding(number, number), None)])
        page = await reader.page(first(), OPEN)
        assert (page.total, ids_of(page)[0]) == (number + 1, finding(number, number).id)
    stored = await reader.get(finding(2, 2).id)
    assert stored is not None
    await writer.save([(finding(2, 2, status=FindingStatus.RESOLVED), stored.etag)])
    assert (await reader.page(first(), OPEN)).total == 4


async def test_a_stale_index_row_is_corrected_when_it_is_met(
    service: TableServiceClient, prefix: str
) -> None:
    store = TableFindingStore(service, prefix=prefix)
    await store.save([(finding(0, 0), None), (finding(1, 1, status=FindingStatus.RESOLVED), None)])
    index = FindingIndex(Table(service, f"{prefix}FindingIndex"))
    await index.put([finding(1, 1, status=FindingStatus.OPEN)])
    page = await store.page(first(), OPEN)
    assert (ids_of(page), page.total) == ([finding(0).id], 1)
    resolved = await store.page(first(), FindingFilter(statuses=(FindingStatus.RESOLVED,)))
    assert ids_of(resolved) == [finding(1, 1).id]
