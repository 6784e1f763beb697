"""The ledger: pages, shards and markers of a scan merged into what was read, and what was not. Pure.

Used twice: for the types of each subscription before relations are planned, and whole when a scan ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from shared.domain.coverage import (
    Coverage,
    CoverageStatus,
    PassedResources,
    ReadFailure,
    RuleCoverage,
    ScannerCoverage,
    SubscriptionCoverage,
    TypeCoverage,
)
from shared.domain.plan import Marker, Shard, ShardOutcome, ShardStage
from shared.domain.plan_record import ListingState, PlanRecord
from shared.domain.reading import is_directory
from shared.domain.scan import ScanTotals
from shared.domain.severity import ORDER

TypeKey = tuple[str, str]


@dataclass(slots=True)
class _Row:
    asked: int = 0
    read: int = 0
    failed: int = 0
    lost: int = 0
    refused: bool = False
    status: CoverageStatus | None = None
    reason: str | None = None


def type_coverage(record: PlanRecord) -> list[TypeCoverage]:
    """One row for each readable subscription and type, ordered. `read` needs evidence: a listing that came
    to its end, and every one of its shards done."""
    rows: dict[TypeKey, _Row] = {
        (one, kind): _Row() for one in record.batch_of for kind in record.reading.of(one)
    }
    skipped: list[TypeCoverage] = []
    for marker in record.done():
        for one in marker.types:
            if one.status is CoverageStatus.SKIPPED:
                skipped.append(one)
                continue
            row = rows.setdefault((one.subscription_id, one.type), _Row())
            row.asked, row.read, row.failed = (
                row.asked + one.asked,
                row.read + one.read,
                row.failed + one.failed,
            )
            if one.failed:
                row.reason = row.reason or one.reason
                row.refused = row.refused or one.status is CoverageStatus.DENIED
    for shard in record.undone(ShardStage.COLLECT):
        end = record.outcomes.get(shard.shard_id)
        _lose(rows, shard, end.reason if end else "its rows were listed and not yet looked at")
    for one in record.refused_types:
        row = rows.setdefault(_key(one), _Row())
        row.status, row.reason = one.status, one.reason
    found: dict[TypeKey, TypeCoverage] = {}
    derived = record.reading.derived
    for key, row in sorted(rows.items(), key=lambda item: (item[0][1] in derived, item[0])):
        batch = record.batch_of.get(key[0])
        listing = batch.listing_of(key[1]) if batch is not None else None
        found[key] = _finish(key, row, listing, below=key[1] in derived)
        if key[1] in derived:
            found[key] = _after_parents(found[key], [found.get((key[0], one)) for one in derived[key[1]]])
    return [found[key] for key in sorted(found)] + _sum_skipped(skipped)


def _after_parents(one: TypeCoverage, parents: list[TypeCoverage | None]) -> TypeCoverage:
    """What is read below others is as complete as those were read."""
    short = next((parent for parent in parents if parent and parent.status is not CoverageStatus.READ), None)
    if short is None or one.status is not CoverageStatus.READ:
        return one
    status = CoverageStatus.PARTIAL if one.read or short.read else short.status
    return one.model_copy(update={"status": status, "reason": f"{short.type}: {short.reason}"})


def _lose(rows: dict[TypeKey, _Row], shard: Shard, reason: str | None) -> None:
    for one in shard.asked:
        row = rows.get(_key(one))
        if row is not None:
            row.asked += one.asked
            row.lost += one.asked
            row.reason = reason


def _finish(key: TypeKey, row: _Row, listing: ListingState | None, *, below: bool) -> TypeCoverage:
    status, reason = row.status or CoverageStatus.READ, row.reason
    if status is CoverageStatus.DENIED:
        status = CoverageStatus.PARTIAL if row.read else status
    elif not below and (listing is None or not listing.complete):
        failed = listing.failed if listing is not None else None
        status = CoverageStatus.FAILED if failed and not row.read else CoverageStatus.PARTIAL
        reason = failed or reason or "the listing was not read to its end"
    elif status is CoverageStatus.READ and row.lost:
        status = CoverageStatus.PARTIAL if row.read else CoverageStatus.FAILED
    elif status is CoverageStatus.READ and row.failed:
        status = CoverageStatus.DENIED if row.refused and not row.read else CoverageStatus.PARTIAL
        reason = reason or "some resources could not be understood"
    return TypeCoverage(
        subscription_id=key[0],
        type=key[1],
        status=status,
        asked=row.asked,
        read=row.read,
        failed=row.failed + row.lost,
        reason=reason,
    )


def _sum_skipped(parts: Iterable[TypeCoverage]) -> list[TypeCoverage]:
    sums: dict[TypeKey, TypeCoverage] = {}
    for one in parts:
        before = sums.get(_key(one))
        sums[_key(one)] = one.model_copy(update={"asked": one.asked + (before.asked if before else 0)})
    return [sums[key] for key in sorted(sums)]


def _key(one: TypeCoverage) -> TypeKey:
    return one.subscription_id, one.type


@dataclass(slots=True)
class _SubscriptionView:
    types: list[TypeCoverage] = field(default_factory=list)
    relation: Marker | None = None


def coverage(
    scan_id: str,
    record: PlanRecord,
    scanners: Iterable[ScannerCoverage],
    reads: Mapping[str, Iterable[str]],
    directory_rules: frozenset[str] = frozenset(),
    unread_targets: tuple[ReadFailure, ...] = (),
) -> Coverage:
    """The whole ledger of a scan that is over (or, for a running one, what is known so far).

    Args:
        reads: rule id -> the types it reads. In a subscription where one of them was not read whole, the rule
            could not look everywhere: one error there, beside what it said of what was read.
        directory_rules: those that judge directories; the others judge subscriptions.
        unread_targets: resources asked for that are in nothing that was read.
    """
    types = type_coverage(record)
    views: dict[str, _SubscriptionView] = {}
    for one in types:
        views.setdefault(one.subscription_id, _SubscriptionView()).types.append(one)
    for marker in record.markers:
        if marker.stage is ShardStage.RELATE and marker.subscription_id:
            views.setdefault(marker.subscription_id, _SubscriptionView()).relation = marker
    subscriptions = [
        _subscription(one, views.get(subscription_id))
        for subscription_id, (_, one) in sorted(record.latest.items())
    ]
    rules = {
        rule_id: RuleCoverage(
            rule_id=rule_id,
            errors=_blind_spots(
                [
                    one
                    for one in subscriptions
                    if is_directory(one.subscription_id) == (rule_id in directory_rules)
                ],
                views,
                kinds,
            ),
        )
        for rule_id, kinds in reads.items()
    }
    for marker in record.done():
        for part in marker.rules:
            rules[part.rule_id] = rules.get(part.rule_id, RuleCoverage(rule_id=part.rule_id)) + part
    scanner_rows = tuple(_scanner(one, subscriptions) for one in scanners)
    failures = sum(marker.failures for marker in record.markers)
    statuses = [one.status for one in subscriptions] + [one.status for one in types]
    statuses += [one.status for one in scanner_rows]
    whole = (
        all(status is CoverageStatus.READ for status in statuses)
        and not any(rule.errors for rule in rules.values())
        and not failures
        and not record.failed_pages
        and not unread_targets
    )
    return Coverage(
        scan_id=scan_id,
        complete=whole and bool(subscriptions),
        subscriptions=tuple(subscriptions),
        resource_types=tuple(types),
        rules=tuple(rules[rule_id] for rule_id in sorted(rules)),
        scanners=scanner_rows,
        failures_total=failures,
        passed=PassedResources.merged(marker.passed for marker in record.done()),
        unread_targets=unread_targets,
    )


def _blind_spots(
    subscriptions: list[SubscriptionCoverage], views: Mapping[str, _SubscriptionView], kinds: Iterable[str]
) -> int:
    """Subscriptions in which a rule that reads these types could not look at all of them."""
    wanted = set(kinds)
    blind = 0
    for one in subscriptions:
        view = views.get(one.subscription_id)
        types = view.types if view is not None else []
        read = {row.type for row in types if row.status is CoverageStatus.READ or row.failed}
        blind += one.status is not CoverageStatus.SKIPPED and not wanted <= read
    return blind


def _subscription(base: SubscriptionCoverage, view: _SubscriptionView | None) -> SubscriptionCoverage:
    if base.status not in (CoverageStatus.READ, CoverageStatus.PARTIAL):
        return base
    types = view.types if view is not None else []
    short = [one for one in types if one.status is not CoverageStatus.READ]
    unread = (CoverageStatus.DENIED, CoverageStatus.FAILED, CoverageStatus.SKIPPED)
    if all(one.status in unread for one in types):
        first = short[0] if short else None
        status = (
            CoverageStatus.FAILED if first is None or first.status is CoverageStatus.SKIPPED else first.status
        )
        return base.model_copy(
            update={"status": status, "reason": first.reason if first else "nothing of it was read"}
        )
    relation = view.relation if view is not None else None
    if relation is not None and relation.outcome is ShardOutcome.FAILED:
        return base.model_copy(update={"status": CoverageStatus.FAILED, "reason": relation.reason})
    if short:
        return base.model_copy(update={"status": CoverageStatus.PARTIAL, "reason": short[0].reason})
    if relation is None:
        return base.model_copy(
            update={"status": CoverageStatus.PARTIAL, "reason": "it was read and not yet evaluated"}
        )
    return base


def _scanner(base: ScannerCoverage, subscriptions: list[SubscriptionCoverage]) -> ScannerCoverage:
    if base.status is not CoverageStatus.READ:
        return base
    looked = [one for one in subscriptions if one.status in (CoverageStatus.READ, CoverageStatus.PARTIAL)]
    if not looked:
        return base.model_copy(
            update={"status": CoverageStatus.FAILED, "reason": "no subscription could be read"}
        )
    if any(one.status is not CoverageStatus.READ for one in subscriptions):
        return base.model_copy(
            update={"status": CoverageStatus.PARTIAL, "reason": "not everything asked for could be read"}
        )
    return base


def totals(markers: Iterable[Marker]) -> ScanTotals:
    """The sums of what shards that were done counted."""
    by_severity, unfiltered, filtered = dict.fromkeys(ORDER, 0), dict.fromkeys(ORDER, 0), False
    read = auto = exposures = paths = omitted = failures = 0
    expiring: int | None = None
    for marker in markers:
        failures += marker.failures
        if marker.outcome is not ShardOutcome.DONE:
            continue
        read += marker.resources_read
        auto += marker.auto_remediable
        exposures += marker.exposures
        if marker.expiring_soon is not None:
            expiring = (expiring or 0) + marker.expiring_soon
        paths += marker.attack_paths
        omitted += marker.attack_paths_omitted
        for severity, count in marker.by_severity.items():
            by_severity[severity] += count
        filtered |= marker.found_by_severity is not None
        found = marker.by_severity if marker.found_by_severity is None else marker.found_by_severity
        for severity, count in found.items():
            unfiltered[severity] += count
    return ScanTotals(
        resources_scanned=read,
        by_severity=by_severity,
        found_by_severity=unfiltered if filtered else None,
        auto_remediable=auto,
        exposures=exposures,
        attack_paths=paths,
        attack_paths_omitted=omitted,
        failures=failures,
        expiring_soon=expiring,
    )


def projections_of(record: PlanRecord) -> Mapping[str, tuple[str, ...]]:
    """Each readable subscription's blobs of projected columns, in shard order."""
    blobs: dict[str, list[str]] = {one: [] for one in record.batch_of}
    for marker in record.done():
        for subscription, blob in marker.projections.items():
            if subscription in blobs:
                blobs[subscription].append(blob)
    return {subscription: tuple(names) for subscription, names in blobs.items()}
