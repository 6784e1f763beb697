"""Writing many rows to a table: limits of a transaction, and losers that do not hold up the others."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import pytest

from shared.adapters.storage_clients import table_service
from shared.adapters.tables.batches import write_rows, write_units
from shared.adapters.tables.codec import pack, unpack
from shared.adapters.tables.table import Action, Table, Write, etag_of
from shared.ports.errors import StorageUnavailableError

pytestmark = pytest.mark.local_stack


@pytest.fixture
async def table(storage_connection_string: str) -> AsyncIterator[Table]:
    async with table_service(connection_string=storage_connection_string) as service:
        yield Table(service, f"b{uuid.uuid4().hex[:12]}")


def row(number: int, partition: str = "p", **columns: object) -> dict[str, object]:
    return {"PartitionKey": partition, "RowKey": f"r{number:05d}", **columns}


async def keys(table: Table) -> list[str]:
    return [entity["RowKey"] async for entity in table.rows("PartitionKey eq @p", {"p": "p"})]


async def test_only_the_conflicting_rows_are_refused(table: Table) -> None:
    present = {3, 50, 51, 99, 140, 249}
    await write_rows(table, [Write(Action.CREATE, row(number, n=-1)) for number in sorted(present)])
    written = await write_rows(table, [Write(Action.CREATE, row(number, n=number)) for number in range(250)])
    assert [number for number, won in enumerate(written) if not won] == sorted(present)
    assert len(await keys(table)) == 250
    kept = await table.get("p", "r00050")
    assert kept is not None
    assert kept["n"] == -1


async def test_everything_refused_is_said_so(table: Table) -> None:
    writes = [Write(Action.CREATE, row(number)) for number in range(30)]
    assert await write_rows(table, writes) == [True] * 30
    assert await write_rows(table, writes) == [False] * 30


async def test_actions_meet_their_conditions(table: Table) -> None:
    await write_rows(table, [Write(Action.CREATE, row(number)) for number in (1, 2, 3)])
    stored = await table.get("p", "r00001")
    assert stored is not None
    version = etag_of(stored)
    await table.write(Write(Action.PUT, row(2, n=1)))
    written = await write_rows(
        table,
        [
            Write(Action.REPLACE, row(1, n=5), version),
            Write(Action.REPLACE, row(2, n=5), version),
            Write(Action.REPLACE, row(9, n=5), version),
            Write(Action.DELETE, row(3)),
            Write(Action.DELETE, row(8)),
        ],
    )
    assert written == [True, False, False, True, False]
    assert await keys(table) == ["r00001", "r00002"]


async def test_rows_of_a_unit_go_together(table: Table) -> None:
    await table.write(Write(Action.CREATE, row(11)))
    units = [
        (Write(Action.CREATE, row(number)), Write(Action.CREATE, row(number + 10))) for number in range(5)
    ]
    assert await write_units(table, units) == [True, False, True, True, True]
    assert await keys(table) == [f"r{number:05d}" for number in (0, 2, 3, 4, 10, 11, 12, 13, 14)]


async def test_many_partitions_and_large_rows(table: Table) -> None:
    noise = bytes(range(256)) * 40
    content = {number: uuid.uuid5(uuid.NAMESPACE_OID, str(number)).bytes * 3000 for number in range(60)}
    writes = [
        Write(Action.PUT, row(number, f"p{number % 3}", **pack(data + noise)))
        for number, data in content.items()
    ]
    assert all(await write_rows(table, writes))
    found = await table.get("p1", "r00058")
    assert found is not None
    assert unpack(found) == content[58] + noise


async def test_a_table_that_went_away_is_no_refusal(storage_connection_string: str) -> None:
    async with table_service(connection_string=storage_connection_string) as service:
        name = f"g{uuid.uuid4().hex[:12]}"
        table = Table(service, name)
        await table.write(Write(Action.PUT, row(1)))
        await service.delete_table(name)
        for action in (Action.PUT, Action.CREATE):
            with pytest.raises(StorageUnavailableError):
                await write_rows(table, [Write(action, row(number)) for number in range(3)])


async def test_misuse_is_refused(table: Table) -> None:
    with pytest.raises(ValueError, match="twice"):
        await write_rows(table, [Write(Action.PUT, row(1)), Write(Action.DELETE, row(1))])
    with pytest.raises(ValueError, match="one partition"):
        await write_units(table, [(Write(Action.PUT, row(1)), Write(Action.PUT, row(2, "q")))])
    with pytest.raises(ValueError, match="one partition"):
        await write_units(table, [()])
