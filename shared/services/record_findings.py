"""Recording: what a subscription's relations found becomes records, and records become resolved.

Order of writes: ids are claimed, events kept in the outbox, then records written. A crash in between repeats
the same ids and the same events, so nothing is announced twice in effect and nothing goes unannounced.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from shared.domain.coverage import CoverageStatus
from shared.domain.events import Event, EventType
from shared.domain.finding import Finding, FrozenFinding, Observation, Resolution
from shared.domain.lifecycle import (
    RESOLVABLE,
    Change,
    Sighting,
    first_seen,
    not_looked_at,
    not_seen,
    seen_again,
)
from shared.domain.page import Versioned
from shared.domain.plan import Shard
from shared.domain.scan import Scan
from shared.domain.suppression import Suppression, silenced
from shared.domain.timestamps import whole_second
from shared.ports.errors import InventoryError, VersionConflictError
from shared.rules.base import RuleMetadata
from shared.scanners.base import Focus, Related
from shared.services.announce import finding_event
from shared.services.engine import UPDATE_TRIES, Engine, focus_of
from shared.services.resource_tags import with_tags

log = logging.getLogger(__name__)

_LOOKUPS_AT_ONCE: Final = 8

_EVENT_OF: Final = {
    Change.CREATED: EventType.FINDING_CREATED,
    Change.REOPENED: EventType.FINDING_REOPENED,
    Change.RESOLVED: EventType.FINDING_RESOLVED,
}


@dataclass(slots=True)
class _Change:
    record: Finding
    replaces: str | None
    kind: Change


class RecordFindings:
    """Turns observations into records, events and the scan's frozen rows."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def record(
        self, scan: Scan, shard: Shard, related: Related, *, present: set[str], rules: Sequence[RuleMetadata]
    ) -> list[FrozenFinding]:
        """Write records for one subscription; the frozen rows of every observation, under its record's id.

        Args:
            present: lower-cased ids of all resources read in the subscription.
            rules: the rules that were run: others' findings are not touched.
        """
        by = Sighting(scan.scan_id, whole_second(shard.read_at))
        quiet = [one.value for one in await self._engine.suppressions.unsettled()]
        tagged = await with_tags(self._engine.inventory, related.observations, quiet)
        observed = {one.fingerprint: one for one in tagged}
        reads = {rule.rule_id: rule.reads for rule in rules}
        gone = _GoneCheck(self._engine, shard, present, focus_of(scan), reads)
        for _ in range(UPDATE_TRIES):
            stored = await self._stored(shard.subscription_id or "")
            changes = await self._changes(observed, stored, by, related, gone)
            changes = self._silenced(changes, quiet)
            lost = await self._write(scan, stored, changes)
            if not lost:
                # Also what an attempt that died wrote: for this one those records are as they should be.
                await self._engine.findings.settle(shard.subscription_id or "")
                if not gone.narrow:
                    await self._engine.findings.sighted(
                        shard.subscription_id or "", sorted(reads), by.scan_id, by.read_at
                    )
                return self._frozen(scan, by, observed, stored, changes)
        raise VersionConflictError(f"findings of {shard.subscription_id} kept changing under this scan")

    async def _stored(self, subscription_id: str) -> dict[str, Versioned[Finding]]:
        records = await self._engine.findings.of_subscription(subscription_id)
        return {one.value.fingerprint: one async for one in records}

    async def _changes(
        self,
        observed: dict[str, Observation],
        stored: dict[str, Versioned[Finding]],
        by: Sighting,
        related: Related,
        gone: _GoneCheck,
    ) -> list[_Change]:
        new = sorted(one for one in observed if one not in stored)
        ids = await self._engine.findings.claim_ids(by.read_at, new) if new else {}
        changes = [_Change(first_seen(observed[one], ids[one], by), None, Change.CREATED) for one in new]
        for one, observation in observed.items():
            if one in stored:
                record, kind = seen_again(stored[one].value, observation, by)
                changes.append(_Change(record, stored[one].etag, kind))
        unseen = [
            one
            for one in stored.values()
            if one.value.fingerprint not in observed
            and one.value.observation.rule_id in gone.reads
            and one.value.status in RESOLVABLE
        ]
        fixed = [one for one in unseen if _settled(one.value, related)]
        left = [one for one in unseen if not _settled(one.value, related)]
        for resolution, those in (
            (Resolution.FIXED, fixed),
            (Resolution.RESOURCE_GONE, await gone.among(left)),
        ):
            for stale in those:
                record, kind = not_seen(stale.value, resolution, by)
                changes.append(_Change(record, stale.etag, kind))
        if not gone.narrow:
            changes += self._missed(observed, stored, by, gone, changes)
        return changes

    @staticmethod
    def _missed(
        observed: Mapping[str, Observation],
        stored: Mapping[str, Versioned[Finding]],
        by: Sighting,
        gone: _GoneCheck,
        changes: Sequence[_Change],
    ) -> list[_Change]:
        """What this scan has no word of: its last sighting stays an earlier one."""
        settled = {one.record.fingerprint for one in changes if one.kind is not Change.KEPT}
        missed = []
        for key, one in stored.items():
            if key in observed or key in settled or one.value.observation.rule_id not in gone.reads:
                continue
            record, kind = not_looked_at(one.value, by)
            if kind is Change.MISSED:
                missed.append(_Change(record, one.etag, kind))
        return missed

    def _silenced(self, changes: list[_Change], quiet: Sequence[Suppression]) -> list[_Change]:
        """What suppressions say of the records that this scan saw."""
        now = self._engine.clock.now()
        for one in changes:
            if one.kind in (Change.CREATED, Change.SEEN, Change.REOPENED):
                one.record = silenced(one.record, quiet, now, None)
        return changes

    async def _write(
        self, scan: Scan, stored: dict[str, Versioned[Finding]], changes: list[_Change]
    ) -> list[str]:
        events: list[Event] = [
            finding_event(scan, change.record, _EVENT_OF[change.kind])
            for change in changes
            if change.kind in _EVENT_OF
        ]
        if events:
            await self._engine.outbox.append(events)
        writes = [(one.record, one.replaces) for one in changes if one.kind is not Change.KEPT]
        if not writes:
            return []
        old = {key: one.value for key, one in stored.items()}
        entries = [
            one.record for one in changes if one.record.changes != _entries(old.get(one.record.fingerprint))
        ]
        await self._file(old[one.fingerprint] for one in entries if one.fingerprint in old)
        told = not focus_of(scan).narrow
        lost = await self._engine.findings.save(writes, sightings_told=told)
        await self._file(one for one in entries if one.fingerprint not in lost)
        return lost

    async def _file(self, records: Iterable[Finding]) -> None:
        """Put the latest entries of these histories where histories are; see `finding_changes`."""
        entries = [(one.fingerprint, one.last_change) for one in records if one.last_change is not None]
        if entries:
            await self._engine.history.file(entries)

    @staticmethod
    def _frozen(
        scan: Scan,
        by: Sighting,
        observed: dict[str, Observation],
        stored: dict[str, Versioned[Finding]],
        changes: Iterable[_Change],
    ) -> list[FrozenFinding]:
        records = {one.value.fingerprint: one.value for one in stored.values()}
        records |= {change.record.fingerprint: change.record for change in changes}
        return [
            FrozenFinding(
                id=records[one].id,
                fingerprint=one,
                scan_id=scan.scan_id,
                detected_at=records[one].detected_at,
                last_seen_at=by.read_at,
                observation=observation,
            )
            for one, observation in observed.items()
        ]


class _GoneCheck:
    """Whether a resource is really gone: looked for completely, not seen, and ARM answers 404."""

    def __init__(
        self,
        engine: Engine,
        shard: Shard,
        present: set[str],
        focus: Focus,
        reads: Mapping[str, tuple[str, ...]],
    ) -> None:
        self.reads = reads
        """Rule id -> the types it reads."""
        self.narrow = focus.narrow
        self._engine = engine
        self._present = present
        self._focus = focus
        self._complete = (
            set() if focus.narrow else {one.type for one in shard.asked if one.status is CoverageStatus.READ}
        )

    async def among(self, records: list[Versioned[Finding]]) -> list[Versioned[Finding]]:
        """Those of the records whose resource is gone."""
        candidates = [one for one in records if self._unlisted(one.value.observation)]
        gate = asyncio.Semaphore(_LOOKUPS_AT_ONCE)
        targets = sorted({one.value.observation.evaluated_id.lower() for one in candidates})

        async def absent(resource_id: str) -> bool:
            if resource_id.startswith("/tenants/"):
                # Objects of a directory are listed by the directory itself: nothing lags behind it.
                return True
            async with gate:
                try:
                    return await self._engine.inventory.get(resource_id) is None
                except InventoryError as error:
                    # Refused or not readable is not the same as gone; a later scan asks again.
                    log.warning("cannot tell whether %s is gone: %s", resource_id, error)
                    return False

        answers = dict(zip(targets, await asyncio.gather(*(absent(one) for one in targets)), strict=True))
        return [one for one in candidates if answers[one.value.observation.evaluated_id.lower()]]

    def _unlisted(self, observation: Observation) -> bool:
        """Not among what was read, though its own type, or all that its rule reads, was read whole.

        The second covers subjects that a rule finds through others, such as the machine of an interface.
        """
        key = observation.evaluated_id.lower()
        if self._focus.neighbours and self._focus.covers(key):
            # Read by its id, and not found.
            return key not in self._present
        read = _type_of(key) in self._complete or self._complete.issuperset(self.reads[observation.rule_id])
        return read and key not in self._present


def _entries(record: Finding | None) -> int:
    return 0 if record is None else record.changes


def _type_of(resource_id: str) -> str:
    provider = resource_id.rpartition("/providers/")[2].split("/")
    return "/".join([provider[0], *provider[1::2]])


def _settled(record: Finding, related: Related) -> bool:
    """Whether the rule of a record could look at the resource again and gave its word."""
    outcome = related.outcomes.get(record.observation.rule_id)
    return outcome is not None and record.observation.evaluated_id.lower() in outcome.settled
