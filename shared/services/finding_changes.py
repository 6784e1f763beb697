"""Changing findings: one, many, with their history.

The history of a finding is complete without a transaction over two tables. Each record carries its latest
entry; that one is filed before a further one takes its place, and again, eagerly, after the record is
written. So at most the latest entry is ever unfiled, and the record has it.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.domain.errors import ConflictError, NotFoundError
from shared.domain.finding import Finding, FindingChange
from shared.domain.ids import IdKind, is_id
from shared.domain.lifecycle import Author, Edit, edited
from shared.domain.page import Page, PageRequest, Versioned
from shared.ports.lifecycle_stores import FindingHistoryStore
from shared.ports.stores import FindingStore
from shared.services.engine import UPDATE_TRIES

_READS_AT_ONCE: Final = 16

Replacement = tuple[Finding, Versioned[Finding]]
"""A record and what it replaces."""


async def save_with_history(
    findings: FindingStore, history: FindingHistoryStore, changes: Sequence[Replacement]
) -> list[str]:
    """Write records and their entries; the fingerprints that lost against another writer."""
    entries = [(new, old.value) for new, old in changes if new.changes != old.value.changes]
    filed = [(old.fingerprint, old.last_change) for _, old in entries if old.last_change is not None]
    if filed:
        await history.file(filed)
    lost = await findings.save([(new, old.etag) for new, old in changes])
    new_ones = [
        (new.fingerprint, new.last_change)
        for new, _ in entries
        if new.last_change is not None and new.fingerprint not in lost
    ]
    if new_ones:
        await history.file(new_ones)
    return lost


class EditOutcome(StrEnum):
    """What became of one item of a bulk update."""

    UPDATED = "updated"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class EditResult:
    """One item: its id as given, what became of it, and why not."""

    finding_id: str
    outcome: EditOutcome
    error: str | None = None


class FindingChanges:
    """The write side of findings for people."""

    def __init__(self, findings: FindingStore, history: FindingHistoryStore) -> None:
        self._findings = findings
        self._history = history

    async def edit(
        self, finding_id: str, edit: Edit, author: Author, check: Callable[[Finding], None] | None = None
    ) -> Finding:
        """The finding after the edit. `check` sees the record that is replaced, and may refuse by raising.

        Raises:
            NotFoundError: no such finding.
            ConflictError: the edit does not fit the finding's state, or others keep writing it.
        """
        for _ in range(UPDATE_TRIES):
            stored = await self._stored(finding_id)
            if stored is None:
                raise NotFoundError("Finding not found")
            if check is not None:
                check(stored.value)
            record = edited(stored.value, edit, author)
            if record == stored.value:
                return record
            if not await save_with_history(self._findings, self._history, [(record, stored)]):
                return record
        raise ConflictError("Others keep changing this finding; try again")

    async def edit_many(self, edits: Sequence[tuple[str, Edit]], author: Author) -> list[EditResult]:
        """Each edit in the order given, results in the same order; one that fails holds up no other.

        Several edits of one finding are done one after the other.
        """
        results: list[EditResult | None] = [None] * len(edits)
        rounds: list[list[int]] = []
        seen: defaultdict[str, int] = defaultdict(int)
        for place, (finding_id, _) in enumerate(edits):
            number = seen[finding_id]
            seen[finding_id] += 1
            if number == len(rounds):
                rounds.append([])
            rounds[number].append(place)
        for places in rounds:
            waiting = places
            for _ in range(UPDATE_TRIES):
                waiting = await self._round(edits, waiting, author, results)
                if not waiting:
                    break
            for place in waiting:
                results[place] = EditResult(
                    edits[place][0], EditOutcome.CONFLICT, "Others keep changing this finding; try again"
                )
        return [one for one in results if one is not None]

    async def _round(
        self,
        edits: Sequence[tuple[str, Edit]],
        places: list[int],
        author: Author,
        results: list[EditResult | None],
    ) -> list[int]:
        """Try these once; the places that lost against another writer."""
        gate = asyncio.Semaphore(_READS_AT_ONCE)

        async def read(place: int) -> Versioned[Finding] | None:
            async with gate:
                return await self._stored(edits[place][0])

        stored = await asyncio.gather(*(read(place) for place in places))
        writes: list[Replacement] = []
        owners: dict[str, int] = {}
        for place, found in zip(places, stored, strict=True):
            finding_id, edit = edits[place]
            if found is None:
                results[place] = EditResult(finding_id, EditOutcome.NOT_FOUND, "Finding not found")
                continue
            try:
                record = edited(found.value, edit, author)
            except ConflictError as error:
                results[place] = EditResult(finding_id, EditOutcome.CONFLICT, error.message)
                continue
            results[place] = EditResult(finding_id, EditOutcome.UPDATED)
            if record != found.value:
                writes.append((record, found))
                owners[record.fingerprint] = place
        lost = await save_with_history(self._findings, self._history, writes) if writes else []
        return [owners[fingerprint] for fingerprint in lost]

    async def history(self, finding_id: str, request: PageRequest) -> Page[FindingChange]:
        """Changes of a finding, newest first, with their exact number.

        Raises:
            NotFoundError: no such finding.
        """
        stored = await self._stored(finding_id)
        if stored is None:
            raise NotFoundError("Finding not found")
        record = stored.value
        page = await self._history.page(record.fingerprint, request)
        if page.total >= record.changes or record.last_change is None:
            return page
        await self._history.file([(record.fingerprint, record.last_change)])
        return await self._history.page(record.fingerprint, request)

    async def _stored(self, finding_id: str) -> Versioned[Finding] | None:
        return await self._findings.get(finding_id) if is_id(IdKind.FINDING, finding_id) else None
