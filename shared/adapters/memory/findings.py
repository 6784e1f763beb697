"""Findings in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from itertools import count

from shared.adapters.memory.paging import cut_page, newest_first
from shared.domain.finding import Finding
from shared.domain.finding_filter import FindingFilter
from shared.domain.ids import IdKind, make_id
from shared.domain.page import FilteredPage, PageRequest, Versioned
from shared.ports.stores import IndexProof

_TAIL_DIGITS = 8


class MemoryFindingStore:
    """Twin of `TableFindingStore`."""

    def __init__(self) -> None:
        self._records: dict[str, Versioned[Finding]] = {}
        self._fingerprints: dict[str, str] = {}
        self._ids: dict[str, str] = {}
        self._owners: dict[str, str] = {}
        self._by_subscription: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._versions = count(1)

    async def aclose(self) -> None:
        """Nothing to release."""

    async def claim_ids(self, detected_at: datetime, fingerprints: Sequence[str]) -> dict[str, str]:
        """See `FindingStore.claim_ids`."""
        for fingerprint in fingerprints:
            if fingerprint not in self._ids:
                self._ids[fingerprint] = self._claim(detected_at, fingerprint)
        return {fingerprint: self._ids[fingerprint] for fingerprint in fingerprints}

    def _claim(self, detected_at: datetime, fingerprint: str) -> str:
        tails = [
            "",
            *(fingerprint[at : at + _TAIL_DIGITS] for at in range(0, len(fingerprint), _TAIL_DIGITS)),
        ]
        for tail in tails:
            identifier = make_id(IdKind.FINDING, detected_at, tail)
            if self._owners.setdefault(identifier, fingerprint) == fingerprint:
                return identifier
        raise ValueError(f"no id is left in that second for fingerprint {fingerprint}")

    async def get(self, finding_id: str) -> Versioned[Finding] | None:
        """See `FindingStore.get`."""
        fingerprint = self._fingerprints.get(finding_id)
        return None if fingerprint is None else self._records[fingerprint]

    async def find(self, subscription_id: str, fingerprint: str) -> Versioned[Finding] | None:
        """See `FindingStore.find`."""
        stored = self._records.get(fingerprint)
        if stored is None or stored.value.observation.subscription_id.lower() != subscription_id.lower():
            return None
        return stored

    async def of_subscription(self, subscription_id: str) -> AsyncIterator[Versioned[Finding]]:
        """See `FindingStore.of_subscription`: the records at the time of the call."""
        return _stream([self._records[key] for key in self._by_subscription[subscription_id.lower()]])

    async def save(
        self, changes: Sequence[tuple[Finding, str | None]], *, sightings_told: bool = False
    ) -> list[str]:
        """See `FindingStore.save`.

        Raises:
            ValueError: a fingerprint occurs twice.
        """
        if len({finding.fingerprint for finding, _ in changes}) != len(changes):
            raise ValueError("a fingerprint is to be saved twice at once")
        return [finding.fingerprint for finding, etag in changes if not self._write(finding, etag)]

    def _write(self, finding: Finding, etag: str | None) -> bool:
        stored = self._records.get(finding.fingerprint)
        if (None if stored is None else stored.etag) != etag:
            return stored is not None and stored.value == finding
        self._records[finding.fingerprint] = Versioned(finding, str(next(self._versions)))
        self._fingerprints[finding.id] = finding.fingerprint
        self._by_subscription[finding.observation.subscription_id.lower()][finding.fingerprint] = None
        return True

    async def settle(self, subscription_id: str) -> None:
        """See `FindingStore.settle`: lists are read from the records here."""

    async def sighted(
        self, subscription_id: str, rule_ids: Sequence[str], scan_id: str, read_at: datetime
    ) -> None:
        """See `FindingStore.sighted`: lists are read from the records here."""

    async def page(self, request: PageRequest, where: FindingFilter) -> FilteredPage[Finding]:
        """See `FindingStore.page`; every combination is counted here."""
        rows = sorted(
            (
                (newest_first(one.value.id), one.value)
                for one in self._records.values()
                if where.matches(one.value)
            ),
            key=lambda row: row[0],
        )
        page = cut_page(rows, request)
        return FilteredPage(page.items, page.total, page.next_after)

    async def repair(self) -> int:
        """See `FindingRepair.repair`: there is nothing to repair."""
        return 0

    async def prove(self) -> IndexProof:
        """See `FindingRepair.prove`: lists are read from the records."""
        return IndexProof(len(self._records), 0, 0)


async def _stream(records: list[Versioned[Finding]]) -> AsyncIterator[Versioned[Finding]]:
    for record in records:
        yield record
