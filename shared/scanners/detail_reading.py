"""Reading details: collectors read what was ordered, and every list ends as rows or as a named gap."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from shared.domain.coverage import ReadFailure
from shared.domain.reading import is_directory, scope_resource_id
from shared.domain.resource import Resource, UnreadableResourceError, parse_row
from shared.ports.errors import InventoryError
from shared.ports.reads import AzureReads
from shared.rules.columns import ColumnPlan
from shared.scanners.base import Collected
from shared.scanners.details import Collector, Detail, DetailOrder
from shared.scanners.network_details import network_part_of_list
from shared.scanners.projections import counted, listed, projected, unreadable

_AT_ONCE: Final = 16
"""Resources whose details are read at the same time; the quotas of the services pace the reads."""


async def read_orders(
    orders: Sequence[DetailOrder],
    collectors: Mapping[str, Collector],
    reads: AzureReads,
    plan: ColumnPlan,
    *,
    network: bool,
    last: bool = False,
) -> Collected:
    """Read what was ordered. The unit of the coverage is a list: `asked` lists, `read` whole or `failed`.

    Args:
        last: there is no later try: a transient failure is one of the list that it met.

    Raises:
        InventoryError: transient: a later try may succeed.
    """
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(order: DetailOrder) -> Sequence[Detail]:
        async with gate:
            return await collectors[order.collector].read(order.parent, frozenset(order.types), reads)

    answers = await asyncio.gather(*(one(order) for order in orders), return_exceptions=True)
    tally = _Tally(plan, network)
    for order, answer in zip(orders, answers, strict=True):
        if not isinstance(answer, BaseException):
            tally.take(order, answer)
        elif last and isinstance(answer, InventoryError):
            tally.take(order, [Detail(kind, reason=str(answer)) for kind in order.types])
        else:
            raise answer
    return tally.collected()


class _Tally:
    def __init__(self, plan: ColumnPlan, network: bool) -> None:
        self._plan = plan
        self._network = network
        self._found = Collected()
        self._read: dict[tuple[str, str], int] = defaultdict(int)
        self._failed: dict[tuple[str, str], int] = defaultdict(int)
        self._reasons: dict[tuple[str, str], str] = {}
        self._denied: set[tuple[str, str]] = set()

    def take(self, order: DetailOrder, details: Sequence[Detail]) -> None:
        """What one collector said of one resource; a wanted type that it said nothing of is a gap."""
        by_type = {one.type: one for one in details}
        for kind in order.types:
            detail = by_type.get(kind) or Detail(kind, reason="its collector gave no answer")
            shown = detail.reason is None or bool(detail.rows)
            problem = self._rows(order, detail) if shown else detail.reason
            if problem is None:
                self._add(order, listed(order.parent["id"], kind))
            else:
                self._add(order, unreadable(order.parent["id"], kind, problem))
            self._count(order, detail, problem or detail.reason)

    def _count(self, order: DetailOrder, detail: Detail, reason: str | None) -> None:
        key = order.scope_id, detail.type
        if reason is None:
            self._read[key] += 1
            return
        self._failed[key] += 1
        self._reasons.setdefault(key, reason)
        if detail.denied:
            self._denied.add(key)
        failure = ReadFailure(resource_id=order.parent["id"], type=detail.type, reason=reason)
        self._found.failures.append(failure)

    def _rows(self, order: DetailOrder, detail: Detail) -> str | None:
        """Project the rows of a list; why one of them could not be understood."""
        parent = order.parent["id"]
        try:
            if self._network:
                part = network_part_of_list(detail.type, parent, detail.rows)
                if part is not None:
                    self._add(order, part)
            for row in detail.rows:
                resource = _child(row, detail.type, order.scope_id)
                projection = projected(resource, self._plan, network=False, owner=parent.lower())
                self._add(order, projection)
        except UnreadableResourceError as error:
            return f"{error.resource_id or 'an entry'}: {error.reason}"
        except ValueError as error:
            return str(error)
        return None

    def _add(self, order: DetailOrder, projection: Mapping[str, Any]) -> None:
        self._found.projections.setdefault(order.scope_id, []).append(projection)

    def collected(self) -> Collected:
        """Everything taken."""
        self._found.types = counted(self._read, self._failed, self._reasons, frozenset(self._denied))
        return self._found


def _child(row: Any, kind: str, scope_id: str) -> Resource:
    """A row as a resource of the type it was asked for as: answers spell types in several ways."""
    if isinstance(row, dict):
        row = row | {"type": kind}
        identity = row.get("id")
        if isinstance(identity, str) and identity.startswith("subscriptions/"):
            # Diagnostic settings of a subscription come so from Azure Monitor.
            row["id"] = f"/{identity}"
        elif isinstance(identity, str) and is_directory(scope_id) and not identity.startswith("/tenants/"):
            row["id"] = f"{scope_resource_id(scope_id)}/{identity.strip('/')}"
    return parse_row(row, within=scope_id)
