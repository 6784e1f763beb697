"""Any number of findings in tables that make their rows when they are read: 500,000 need no gigabytes.

`LoadedFindings` is deterministic: finding `n` (0 is the newest) follows from `n`. The rows of the lists are
those that the store's own key functions give; only their order is held, as numbers. Requests are counted.
"""

from __future__ import annotations

import resource
import time
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

from shared.adapters.memory.tables import MemoryEntity, MemoryTable
from shared.adapters.tables.codec import pack
from shared.adapters.tables.finding_index import columns_of
from shared.adapters.tables.finding_keys import id_key, keys_of
from shared.adapters.tables.finding_records import count_key, partition_of
from shared.adapters.tables.findings import TableFindingStore
from shared.adapters.tables.ranges import KeyRange, RowPage
from shared.adapters.tables.transaction import Action, Entity, Write
from shared.domain.finding import Finding, FindingStatus, Observation, pack_evidence
from shared.domain.finding_filter import FindingFilter
from shared.domain.ids import IdKind, make_id
from shared.domain.page import PageRequest
from shared.domain.severity import ORDER

NEWEST: Final = datetime(2025, 8, 5, 17, 42, 58, tzinfo=UTC)
SUBSCRIPTIONS: Final = 100
RULES: Final = 200
PAGE: Final = 1000


def finding(number: int) -> Finding:
    """Finding `number`; ten share a second, one in a thousand is critical, one in fifty not open."""
    subscription = f"00000000-0000-4000-8000-{number * 7 % SUBSCRIPTIONS:012d}"
    at = NEWEST - timedelta(seconds=number // 10)
    severity = ORDER[0] if number % 1000 == 999 else ORDER[1 + number % 3]
    status = FindingStatus.OPEN if number % 50 else list(FindingStatus)[number // 50 % 5]
    group = f"/subscriptions/{subscription}/resourceGroups/rg{number % 20}"
    vm = f"{group}/providers/Microsoft.Compute/virtualMachines/vm{number // 3}"
    seen = Observation(
        rule_id=f"service.kind.rule_{number * 13 % RULES}",
        resource_id=vm,
        discriminator="",
        evaluated_id=vm,
        subscription_id=subscription,
        resource_group=f"rg{number % 20}",
        resource_name=f"vm{number // 3}",
        resource_type="VIRTUAL_MACHINE",
        severity=severity,
        title="A title of ordinary length for a finding",
        description="A description that says what is wrong with this machine, and why that matters.",
        risk_score=50,
        cvss_score=None,
        auto_remediable=False,
        remediation_steps=("Do this", "Then do that"),
        packed_evidence=pack_evidence({"machine": f"vm{number // 3}", "port": str(number % 65_536)}, vm, vm),
    )
    return Finding.model_construct(
        id=make_id(IdKind.FINDING, at, f"{9 - number % 10}{number:07d}"[:8]),
        fingerprint=f"{number * 2_654_435_761 % 2**32:08x}{number:024x}",
        observation=seen,
        status=status,
        scan_id="scan-20250805-174258",
        detected_at=at,
        last_seen_at=NEWEST,
        read_at=NEWEST,
        resolved_at=NEWEST if status is FindingStatus.RESOLVED else None,
        missed=True,
    )


class LoadedIndex(MemoryTable):
    """`FindingIndex` over findings that are made when they are read. It cannot be written."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.expected: Counter[tuple[str, str]] = Counter()
        self.partitions: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._lists: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
        for number in range(count):
            one = finding(number)
            seen = one.observation
            for partition, row in keys_of(one):
                self._lists[_list_name(partition, row)].append(number)
            key = count_key(one.status.value, seen.severity.value, seen.rule_id)
            self.partitions[partition_of(seen.subscription_id, one.fingerprint)][key] += 1

    async def range(
        self, keys: KeyRange, *, select: Sequence[str] | None = None, page_size: int = PAGE
    ) -> AsyncGenerator[RowPage, None]:
        """Rows of one list, a page at a time; a page ends after 1,000 rows looked at."""
        numbers = self._lists.get(_wanted_list(keys), array("I"))
        prefix = f"{keys.after.partition('~')[0]}~" if _is_resource(keys) and keys.after else ""
        after, below = ((one or "").removeprefix(prefix) for one in (keys.after, keys.below))
        start = bisect_right(numbers, after, key=_row_key) if after else 0
        end = bisect_left(numbers, below, key=_row_key) if below else len(numbers)
        while True:
            self.reads += 1
            looked = numbers[start : min(end, start + PAGE)]
            page = [row for row in (self._row(number, prefix) for number in looked) if _has(row, keys)]
            if len(page) > page_size:
                page = page[:page_size]
                looked = array(
                    "I",
                    [
                        number
                        for number in looked
                        if _row_key(number) <= page[-1]["RowKey"].removeprefix(prefix)
                    ],
                )
            start += len(looked)
            yield RowPage(page, last=start >= end)
            if start >= end:
                return

    def _row(self, number: int, prefix: str) -> MemoryEntity:
        one = finding(number)
        partition, row = id_key(one.id)
        columns = columns_of(one, one.model_dump_json().encode())
        return MemoryEntity({"PartitionKey": partition, "RowKey": prefix + row, **columns}, "")


def _row_key(number: int) -> str:
    at = NEWEST - timedelta(seconds=number // 10)
    return id_key(make_id(IdKind.FINDING, at, f"{9 - number % 10}{number:07d}"[:8]))[1]


def _has(row: Entity, keys: KeyRange) -> bool:
    return all(row.get(column) in values for column, values in keys.columns.items())


def _list_name(partition: str, row: str) -> str:
    if partition.startswith("e~"):
        return f"{partition}~{row.partition('~')[0]}"
    return partition.rpartition("~")[0]


def _is_resource(keys: KeyRange) -> bool:
    return keys.low.startswith("e~")


def _wanted_list(keys: KeyRange) -> str:
    if _is_resource(keys):
        return f"{keys.low}~{(keys.after or '').partition('~')[0]}"
    return keys.low.rpartition("~")[0]


class LoadedFindings:
    """A store with `count` findings, and the reads it has cost."""

    def __init__(self, count: int) -> None:
        self.index = LoadedIndex(count)
        self.tables: dict[str, MemoryTable] = {"FindingIndex": self.index}
        self.store = TableFindingStore(lambda name: self.tables.setdefault(name, MemoryTable()))

    async def load_totals(self) -> None:
        """Write the copies of the numbers."""
        table = self.tables["FindingTotals"]
        for partition, numbers in self.index.partitions.items():
            row: dict[str, Any] = {
                "PartitionKey": "totals",
                "RowKey": partition,
                **pack(orjson.dumps(numbers)),
            }
            await table.write(Write(Action.PUT, row))

    @property
    def reads(self) -> int:
        """Requests that read, so far."""
        return sum(table.reads for table in self.tables.values())

    def count(self, where: FindingFilter) -> int:
        """What the totals must say, counted here from the numbers of all partitions."""
        total = 0
        for partition, numbers in self.index.partitions.items():
            if where.subscription_id and not partition.startswith(f"{where.subscription_id}~"):
                continue
            for key, number in numbers.items():
                status, severity, rule = key.split(" ", 2)
                total += number * (
                    (not where.statuses or status in where.statuses)
                    and (not where.severities or severity in where.severities)
                    and (where.rule_id in (None, rule))
                )
        return total


async def walk(loaded: LoadedFindings, where: FindingFilter, limit: int, pages: int) -> dict[str, Any]:
    """Read pages; the most reads of one, the slowest, and the peak of memory."""
    after, most, slowest, rows = None, 0, 0.0, 0
    for _ in range(pages):
        before, began = loaded.reads, time.perf_counter()
        page = await loaded.store.page(PageRequest(limit=limit, after=after), where)
        slowest = max(slowest, time.perf_counter() - began)
        most = max(most, loaded.reads - before)
        rows += len(page.items)
        after = page.next_after
        if after is None:
            break
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {"reads": most, "seconds": round(slowest, 3), "rows": rows, "total": page.total, "peak_mb": peak}
