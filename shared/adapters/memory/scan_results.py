"""Results of scans in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from shared.adapters.memory.paging import cut_page, newest_first
from shared.domain.attack_path import AttackPath
from shared.domain.coverage import ReadFailure
from shared.domain.exposure import EVERY_EXPOSURE, Exposure, ExposureFilter
from shared.domain.finding import FrozenFinding
from shared.domain.page import Page, PageRequest
from shared.domain.severity import Severity
from shared.ports.stores import PathFilter

T = TypeVar("T")


class _Rows(Generic[T]):
    """Rows of one kind: per scan and shard, keyed by their place in the list."""

    def __init__(self) -> None:
        self._shards: defaultdict[str, dict[str, dict[str, T]]] = defaultdict(dict)

    def put(self, scan_id: str, shard_id: str, rows: dict[str, T]) -> None:
        self._shards[scan_id][shard_id] = rows

    def page(
        self,
        scan_id: str,
        request: PageRequest,
        shards: frozenset[str] | None,
        wanted: Callable[[T], bool] = lambda _: True,
    ) -> Page[T]:
        rows = [
            (f"{key}\n{shard_id}", row)
            for shard_id, kept in self._shards[scan_id].items()
            if shards is None or shard_id in shards
            for key, row in kept.items()
            if wanted(row)
        ]
        return cut_page(sorted(rows, key=lambda row: row[0]), request)


class MemoryScanResultStore:
    """Twin of `TableScanResultStore`."""

    def __init__(self) -> None:
        self._findings: _Rows[FrozenFinding] = _Rows()
        self._exposures: _Rows[Exposure] = _Rows()
        self._paths: _Rows[AttackPath] = _Rows()
        self._failures: _Rows[ReadFailure] = _Rows()

    async def aclose(self) -> None:
        """Nothing to release."""

    async def put_findings(self, scan_id: str, shard_id: str, findings: Sequence[FrozenFinding]) -> None:
        """See `ScanResultStore.put_findings`; of two with one id the later stays."""
        self._findings.put(scan_id, shard_id, {newest_first(row.id): row for row in findings})

    async def put_exposures(self, scan_id: str, shard_id: str, exposures: Sequence[Exposure]) -> None:
        """See `ScanResultStore.put_exposures`; of two with one key the later stays."""
        self._exposures.put(scan_id, shard_id, {row.key: row for row in exposures})

    async def put_attack_paths(self, scan_id: str, shard_id: str, paths: Sequence[AttackPath]) -> None:
        """See `ScanResultStore.put_attack_paths`; of two with one key the later stays."""
        self._paths.put(scan_id, shard_id, {row.key: row for row in paths})

    async def put_failures(self, scan_id: str, shard_id: str, failures: Sequence[ReadFailure]) -> None:
        """See `ScanResultStore.put_failures`; equal failures are each kept."""
        ordered = sorted(failures, key=lambda row: (row.resource_id or "", row.type or "", row.reason))
        rows = {f"{shard_id}\n{number:06d}": row for number, row in enumerate(ordered)}
        self._failures.put(scan_id, shard_id, rows)

    async def findings(
        self,
        scan_id: str,
        request: PageRequest,
        shards: frozenset[str] | None,
        severities: tuple[Severity, ...] = (),
    ) -> Page[FrozenFinding]:
        """See `ScanResultStore.findings`."""
        return self._findings.page(
            scan_id, request, shards, lambda row: not severities or row.observation.severity in severities
        )

    async def exposures(
        self,
        scan_id: str,
        request: PageRequest,
        shards: frozenset[str] | None,
        wanted: ExposureFilter = EVERY_EXPOSURE,
    ) -> Page[Exposure]:
        """See `ScanResultStore.exposures`."""
        return self._exposures.page(scan_id, request, shards, wanted.takes)

    async def attack_paths(
        self, scan_id: str, request: PageRequest, shards: frozenset[str] | None, where: PathFilter
    ) -> Page[AttackPath]:
        """See `ScanResultStore.attack_paths`."""
        return self._paths.page(scan_id, request, shards, where.keeps)

    async def failures(
        self, scan_id: str, request: PageRequest, shards: frozenset[str] | None
    ) -> Page[ReadFailure]:
        """See `ScanResultStore.failures`."""
        return self._failures.page(scan_id, request, shards)
