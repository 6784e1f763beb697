"""The table `FindingIntents`: which findings are being changed, written before and removed after the change.

What a crash leaves there names every record whose lists or totals may not have followed.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import orjson

from shared.adapters.tables.batches import write_rows
from shared.adapters.tables.codec import pack, unpack
from shared.adapters.tables.ranges import KeyRange, RowTable
from shared.adapters.tables.table import Action, Write

_PARTITION: Final = "intents"
_PER_ROW: Final = 2000


@dataclass(frozen=True, slots=True)
class Intent:
    """One row: when it was written, and (subscription, fingerprint) of what is changed."""

    row: str
    at: datetime
    findings: tuple[tuple[str, str], ...]


class FindingIntents:
    """Changes under way."""

    def __init__(self, table: RowTable) -> None:
        self._table = table

    async def begin(self, findings: Sequence[tuple[str, str]], at: datetime) -> list[str]:
        """Note a change; what `end` takes."""
        rows = []
        for start in range(0, len(findings), _PER_ROW):
            row = f"n{uuid.uuid4().hex}"
            data = orjson.dumps({"at": at.isoformat(), "findings": findings[start : start + _PER_ROW]})
            await self._table.write(
                Write(Action.CREATE, {"PartitionKey": _PARTITION, "RowKey": row, **pack(data)})
            )
            rows.append(row)
        return rows

    async def end(self, rows: Sequence[str]) -> None:
        """The change is complete; absent rows are no error."""
        keys = [{"PartitionKey": _PARTITION, "RowKey": row} for row in rows]
        await write_rows(self._table, [Write(Action.DELETE, key) for key in keys])

    async def begun_before(self, at: datetime) -> AsyncIterator[Intent]:
        """Changes that should long be complete."""
        async for page in self._table.range(KeyRange(_PARTITION, f"{_PARTITION}!")):
            for entity in page:
                document = orjson.loads(unpack(entity))
                begun = datetime.fromisoformat(document["at"]).astimezone(UTC)
                if begun < at:
                    findings = tuple((one[0], one[1]) for one in document["findings"])
                    yield Intent(entity["RowKey"], begun, findings)
