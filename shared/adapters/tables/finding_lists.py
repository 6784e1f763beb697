"""Pages of findings out of the lists of `finding_keys`: which lists serve a filter, and how they merge.

A filter that lists stand for whole is answered exactly: up to `MAX_LISTS` lists are read at once, each one
page, and merged. Any other is answered by reading the narrowest list and dropping what does not match, at
most `MAX_PAGES` pages a call. What that costs is in docs/findings.md.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from itertools import product
from typing import Final

from shared.adapters.parallel import each
from shared.adapters.tables import finding_keys as keys
from shared.adapters.tables.finding_keys import FindingList
from shared.adapters.tables.ranges import KeyRange, RowPage, RowTable
from shared.adapters.tables.table import Entity
from shared.domain.finding import FindingStatus
from shared.domain.finding_filter import FindingFilter
from shared.domain.severity import ORDER, Severity

MAX_LISTS: Final = 8
"""Lists merged for one page: with the totals and the sightings that makes ten reads."""

MAX_PAGES: Final = 8
"""Pages of lists that a call reads for a filter which no lists stand for."""

_SCAN_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class Plan:
    """The lists to read, what storage drops by itself, and whether every row that is left matches."""

    lists: tuple[FindingList, ...]
    columns: dict[str, tuple[str, ...]]
    exact: bool
    counted: bool
    """Whether the totals know the number of matches."""


def plan(where: FindingFilter) -> Plan:
    """How to answer a filter."""
    loose = (where.rules is not None, where.text is not None, where.assigned_to is not None)
    timed = where.detected_after is not None or where.detected_before is not None
    state = bool(where.statuses or where.severities)
    if where.resource_id is not None:
        return _of_resource(where, rest=any(loose) or state or where.rule_id is not None)
    if where.rule_id is not None:
        rest = any(loose) or state or where.subscription_id is not None
        counted = not (any(loose) or timed)
        return Plan((keys.rule_list(where.rule_id),), _columns(where), exact=not rest, counted=counted)
    lists, whole = _by_state(where)
    columns = {} if whole else _columns(where)
    return Plan(lists, columns, exact=whole and not any(loose), counted=not (any(loose) or timed))


def _of_resource(where: FindingFilter, *, rest: bool) -> Plan:
    inside = where.subscription_id or keys.subscription_of(where.resource_id)
    if inside is None:
        return Plan((keys.ALL,), _columns(where), exact=False, counted=False)
    listed = keys.resource_list(inside, where.resource_id or "")
    return Plan((listed,), _columns(where), exact=not rest, counted=False)


def _by_state(where: FindingFilter) -> tuple[tuple[FindingList, ...], bool]:
    """Lists for statuses, severities and subscription, and whether they hold nothing else."""
    statuses = where.statuses if set(where.statuses) != set(FindingStatus) else ()
    severities = where.severities if set(where.severities) != set(ORDER) else ()
    inside = where.subscription_id
    if inside is None and not statuses:
        return (
            (tuple(keys.severity_list(one) for one in severities), True)
            if severities
            else ((keys.ALL,), True)
        )
    if inside is not None and not statuses and not severities:
        return (keys.subscription_list(inside),), True
    pairs = list(product(statuses or tuple(FindingStatus), severities or ORDER))
    if len(pairs) <= MAX_LISTS:
        make: Callable[[FindingStatus, Severity], FindingList] = keys.state_list
        if inside is not None:
            subscription = inside

            def make(status: FindingStatus, severity: Severity) -> FindingList:
                return keys.subscription_state_list(subscription, status, severity)

        return tuple(make(status, severity) for status, severity in pairs), True
    if inside is not None:
        return (keys.subscription_list(inside),), False
    if severities:
        return tuple(keys.severity_list(one) for one in severities), False
    return (keys.ALL,), False


def _columns(where: FindingFilter) -> dict[str, tuple[str, ...]]:
    """What storage can tell by its columns."""
    columns: dict[str, tuple[str, ...]] = {}
    if where.statuses:
        columns["status"] = tuple(one.value for one in where.statuses)
    if where.severities:
        columns["severity"] = tuple(one.value for one in where.severities)
    if where.rule_id is not None:
        columns["rule"] = (where.rule_id,)
    if where.subscription_id is not None:
        columns["subscription"] = (where.subscription_id.lower(),)
    return columns


class _Source:
    """One list, read page by page."""

    def __init__(
        self, table: RowTable, listed: FindingList, rows: KeyRange, page_size: int, keys_only: bool
    ) -> None:
        self.buffer: list[tuple[str, Entity]] = []
        self.ended = False
        self._listed = listed
        select = ("RowKey",) if keys_only else None
        self._pages: AsyncGenerator[RowPage, None] = table.range(rows, select=select, page_size=page_size)

    async def fill(self) -> None:
        """Read one more page."""
        try:
            page = await anext(self._pages)
        except StopAsyncIteration:
            self.ended = True
            return
        self.ended = page.last
        self.buffer += [(self._listed.position(entity["RowKey"]), entity) for entity in page]

    async def close(self) -> None:
        await self._pages.aclose()


class Merged:
    """Rows of several lists, newest first. `position` is the last one given out or passed over."""

    def __init__(self, table: RowTable, wanted: Plan, where: FindingFilter, after: str | None) -> None:
        self.position = self._after = after
        self.pages = 0
        self.spent = False
        self._table, self._plan, self._where = table, wanted, where
        self._sources: list[_Source] = []

    async def open(self, page_size: int, *, keys_only: bool = False) -> None:
        """Begin behind the position."""
        await self.close()
        self._sources = [
            _Source(
                self._table,
                one,
                one.between(self.position, self._where, self._plan.columns),
                min(page_size, _SCAN_PAGE),
                keys_only,
            )
            for one in self._plan.lists
        ]

    async def take(self, budget: int | None = None) -> Entity | None:
        """The next row; None at the end, or where it would take more than `budget` pages (see `spent`).

        The first row comes whatever it takes: without one there is no position to go on from.
        """
        self.spent = False
        while True:
            hungry = [one for one in self._sources if not one.buffer and not one.ended]
            if not hungry:
                break
            moved = self.position != self._after
            if moved and budget is not None and self.pages + len(hungry) > max(budget, len(self._sources)):
                self.spent = True
                return None
            self.pages += len(hungry)
            await each(hungry, _Source.fill)
        full = [one for one in self._sources if one.buffer]
        if not full:
            return None
        first = min(full, key=lambda one: one.buffer[0][0])
        self.position, entity = first.buffer.pop(0)
        return entity

    async def close(self) -> None:
        """Release the queries."""
        for one in self._sources:
            await one.close()


async def skip(merged: Merged, rows: int) -> bool:
    """Pass over that many rows by their keys alone; False when the lists end before."""
    await merged.open(_SCAN_PAGE, keys_only=True)
    for _ in range(rows):
        if await merged.take() is None:
            return False
    return True


async def count_keys(table: RowTable, wanted: Plan, where: FindingFilter, max_pages: int) -> int | None:
    """How many rows a single list has; None when that takes more than `max_pages` reads."""
    listed = wanted.lists[0]
    total, pages = 0, 0
    rows = table.range(listed.between(None, where), select=("RowKey",))
    try:
        async for page in rows:
            pages += 1
            if pages > max_pages:
                return None
            total += len(page)
            if len(page) < _SCAN_PAGE and pages == max_pages:
                break
    finally:
        await rows.aclose()
    return total


@dataclass(frozen=True, slots=True)
class ListPage:
    """Rows of one page and the position behind them, None at the end."""

    rows: tuple[Entity, ...]
    next_after: str | None


async def exact_page(
    table: RowTable, wanted: Plan, where: FindingFilter, after: str | None, offset: int, limit: int
) -> ListPage:
    """A page of lists that hold matches only."""
    merged = Merged(table, wanted, where, after)
    try:
        if offset and not await skip(merged, offset):
            return ListPage((), None)
        await merged.open(limit + 1)
        rows: list[Entity] = []
        position = None
        while len(rows) < limit and (entity := await merged.take()) is not None:
            rows.append(entity)
            position = merged.position
        more = len(rows) == limit and await merged.take() is not None
        return ListPage(tuple(rows), position if more else None)
    finally:
        await merged.close()


async def searched_page(
    table: RowTable,
    wanted: Plan,
    where: FindingFilter,
    after: str | None,
    offset: int,
    limit: int,
    matches: Callable[[Entity], Awaitable[bool]],
) -> ListPage:
    """A page of matches among other rows; `offset` counts matches, over several calls if need be."""
    position, _, left = (after or "").partition("|")
    skipping = int(left) if left else offset
    merged = Merged(table, wanted, where, position or None)
    rows: list[Entity] = []
    try:
        await merged.open(_SCAN_PAGE)
        while len(rows) < limit:
            entity = await merged.take(MAX_PAGES)
            if entity is None:
                break
            if not await matches(entity):
                continue
            if skipping:
                skipping -= 1
                continue
            rows.append(entity)
        else:
            return ListPage(tuple(rows), merged.position)
        if not merged.spent:
            return ListPage(tuple(rows), None)
        return ListPage(tuple(rows), f"{merged.position}|{skipping}" if skipping else merged.position)
    finally:
        await merged.close()
