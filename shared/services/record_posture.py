"""The posture that a scan ends with, from its ledger: written before its terminal state, safe to repeat."""

from __future__ import annotations

from shared.domain.coverage import Coverage, CoverageStatus
from shared.domain.posture import SUBSCRIPTIONS_NAMED, PostureSnapshot
from shared.domain.reading import is_directory
from shared.domain.scan import Scan
from shared.frameworks.registry import frameworks
from shared.frameworks.scoring import framework_posture
from shared.services.engine import Engine


async def record_posture(engine: Engine, scan: Scan, ledger: Coverage) -> None:
    """Keep the snapshot of this run. `scan` is finalised: it has its totals and its completion time."""
    await engine.postures.put(snapshot_of(engine, scan, ledger))


def snapshot_of(engine: Engine, scan: Scan, ledger: Coverage) -> PostureSnapshot:
    """What the ledger says of every framework of this build, and what the scan counted."""
    tallies = {rule.rule_id: rule for rule in ledger.rules}
    severities = {rule.rule_id: rule.severity for rule in engine.scanners.rules()}
    looked = (CoverageStatus.READ, CoverageStatus.PARTIAL)
    read = sorted(
        one.subscription_id
        for one in ledger.subscriptions
        if one.status in looked and not is_directory(one.subscription_id)
    )
    return PostureSnapshot(
        scan_id=scan.scan_id,
        run=scan.run,
        scan_type=scan.request.scan_type,
        environment=scan.request.environment,
        subscriptions=tuple(read[:SUBSCRIPTIONS_NAMED]),
        subscriptions_total=len(read),
        completed_at=scan.completed_at or engine.clock.now(),
        frameworks={
            name: framework_posture(framework, tallies, severities)
            for name, framework in frameworks().items()
        },
        by_severity=scan.totals.unfiltered,
        expiring_soon=scan.totals.expiring_soon,
        unread=tuple(one for one in ledger.scanners if one.status is not CoverageStatus.READ),
    )
