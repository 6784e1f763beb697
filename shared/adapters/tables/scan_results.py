"""Results of scans in the tables `ScanResults`, `ScanExposures`, `ScanPaths` and `ScanFailures`."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from itertools import product

from azure.data.tables.aio import TableServiceClient

from shared.adapters.tables.keys import newest_first, newest_first_partition, ordered, part
from shared.adapters.tables.result_rows import ResultRow, ResultRows
from shared.domain.attack_path import AttackPath
from shared.domain.coverage import ReadFailure
from shared.domain.exposure import EVERY_EXPOSURE, Exposure, ExposureFilter, SourceClass, Verdict
from shared.domain.finding import FrozenFinding
from shared.domain.page import Page, PageRequest
from shared.domain.severity import Severity
from shared.ports.stores import PathFilter


class TableScanResultStore:
    """`ScanResultStore` on Azure Tables."""

    def __init__(self, service: TableServiceClient, *, prefix: str = "") -> None:
        self._findings = ResultRows(service, f"{prefix}ScanResults", FrozenFinding, newest_first_partition)
        self._exposures = ResultRows(service, f"{prefix}ScanExposures", Exposure, _exposure_partition)
        self._paths = ResultRows(service, f"{prefix}ScanPaths", AttackPath, _path_partition)
        self._failures = ResultRows(service, f"{prefix}ScanFailures", ReadFailure, _failure_partition)

    async def aclose(self) -> None:
        """Release the table clients."""
        for rows in (self._findings, self._exposures, self._paths, self._failures):
            await rows.aclose()

    async def put_findings(self, scan_id: str, shard_id: str, findings: Sequence[FrozenFinding]) -> None:
        """See `ScanResultStore.put_findings`; of two with one id the later stays."""
        rows = {
            row.id: ResultRow(newest_first(row.id, "i"), row.observation.severity.value, row)
            for row in findings
        }
        await self._findings.put(scan_id, shard_id, list(rows.values()))

    async def put_exposures(self, scan_id: str, shard_id: str, exposures: Sequence[Exposure]) -> None:
        """See `ScanResultStore.put_exposures`; of two with one key the later stays."""
        rows = {
            row.key: ResultRow("k" + ordered(row.key), _facet(row.source_class, row.verdict), row)
            for row in exposures
        }
        await self._exposures.put(scan_id, shard_id, list(rows.values()))

    async def put_attack_paths(self, scan_id: str, shard_id: str, paths: Sequence[AttackPath]) -> None:
        """See `ScanResultStore.put_attack_paths`; of two with one key the later stays."""
        rows = {row.key: ResultRow("p" + ordered(row.key), _path_facet(row), row) for row in paths}
        await self._paths.put(scan_id, shard_id, list(rows.values()))

    async def put_failures(self, scan_id: str, shard_id: str, failures: Sequence[ReadFailure]) -> None:
        """See `ScanResultStore.put_failures`; equal failures are each kept."""
        in_order = sorted(failures, key=lambda row: (row.resource_id or "", row.type or "", row.reason))
        rows = [
            ResultRow(f"s{ordered(part(shard_id))} {number:06d}", "", row)
            for number, row in enumerate(in_order)
        ]
        await self._failures.put(scan_id, shard_id, rows)

    async def findings(
        self,
        scan_id: str,
        request: PageRequest,
        shards: frozenset[str] | None,
        severities: tuple[Severity, ...] = (),
    ) -> Page[FrozenFinding]:
        """See `ScanResultStore.findings`."""
        facets = frozenset(severity.value for severity in severities) or None
        return await self._findings.page(scan_id, request, shards, facets)

    async def exposures(
        self,
        scan_id: str,
        request: PageRequest,
        shards: frozenset[str] | None,
        wanted: ExposureFilter = EVERY_EXPOSURE,
    ) -> Page[Exposure]:
        """See `ScanResultStore.exposures`; a port or a resource is looked for in every row."""
        facets = None
        if wanted.classes or wanted.verdicts:
            pairs = product(wanted.classes or SourceClass, wanted.verdicts or Verdict)
            facets = frozenset(_facet(source_class, verdict) for source_class, verdict in pairs)
        if wanted.looks_inside:
            return await self._exposures.search(scan_id, request, shards, wanted.takes, facets)
        return await self._exposures.page(scan_id, request, shards, facets)

    async def attack_paths(
        self, scan_id: str, request: PageRequest, shards: frozenset[str] | None, where: PathFilter
    ) -> Page[AttackPath]:
        """See `ScanResultStore.attack_paths`."""
        facets = None
        if where != PathFilter():
            known = await self._paths.facets(scan_id, shards)
            facets = frozenset(facet for facet in known if _passes(facet, where))
        return await self._paths.page(scan_id, request, shards, facets)

    async def failures(
        self, scan_id: str, request: PageRequest, shards: frozenset[str] | None
    ) -> Page[ReadFailure]:
        """See `ScanResultStore.failures`."""
        return await self._failures.page(scan_id, request, shards)


def _exposure_partition(key: str) -> str:
    """As far as an ARM id names subscription and resource group."""
    return key[:80]


def _path_partition(key: str) -> str:
    """The score, and the entry point as far as its id names subscription and resource group."""
    return key[:80]


def _path_facet(path: AttackPath) -> str:
    return f"{path.severity.value}~{_short(path.entry_point)}~{_short(path.target)}"


def _passes(facet: str, where: PathFilter) -> bool:
    severity, entry_point, target = facet.split("~")
    return (
        (not where.severities or severity in {one.value for one in where.severities})
        and (where.entry_point is None or entry_point == _short(where.entry_point))
        and (where.target is None or target == _short(where.target))
    )


def _short(resource_id: str) -> str:
    """Stands for an id in a facet: 64 bits of its digest."""
    return sha256(resource_id.lower().encode()).hexdigest()[:16]


def _failure_partition(key: str) -> str:
    """The shard: no character of a key sorts before the space that ends it."""
    return key.partition(" ")[0]


def _facet(source_class: SourceClass, verdict: Verdict) -> str:
    return f"{source_class.value}~{verdict.value}"
