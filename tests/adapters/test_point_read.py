"""Reading one row on the wire agrees with Microsoft's client, also on what it does not find."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import pytest
from azure.core.exceptions import HttpResponseError
from azure.data.tables import EdmType, EntityProperty
from azure.data.tables.aio import TableClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.adapters.storage_clients import table_service
from shared.adapters.tables.point_read import read_row

pytestmark = pytest.mark.local_stack

# Keys without what Table Storage forbids in them (/ \ # ? and control characters), and no lone surrogates.
KEYS = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="/\\#?"), min_size=1, max_size=20
)


@pytest.fixture
async def table(storage_connection_string: str) -> AsyncIterator[TableClient]:
    async with table_service(connection_string=storage_connection_string) as service:
        client = await service.create_table(f"t{uuid.uuid4().hex}")
        async with client:
            yield client
            await client.delete_table()


async def test_columns_and_version_are_those_of_the_client(table: TableClient) -> None:
    columns = {
        "text": "a'b\u00e4\U0001f600",
        "empty": "",
        "bytes": b"\x00\xff" * 40,
        "yes": True,
        "no": False,
        "number": -(2**31),
        "share": 0.5,
    }
    await table.create_entity({"PartitionKey": "p", "RowKey": "r", **columns})
    expected = await table.get_entity("p", "r")
    found = await read_row(table, "p", "r")
    assert found == dict(expected) == {"PartitionKey": "p", "RowKey": "r", **columns}
    assert found is not None and found.metadata["etag"] == expected.metadata["etag"]


@given(partition=KEYS, row=KEYS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_key(table: TableClient, partition: str, row: str) -> None:
    await table.upsert_entity({"PartitionKey": partition, "RowKey": row, "n": 1})
    found = await read_row(table, partition, row)
    assert found is not None and (found["PartitionKey"], found["RowKey"]) == (partition, row)


async def test_what_is_not_there(table: TableClient) -> None:
    await table.create_entity({"PartitionKey": "p", "RowKey": "r"})
    assert await read_row(table, "p", "s") is None
    assert await read_row(table, "p' or 'a' eq 'a", "r") is None


async def test_a_column_of_a_type_that_no_row_has_is_refused(table: TableClient) -> None:
    await table.create_entity({"PartitionKey": "p", "RowKey": "r", "n": EntityProperty(2**40, EdmType.INT64)})
    with pytest.raises(ValueError, match=r"column n .* Edm\.Int64"):
        await read_row(table, "p", "r")


async def test_a_refused_login_is_no_missing_row(storage_connection_string: str) -> None:
    wrong = storage_connection_string.replace("AccountKey=", "AccountKey=AAAA")
    async with (
        table_service(connection_string=wrong) as service,
        service.get_table_client("Findings") as client,
    ):
        with pytest.raises(HttpResponseError):
            await read_row(client, "p", "r")
