"""The posture that finalising keeps: of each run, from its ledger, before its terminal state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.coverage import PASSED_NAMED
from shared.domain.errors import InvalidRequestError, NotFoundError
from shared.domain.posture import ControlStatus, PostureSnapshot
from shared.domain.principal import Principal, Role
from shared.domain.scan import Scan, ScanRequest, ScanStatus, ScanType
from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult
from shared.scanners.base import Projection
from shared.services.posture_queries import PostureQueries
from shared.services.scan_control import ScanControl
from shared.services.start_scan import StartScan
from tests.unit.engine.probe_scanner import TYPE, ProbeScanner, metadata, resource
from tests.unit.engine.simulation import Faults, World, known

CALLER = Principal("tester", "Tester", Role.OPERATOR)
SSH = "network.nsg.ssh_from_internet"
BAD, GOOD = resource("s1", 1, bad=True), resource("s1", 2, bad=False)


class SshProbe(ProbeScanner):
    """The probe under the id of a rule that frameworks know."""

    def rules(self) -> Sequence[RuleMetadata]:
        return [metadata().model_copy(update={"rule_id": SSH, "severity": Severity.CRITICAL})]

    def judged(self, projection: Projection) -> RuleResult:
        word = super().judged(projection)
        return word._replace(
            rule_id=SSH, observations=tuple(replace(one, rule_id=SSH) for one in word.observations)
        )


def world(*resources: Any, crash: float = 0.0, seed: int = 5) -> World:
    return World(seed, Faults(crash=crash), list(resources), ["s1"], scanner=SshProbe())


async def scanned(place: World, scan_type: ScanType = ScanType.FULL, **request: Any) -> Scan:
    place.clock.advance(timedelta(minutes=20))
    scan = await StartScan(place.calm, known()).start(ScanRequest(scan_type=scan_type, **request), CALLER)
    return await place.run(scan.scan_id)


async def kept(place: World, scan: Scan) -> PostureSnapshot:
    found = await place.postures.get(scan.scan_id, scan.run, scan.request.scan_type)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("resources", "status"),
    [((BAD, GOOD), ControlStatus.FAIL), ((GOOD,), ControlStatus.PASS), ((), ControlStatus.NOT_APPLICABLE)],
)
async def test_statuses_come_from_what_rules_said(resources: tuple[Any, ...], status: ControlStatus) -> None:
    place = world(*resources)
    scan = await scanned(place)
    snapshot = await kept(place, scan)
    controls = snapshot.frameworks["cis-azure-6.0"].controls
    assert controls["7.2"] is status
    assert controls["7.1"] is ControlStatus.ERROR, "its rule did not run"
    assert controls["7.7"] is ControlStatus.MANUAL
    assert snapshot.completed_at == scan.completed_at
    assert snapshot.by_severity == scan.totals.by_severity
    assert {one.name for one in snapshot.unread} >= {"cve", "credentials"}


async def test_what_could_not_be_read_is_never_a_pass() -> None:
    place = world(GOOD)
    place.inventory.denied_types.add(TYPE)
    snapshot = await kept(place, await scanned(place))
    assert snapshot.frameworks["cis-azure-6.0"].controls["7.2"] is ControlStatus.ERROR
    assert snapshot.frameworks["cis-azure-6.0"].assessed == 0
    assert snapshot.frameworks["cis-azure-6.0"].score == 0.0


@pytest.mark.parametrize("seed", range(8))
async def test_a_scan_never_ends_without_its_posture(seed: int) -> None:
    place = world(BAD, GOOD, crash=0.05, seed=seed)
    scan = await scanned(place)
    if scan.status in (ScanStatus.COMPLETED, ScanStatus.PARTIAL):
        assert (await kept(place, scan)).by_severity == scan.totals.by_severity


async def test_each_run_has_its_own() -> None:
    place = world(BAD)
    scan = await scanned(place)
    assert scan.status is ScanStatus.PARTIAL
    place.resources[:] = [GOOD]
    await ScanControl(place.calm).resume(scan.scan_id, CALLER)
    again = await place.run(scan.scan_id)
    assert again.run == 2
    assert (await kept(place, again)).run == 2
    assert await place.postures.get(scan.scan_id, 1, ScanType.FULL) is not None
    assert (await PostureQueries(place.calm).latest()).snapshot.run == 2


async def test_a_failed_scan_has_no_posture() -> None:
    place = world(GOOD)
    place.inventory.denied_subscriptions.add("s1")
    scan = await scanned(place, subscriptions=("s1",))
    if scan.status is ScanStatus.FAILED:
        with pytest.raises(NotFoundError):
            await PostureQueries(place.calm).latest()


async def test_a_framework_that_nobody_knows_starts_nothing() -> None:
    place = world(GOOD)
    with pytest.raises(InvalidRequestError):
        await StartScan(place.calm, known()).start(ScanRequest(compliance_frameworks=("soc3",)), CALLER)


async def test_asking_for_known_frameworks_is_no_error() -> None:
    scan = await scanned(world(GOOD), ScanType.NETWORK, compliance_frameworks=("soc2", "cis-azure-3.0"))
    assert scan.status is ScanStatus.COMPLETED
    assert scan.errors == ()


async def test_a_severity_filter_does_not_reach_posture() -> None:
    """Contract C-11: stored in full, filtered in the scan's own counts alone."""
    place = world(BAD, GOOD)
    scan = await scanned(place, severity_filter=(Severity.CRITICAL,))
    snapshot = await kept(place, scan)
    assert scan.totals.findings == 0
    assert snapshot.by_severity == {**scan.totals.by_severity, Severity.HIGH: 1}
    plain = await kept(place, await scanned(place))
    assert plain.by_severity == snapshot.by_severity and plain.frameworks == snapshot.frameworks
    view = await PostureQueries(place.calm).compliance("cis-azure-6.0")
    assert view.whole and view.findings[SSH]


async def test_evidence_that_a_filter_left_out_is_not_called_whole() -> None:
    place = world(BAD, GOOD)
    await scanned(place, severity_filter=(Severity.CRITICAL,))
    view = await PostureQueries(place.calm).compliance("cis-azure-6.0")
    assert view.result.controls["7.2"] is ControlStatus.FAIL
    assert not view.whole and view.findings[SSH] == ()


async def test_a_snapshot_says_what_was_scanned() -> None:
    place = world(BAD)
    snapshot = await kept(place, await scanned(place, ScanType.NETWORK, subscriptions=("s1", "nowhere")))
    assert (snapshot.scan_type, snapshot.environment) == (ScanType.NETWORK, "production")
    assert (snapshot.subscriptions, snapshot.subscriptions_total) == (("s1",), 1)


async def test_a_resume_and_a_running_view_count_all_that_was_found() -> None:
    place = world(BAD, GOOD)
    scan = await scanned(place, severity_filter=(Severity.CRITICAL,))
    await ScanControl(place.calm).resume(scan.scan_id, CALLER)
    again = await place.run(scan.scan_id)
    assert (await kept(place, again)).by_severity[Severity.HIGH] == 1


async def test_resources_that_passed_are_named_of_every_subscription() -> None:
    others = [resource(one, number, bad=False) for one in ("s2", "s3") for number in range(4)]
    place = World(5, Faults(), [BAD, GOOD, *others], ["s1", "s2", "s3"], scanner=SshProbe())
    await scanned(place)
    view = await PostureQueries(place.calm).compliance("cis-azure-6.0")
    names = view.passed[SSH]
    assert len(names) == PASSED_NAMED and len(set(names)) == len(names)
    assert set(names) <= {GOOD["id"], *(one["id"] for one in others)}
    assert {one.split("/")[2] for one in names} >= {"s1", "s2"}
