"""One table in memory, as the findings' stores use it: ordered keys, versions, transactions, pages of 1,000.

It counts its requests. `before` and `after` are called around every write, and may raise as a process that
dies there would.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from itertools import count
from typing import Any, Final

from shared.adapters.tables.ranges import KeyRange, RowPage
from shared.adapters.tables.transaction import MAX_WRITES, Action, Entity, Write
from shared.ports.errors import AlreadyExistsError, MissingError, VersionConflictError

MAX_PAGE: Final = 1000


class MemoryEntity(dict[str, Any]):
    """A row with the metadata that a read one has."""

    def __init__(self, columns: Mapping[str, Any], etag: str) -> None:
        super().__init__(columns)
        self.metadata = {"etag": etag}


class MemoryTable:
    """Twin of `Table`, for `KeyRange` queries."""

    def __init__(self) -> None:
        self.reads = 0
        self.writes = 0
        self.before: Callable[[Sequence[Write]], None] = lambda writes: None
        self.after: Callable[[Sequence[Write]], None] = lambda writes: None
        self._rows: dict[tuple[str, str], MemoryEntity] = {}
        self._keys: list[tuple[str, str]] = []
        self._versions = count(1)

    async def aclose(self) -> None:
        """Nothing to release."""

    async def get(self, partition: str, row: str) -> Entity | None:
        """See `RowTable.get`."""
        self.reads += 1
        return self._rows.get((partition, row))

    async def range(
        self, keys: KeyRange, *, select: Sequence[str] | None = None, page_size: int = MAX_PAGE
    ) -> AsyncGenerator[RowPage, None]:
        """See `RowTable.range`. A page ends after 1,000 rows looked at, as storage may end one."""
        position = (keys.low, "")
        while True:
            self.reads += 1
            page: list[Entity] = []
            looked = 0
            start = bisect_left(self._keys, position)
            for key in self._keys[start : start + MAX_PAGE]:
                if key[0] >= keys.high:
                    break
                looked += 1
                position = (key[0], key[1] + "\0")
                if self._within(key, keys):
                    page.append(_selected(self._rows[key], select))
                if len(page) == min(page_size, MAX_PAGE):
                    break
            more = bisect_left(self._keys, position)
            last = not looked or more >= len(self._keys) or self._keys[more][0] >= keys.high
            yield RowPage(page, last=last)
            if last:
                return

    def _within(self, key: tuple[str, str], keys: KeyRange) -> bool:
        row = self._rows[key]
        return (
            (keys.after is None or key[1] > keys.after)
            and (keys.below is None or key[1] < keys.below)
            and all(row.get(column) in values for column, values in keys.columns.items())
        )

    async def write(self, write: Write) -> str | None:
        """See `RowTable.write`."""
        return (await self.transact([write]))[0]

    async def transact(self, writes: Sequence[Write]) -> list[str | None]:
        """See `RowTable.transact`.

        Raises:
            ValueError: more than 100 writes, several partitions, or a row twice.
        """
        if not 0 < len(writes) <= MAX_WRITES:
            raise ValueError("a transaction has 1 to 100 writes")
        if len({one.key for one in writes}) != len(writes) or len({one.key[0] for one in writes}) != 1:
            raise ValueError("a transaction writes each row of one partition once")
        self.writes += 1
        self.before(writes)
        for one in writes:
            self._check(one)
        etags = [self._apply(one) for one in writes]
        self.after(writes)
        return etags

    def _check(self, one: Write) -> None:
        stored = self._rows.get(one.key)
        if one.action is Action.CREATE and stored is not None:
            raise AlreadyExistsError("a row is there already")
        if one.action in (Action.REPLACE, Action.DELETE) and stored is None:
            raise MissingError("a row is not there")
        if one.action is Action.REPLACE and stored is not None and stored.metadata["etag"] != one.etag:
            raise VersionConflictError("a row was written by somebody else")

    def _apply(self, one: Write) -> str | None:
        if one.action is Action.DELETE:
            del self._rows[one.key]
            del self._keys[bisect_left(self._keys, one.key)]
            return None
        if one.key not in self._rows:
            insort(self._keys, one.key)
        etag = f'W/"{next(self._versions)}"'
        self._rows[one.key] = MemoryEntity(one.entity, etag)
        return etag


class MemoryTables:
    """Tables by name, each opened once."""

    def __init__(self) -> None:
        self.tables: dict[str, MemoryTable] = {}

    def __call__(self, name: str) -> MemoryTable:
        """The table of that name."""
        return self.tables.setdefault(name, MemoryTable())

    @property
    def reads(self) -> int:
        """Read requests of all tables."""
        return sum(table.reads for table in self.tables.values())


def _selected(row: MemoryEntity, select: Sequence[str] | None) -> Entity:
    if select is None:
        return row
    return MemoryEntity({name: row[name] for name in select if name in row}, "")
