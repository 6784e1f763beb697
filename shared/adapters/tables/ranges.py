"""Ranges of rows, and what the findings' tables need of a table: small enough to have a twin in memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from shared.adapters.tables.transaction import Entity, Write


@dataclass(frozen=True, slots=True)
class KeyRange:
    """Rows of partitions `low <= PartitionKey < high` with `after < RowKey < below`, in key order.

    `columns`: only rows whose column has one of the values.
    """

    low: str
    high: str
    after: str | None = None
    below: str | None = None
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def odata(self) -> tuple[str, dict[str, Any]]:
        """The filter and its parameters."""
        text = "PartitionKey ge @low and PartitionKey lt @high"
        parameters: dict[str, Any] = {"low": self.low, "high": self.high}
        if self.after is not None:
            text, parameters["after"] = text + " and RowKey gt @after", self.after
        if self.below is not None:
            text, parameters["below"] = text + " and RowKey lt @below", self.below
        for column, values in self.columns.items():
            names = [f"{column}{number}" for number in range(len(values))]
            text += " and ( " + " or ".join(f"{column} eq @{name}" for name in names) + " )"
            parameters |= dict(zip(names, values, strict=True))
        return text, parameters


class RowPage(list[Entity]):
    """Rows of one answer. It may be empty with more to come: storage ends an answer when it likes."""

    def __init__(self, rows: Iterable[Entity], *, last: bool) -> None:
        super().__init__(rows)
        self.last = last
        """Whether no page follows."""


class RowTable(Protocol):
    """A table: see `shared.adapters.tables.table.Table`."""

    async def aclose(self) -> None:
        """Release what it holds."""
        ...

    async def get(self, partition: str, row: str) -> Entity | None:
        """The row, or None."""
        ...

    def range(
        self, keys: KeyRange, *, select: Sequence[str] | None = None, page_size: int = 1000
    ) -> AsyncGenerator[RowPage, None]:
        """Rows of a range, a page at a time: one request each."""
        ...

    async def write(self, write: Write) -> str | None:
        """One write; the new version (None after a DELETE)."""
        ...

    async def transact(self, writes: Sequence[Write]) -> list[str | None]:
        """All or nothing."""
        ...
