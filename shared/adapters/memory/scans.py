"""Scans in memory."""

from __future__ import annotations

from itertools import count

from shared.adapters.memory.paging import cut_page, newest_first
from shared.domain.page import Page, PageRequest, Versioned
from shared.domain.scan import Scan, ScanType
from shared.ports.errors import AlreadyExistsError, MissingError, VersionConflictError


class MemoryScanStore:
    """Twin of `TableScanStore`."""

    def __init__(self) -> None:
        self._scans: dict[str, Versioned[Scan]] = {}
        self._versions = count(1)

    async def aclose(self) -> None:
        """Nothing to release."""

    async def insert(self, scan: Scan) -> None:
        """See `ScanStore.insert`."""
        if scan.scan_id in self._scans:
            raise AlreadyExistsError(f"scan {scan.scan_id} exists")
        self._scans[scan.scan_id] = self._next(scan)

    async def get(self, scan_id: str) -> Versioned[Scan] | None:
        """See `ScanStore.get`."""
        return self._scans.get(scan_id)

    async def replace(self, scan: Scan, etag: str) -> Versioned[Scan]:
        """See `ScanStore.replace`."""
        stored = self._scans.get(scan.scan_id)
        if stored is None:
            raise MissingError(f"scan {scan.scan_id} is not stored")
        if stored.etag != etag:
            raise VersionConflictError(f"scan {scan.scan_id} was written by somebody else")
        self._scans[scan.scan_id] = written = self._next(scan)
        return written

    async def delete(self, scan_id: str) -> None:
        """See `ScanStore.delete`."""
        self._scans.pop(scan_id, None)

    async def page(self, request: PageRequest, scan_type: ScanType | None = None) -> Page[Scan]:
        """See `ScanStore.page`."""
        rows = sorted(
            (
                (newest_first(scan_id), stored.value)
                for scan_id, stored in self._scans.items()
                if scan_type is None or stored.value.request.scan_type is scan_type
            ),
            key=lambda row: row[0],
        )
        return cut_page(rows, request)

    async def unfinished(self) -> list[Scan]:
        """See `ScanStore.unfinished`; ordered by id."""
        scans = (stored.value for stored in self._scans.values() if not stored.value.status.terminal)
        return sorted(scans, key=lambda scan: scan.scan_id)

    def _next(self, scan: Scan) -> Versioned[Scan]:
        return Versioned(scan, str(next(self._versions)))
