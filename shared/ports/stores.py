"""Stores of scans, plans, findings, scan results and events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.attack_path import AttackPath
from shared.domain.coverage import ReadFailure
from shared.domain.events import Event
from shared.domain.exposure import EVERY_EXPOSURE, Exposure, ExposureFilter
from shared.domain.finding import Finding, FrozenFinding
from shared.domain.finding_filter import FindingFilter
from shared.domain.page import FilteredPage, Page, PageRequest, Versioned
from shared.domain.plan import Marker, PlanDigest, PlannedPage, Shard
from shared.domain.scan import Scan, ScanType
from shared.domain.severity import Severity


@dataclass(frozen=True, slots=True)
class IndexProof:
    """What a proof of the lists of findings found: records read, lists and totals that were wrong."""

    records: int
    wrong_lists: int
    wrong_totals: int


class ScanStore(Protocol):
    """Scan rows, newest first by (created_at, scan_id)."""

    async def insert(self, scan: Scan) -> None:
        """Write a new scan.

        Raises:
            AlreadyExistsError: the id is taken.
        """
        ...

    async def get(self, scan_id: str) -> Versioned[Scan] | None:
        """The scan and its version, or None."""
        ...

    async def replace(self, scan: Scan, etag: str) -> Versioned[Scan]:
        """Write the scan if its stored version is still `etag`.

        Raises:
            VersionConflictError: somebody else wrote it.
            MissingError: it is not there.
        """
        ...

    async def delete(self, scan_id: str) -> None:
        """Remove a scan whose first message could not be sent; absent is no error."""
        ...

    async def page(self, request: PageRequest, scan_type: ScanType | None = None) -> Page[Scan]:
        """Scans newest first, with the exact number of matches."""
        ...

    async def unfinished(self) -> list[Scan]:
        """Every scan in a non-terminal state."""
        ...


class PlanStore(Protocol):
    """Pages, shards and markers of scans; every insert is if-absent, the first word stands."""

    async def insert_page(self, page: PlannedPage, shards: Sequence[Shard]) -> bool:
        """Write a page with its shards (at most 90) in one transaction. False: the page was there already."""
        ...

    async def get_page(self, scan_id: str, number: int) -> PlannedPage | None:
        """One page of the plan."""
        ...

    async def pages(self, scan_id: str) -> list[PlannedPage]:
        """All pages in order."""
        ...

    async def insert_shards(self, scan_id: str, shards: Sequence[Shard]) -> None:
        """Write shards that are not there yet; those present stay as they are."""
        ...

    async def get_shard(self, scan_id: str, shard_id: str) -> Shard | None:
        """One shard."""
        ...

    async def shards(self, scan_id: str) -> list[Shard]:
        """All shards, ordered by id."""
        ...

    async def raise_attempt(self, scan_id: str, shard_id: str) -> Shard:
        """Raise the shard's `attempt` by one, conditionally; the written shard.

        Raises:
            VersionConflictError: somebody else raised it at the same time.
            MissingError: no such shard.
        """
        ...

    async def delete_shards(self, scan_id: str, shard_ids: Sequence[str]) -> None:
        """Remove shards and their markers (a resume plans them anew); absent ones are no error."""
        ...

    async def supersede_pages(self, scan_id: str, numbers: Sequence[int]) -> None:
        """Mark pages that a resume reads anew. The rows stay, so that a late duplicate cannot write them."""
        ...

    async def insert_marker(self, marker: Marker) -> bool:
        """Write a shard's marker. False: it had one, which stands."""
        ...

    async def delete_markers(self, scan_id: str, shard_ids: Sequence[str]) -> None:
        """Remove markers (of failed shards, at a resume); absent ones are no error."""
        ...

    async def markers(self, scan_id: str) -> list[Marker]:
        """All markers, ordered by shard id."""
        ...

    async def note_work(self, scan_id: str, shard_id: str, at: datetime) -> None:
        """Keep the latest sign of life from work on a shard."""
        ...

    async def digest(self, scan_id: str) -> PlanDigest:
        """The keys alone, and the latest sign of life from work that is not over."""
        ...


class FindingStore(Protocol):
    """One record per problem, for its whole life; lists newest first by (detected_at, id)."""

    async def claim_ids(self, detected_at: datetime, fingerprints: Sequence[str]) -> dict[str, str]:
        """Give each fingerprint its id: the one it was ever given, else one of that second (contract C-06).

        The bare `finding-<second>` goes to whichever fingerprint claims it first; others carry a tail of
        their fingerprint's first 8 digits. Claims are durable before this returns, and last for ever: the
        second in a finding's id is when it was first claimed.
        """
        ...

    async def get(self, finding_id: str) -> Versioned[Finding] | None:
        """The record by its id, or None."""
        ...

    async def find(self, subscription_id: str, fingerprint: str) -> Versioned[Finding] | None:
        """The record by its own key, in one read; or None."""
        ...

    async def of_subscription(self, subscription_id: str) -> AsyncIterator[Versioned[Finding]]:
        """Every record of a subscription, in any state, in no particular order, streamed."""
        ...

    async def save(
        self, changes: Sequence[tuple[Finding, str | None]], *, sightings_told: bool = False
    ) -> list[str]:
        """Write records: (record, version it replaces; None = must be new). Lists follow.

        `sightings_told`: where only the sighting differs (scan, times), lists need not be written: the caller
        tells them of all sightings of the subscription at once, by `sighted`.

        Returns:
            Fingerprints that lost against another writer and were not written; the rest were, in the
            record and in whatever the lists are read from. Safe to repeat.
        """
        ...

    async def settle(self, subscription_id: str) -> None:
        """Make lists show the subscription's records as they are, also where a writer died before it did.

        One request where nobody did. Changes that a live writer is about to make are its own affair.
        """
        ...

    async def sighted(
        self, subscription_id: str, rule_ids: Sequence[str], scan_id: str, read_at: datetime
    ) -> None:
        """Tell lists that a scan ran these rules over the whole subscription.

        Every record of them that is neither resolved nor `missed` was seen then; an older word than the one
        known is ignored. Safe to repeat.
        """
        ...

    async def page(self, request: PageRequest, where: FindingFilter) -> FilteredPage[Finding]:
        """Records newest first. What is exact, and what a page costs, is in docs/findings.md."""
        ...


class FindingRepair(Protocol):
    """Keeps what lists are read from true to the records."""

    async def repair(self) -> int:
        """Finish what crashes cut short; how many records were gone over."""
        ...

    async def prove(self) -> IndexProof:
        """Compare every list and total with the records, and restore what differs."""
        ...


@dataclass(frozen=True, slots=True)
class PathFilter:
    """Which attack paths; empty members mean "any". Ids are compared in any case."""

    severities: tuple[Severity, ...] = ()
    entry_point: str | None = None
    target: str | None = None

    def keeps(self, path: AttackPath) -> bool:
        """Whether a path passes."""
        return (
            (not self.severities or path.severity in self.severities)
            and (self.entry_point is None or path.entry_point.lower() == self.entry_point.lower())
            and (self.target is None or path.target.lower() == self.target.lower())
        )


class ScanResultStore(Protocol):
    """Rows a scan found, as they were then: findings, exposures, attack paths and failures."""

    async def put_findings(self, scan_id: str, shard_id: str, findings: Sequence[FrozenFinding]) -> None:
        """Write a shard's findings, replacing what an earlier attempt of that shard left. Safe to repeat."""
        ...

    async def put_exposures(self, scan_id: str, shard_id: str, exposures: Sequence[Exposure]) -> None:
        """Write a shard's exposure rows, replacing what an earlier attempt of that shard left."""
        ...

    async def put_attack_paths(self, scan_id: str, shard_id: str, paths: Sequence[AttackPath]) -> None:
        """Write a shard's attack paths, replacing what an earlier attempt of that shard left."""
        ...

    async def put_failures(self, scan_id: str, shard_id: str, failures: Sequence[ReadFailure]) -> None:
        """Write the resources a shard could not read, replacing what an earlier attempt left."""
        ...

    async def findings(
        self,
        scan_id: str,
        request: PageRequest,
        shards: frozenset[str] | None,
        severities: tuple[Severity, ...] = (),
    ) -> Page[FrozenFinding]:
        """Findings newest first; `shards` limits to those shards' rows (None = all)."""
        ...

    async def exposures(
        self,
        scan_id: str,
        request: PageRequest,
        shards: frozenset[str] | None,
        wanted: ExposureFilter = EVERY_EXPOSURE,
    ) -> Page[Exposure]:
        """Exposure rows ordered by their key; `shards` as above. The total counts what `wanted` takes."""
        ...

    async def attack_paths(
        self, scan_id: str, request: PageRequest, shards: frozenset[str] | None, where: PathFilter
    ) -> Page[AttackPath]:
        """Attack paths ordered by their key, the worst first; `shards` as above."""
        ...

    async def failures(
        self, scan_id: str, request: PageRequest, shards: frozenset[str] | None
    ) -> Page[ReadFailure]:
        """Failures ordered by shard and resource id; `shards` as above."""
        ...


class EventOutbox(Protocol):
    """Events that must reach their readers at least once."""

    async def append(self, events: Sequence[Event]) -> None:
        """Keep events until published; an id already there is left as it is."""
        ...

    async def pending(self, limit: int) -> list[Event]:
        """Up to `limit` events not yet published, oldest first as far as storage can tell."""
        ...

    async def mark_published(self, events: Sequence[Event]) -> None:
        """Remember that these were handed over; unknown ids are no error."""
        ...
