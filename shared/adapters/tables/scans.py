"""Scans in the table `Scans`, all in one partition.

A scan has the row `s<inverted second><tail>`, so that ascending keys list newest first, and while it is not
terminal a second row `a<scan id>`. Both change in one transaction: `unfinished` reads only the latter and
needs no repair.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Any, Final

from azure.data.tables.aio import TableServiceClient

from shared.adapters.parallel import each
from shared.adapters.tables.codec import decode, encode, pack
from shared.adapters.tables.keys import newest_first
from shared.adapters.tables.table import Action, Entity, Table, Write, etag_of
from shared.domain.ids import IdKind, is_id
from shared.domain.page import Page, PageRequest, Versioned
from shared.domain.scan import Scan, ScanType
from shared.ports.errors import AlreadyExistsError, MissingError, VersionConflictError

_PARTITION: Final = "scans"
_ACTIVE: Final = "active"
_FINISHED: Final = "finished"


class TableScanStore:
    """`ScanStore` on Azure Tables."""

    def __init__(self, service: TableServiceClient, *, prefix: str = "") -> None:
        self._table = Table(service, f"{prefix}Scans")

    async def aclose(self) -> None:
        """Release the table client."""
        await self._table.aclose()

    async def insert(self, scan: Scan) -> None:
        """See `ScanStore.insert`.

        Raises:
            ValueError: `scan_id` is not the id of a scan.
        """
        writes = [Write(Action.CREATE, _row(scan))]
        if not scan.status.terminal:
            writes.append(Write(Action.PUT, _active_row(scan.scan_id)))
        try:
            await self._table.transact(writes)
        except AlreadyExistsError as error:
            raise AlreadyExistsError(f"scan {scan.scan_id} exists") from error

    async def get(self, scan_id: str) -> Versioned[Scan] | None:
        """See `ScanStore.get`."""
        if not is_id(IdKind.SCAN, scan_id):
            return None
        try:
            key = newest_first(scan_id, "s")
        except ValueError:
            return None
        entity = await self._table.get(_PARTITION, key)
        return None if entity is None else _versioned(entity)

    async def replace(self, scan: Scan, etag: str) -> Versioned[Scan]:
        """See `ScanStore.replace`."""
        was, _, version = etag.partition(" ")
        if was not in (_ACTIVE, _FINISHED) or not version:
            raise VersionConflictError(f"{scan.scan_id}: not a version of a scan")
        writes = [Write(Action.REPLACE, _row(scan), version)]
        if not scan.status.terminal:
            writes.append(Write(Action.PUT, _active_row(scan.scan_id)))
        elif was == _ACTIVE:
            writes.append(Write(Action.DELETE, _active_row(scan.scan_id)))
        try:
            written = await self._table.transact(writes)
        except (MissingError, VersionConflictError) as error:
            if await self.get(scan.scan_id) is None:
                raise MissingError(f"scan {scan.scan_id} is not stored") from error
            raise VersionConflictError(f"scan {scan.scan_id} was written by somebody else") from error
        return Versioned(scan, _token(scan, str(written[0])))

    async def delete(self, scan_id: str) -> None:
        """See `ScanStore.delete`."""
        row = {"PartitionKey": _PARTITION, "RowKey": newest_first(scan_id, "s")}
        for entity in (row, _active_row(scan_id)):
            try:
                await self._table.transact([Write(Action.DELETE, entity)])
            except MissingError:
                continue

    async def page(self, request: PageRequest, scan_type: ScanType | None = None) -> Page[Scan]:
        """See `ScanStore.page`. Walks the keys of all matches, then reads the rows shown."""
        where = "PartitionKey eq @partition and RowKey ge @low and RowKey lt @high"
        parameters: dict[str, Any] = {"partition": _PARTITION, "low": "s", "high": "t"}
        if scan_type is not None:
            where += " and scan_type eq @type"
            parameters["type"] = scan_type.value
        keys = [entity["RowKey"] async for entity in self._table.rows(where, parameters, select=("RowKey",))]
        start = request.offset if request.after is None else bisect_right(keys, request.after)
        shown = keys[start : start + request.limit]
        if not shown:
            return Page(items=(), total=len(keys), next_after=None)
        parameters |= {"low": shown[0], "high": shown[-1] + "~"}
        scans = [
            decode(Scan, entity)
            async for entity in self._table.rows(where, parameters)
            if entity["RowKey"] <= shown[-1]
        ]
        more = start + len(shown) < len(keys)
        return Page(items=tuple(scans), total=len(keys), next_after=shown[-1] if more else None)

    async def unfinished(self) -> list[Scan]:
        """See `ScanStore.unfinished`; ordered by id."""
        where = "PartitionKey eq @partition and RowKey ge @low and RowKey lt @high"
        parameters = {"partition": _PARTITION, "low": "a", "high": "b"}
        ids = [entity["RowKey"][1:] async for entity in self._table.rows(where, parameters)]
        found = await each(ids, self.get)
        return [scan.value for scan in found if scan is not None and not scan.value.status.terminal]


def _row(scan: Scan) -> Entity:
    return {
        "PartitionKey": _PARTITION,
        "RowKey": newest_first(scan.scan_id, "s"),
        "scan_type": scan.request.scan_type.value,
        "status": scan.status.value,
        **pack(encode(scan)),
    }


def _active_row(scan_id: str) -> Entity:
    return {"PartitionKey": _PARTITION, "RowKey": f"a{scan_id}"}


def _token(scan: Scan, etag: str) -> str:
    """The version to name in the next write also says whether there is an active row to remove."""
    return f"{_FINISHED if scan.status.terminal else _ACTIVE} {etag}"


def _versioned(entity: Entity) -> Versioned[Scan]:
    scan = decode(Scan, entity)
    return Versioned(scan, _token(scan, etag_of(entity)))
