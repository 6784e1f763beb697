"""Full, credentials and compliance scans against a truth that shares no code with the product."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from devhost.demo.client import ApiClient
from samples import showcase
from samples.full import NOW
from shared.domain.scan import ScanStatus, ScanType
from shared.frameworks.registry import rules_of
from shared.rules.registry import all_rules
from tests.e2e.control_truth import ControlTruth, Told
from tests.e2e.expiring import expiring_within
from tests.e2e.in_process import InProcess, Outcome, in_process
from tests.e2e.stack import ROOT, Stack, scan
from tests.e2e.stand_in import StandInProcess
from tests.e2e.test_scan_truth import invariants
from tests.e2e.truth import Truth, check_scan_against

pytestmark = pytest.mark.local_stack

VAULT_OBJECTS = frozenset(f"microsoft.keyvault/vaults/{kind}" for kind in ("keys", "secrets", "certificates"))
DAY = NOW.date().isoformat()
CREDENTIAL_RULES = frozenset(rule.metadata.rule_id for rule in all_rules() if rule.metadata.credential)
NETWORK_RULES = frozenset(rule.metadata.rule_id for rule in all_rules() if rule.metadata.service == "network")
Estates = Callable[[int, int, str], tuple[Path, Path]]


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample without what attack paths are planted with: the truth of controls knows none of it."""
    file = tmp_path_factory.mktemp("sample") / "estate.jsonl"
    file.write_bytes(showcase.estate_bytes(showcase.build(attack_paths=False)))
    return file


@pytest.fixture(scope="module")
def sample(furnished: Path) -> Iterator[StandInProcess]:
    """The sample estate."""
    with StandInProcess(furnished) as serving:
        yield serving


@pytest.fixture
async def engine(sample: StandInProcess) -> AsyncIterator[InProcess]:
    """An engine on it, on the day of its dates."""
    await sample.fail({})
    async with in_process(sample) as made:
        yield made


@pytest.fixture(scope="module")
def full(sample: StandInProcess) -> Outcome:
    """What a full scan says of the sample; made once, and only looked at."""

    async def scanned() -> Outcome:
        await sample.fail({})
        async with in_process(sample) as engine:
            return await engine.scan(ScanType.FULL)

    return asyncio.run(scanned())


def sample_truth() -> ControlTruth:
    return ControlTruth.load(ROOT / "samples" / "estate.truth.jsonl", DAY)


def only_firewalled_vaults_are_unread(outcome: Outcome) -> None:
    """What an estate makes unreadable on purpose is all that the ledger misses."""
    assert {one.type for one in outcome.failures} <= VAULT_OBJECTS
    assert all("not authorized" in one.reason for one in outcome.failures)
    assert {rule.partition(".")[0] for rule in outcome.errors()} <= {"keyvault"}
    assert {one.reason for one in outcome.scan.errors} <= {"not_available"}


def test_the_sample_estate(full: Outcome, furnished: Path) -> None:
    outcome = full
    only_firewalled_vaults_are_unread(outcome)
    assert {one.resource_id.rsplit("/", 1)[-1] for one in outcome.failures} == {"kv-proddata"}
    sample_truth().check(map(Told.of, outcome.findings))
    expected = expiring_within(furnished, NOW)
    assert expected and outcome.scan.totals.expiring_soon == expected


async def test_a_credentials_scan_says_what_the_full_scan_says_of_credentials(
    engine: InProcess, full: Outcome
) -> None:
    narrow = await engine.scan(ScanType.CREDENTIALS_ONLY)
    assert {one.rule_id for one in narrow.ledger.rules} == CREDENTIAL_RULES
    assert narrow.subjects() == {key for key in full.subjects() if key[0] in CREDENTIAL_RULES}
    assert narrow.scan.totals.expiring_soon == full.scan.totals.expiring_soon
    assert not narrow.scan.errors, "every scanner of a credentials scan is in this build"
    sample_truth().check(map(Told.of, narrow.findings), CREDENTIAL_RULES)


@pytest.mark.parametrize("frameworks", [("soc2",), ("pci-dss", "hipaa"), ("cis-azure-6.0",), ()])
async def test_a_compliance_scan_says_what_its_frameworks_ask(
    engine: InProcess, full: Outcome, frameworks: tuple[str, ...]
) -> None:
    narrow = await engine.scan(ScanType.COMPLIANCE_ONLY, compliance_frameworks=frameworks)
    wanted = {rule.metadata.rule_id for rule in all_rules()}
    if frameworks:
        wanted = {rule for one in frameworks for rule in rules_of(one)}
    assert {one.rule_id for one in narrow.ledger.rules} == wanted
    assert narrow.subjects() == {key for key in full.subjects() if key[0] in wanted}
    sample_truth().check(map(Told.of, narrow.findings), frozenset(wanted))


async def test_a_network_scan_counts_no_credentials(engine: InProcess) -> None:
    outcome = await engine.scan(ScanType.NETWORK)
    assert outcome.scan.status is ScanStatus.COMPLETED
    assert {one.rule_id for one in outcome.ledger.rules} == NETWORK_RULES


@pytest.mark.parametrize("seed", range(20, 24))
async def test_generated_estates(seed: int, full_estate: Estates) -> None:
    estate, truth = full_estate(1_500, seed, NOW.isoformat())
    with StandInProcess(estate) as serving:
        await serving.fail({})
        async with in_process(serving) as engine:
            outcome = await engine.scan(ScanType.FULL)
    only_firewalled_vaults_are_unread(outcome)
    ControlTruth.load(truth, DAY).check(map(Told.of, outcome.findings))
    assert outcome.scan.totals.expiring_soon == expiring_within(estate, NOW)


def check_on_the_stack(resources: int, seed: int, full_estate: Estates) -> None:
    """The whole stack on an estate of today: controls, exposures, totals and posture."""
    now = datetime.now(UTC)
    estate, truth = full_estate(resources, seed, now.date().isoformat())
    with Stack(estate) as stack:
        client = stack.start()
        end = scan(client, scan_type="full")
        assert end["status"] == "partial"
        detail = client.get(f"/api/v1/security/scans/{end['scan_id']}")
        assert {error["reason"] for error in detail["errors"]} == {"not_available"}
        invariants(client, end)
        check_scan_against(Truth.load(truth), client, end["scan_id"])
        rows = client.rows(f"/v1/scans/{end['scan_id']}/results", "findings")
        ControlTruth.load(truth, now.date().isoformat()).check(map(Told.of_row, rows))
        check_ledger(client, end)
        midnight = datetime(now.year, now.month, now.day, tzinfo=UTC)
        posture = client.get("/api/v1/security/posture")
        assert posture["credentials_expiring_soon"] == expiring_within(estate, midnight)


def check_ledger(client: ApiClient, end: dict[str, Any]) -> None:
    """Firewalled vaults are all that was not read."""
    failures = client.rows(f"/v1/scans/{end['scan_id']}/coverage", "failures")
    assert {one["type"] for one in failures} <= VAULT_OBJECTS
    coverage = client.get(f"/v1/scans/{end['scan_id']}/coverage")
    wrong = {row["rule_id"] for row in coverage["rules"] if row["errors"]}
    assert {rule.partition(".")[0] for rule in wrong} <= {"keyvault"}


def test_the_whole_stack_on_1500_resources(full_estate: Estates) -> None:
    check_on_the_stack(1_500, 31, full_estate)


@pytest.mark.slow
def test_the_whole_stack_on_10000_resources(full_estate: Estates) -> None:
    check_on_the_stack(10_000, 32, full_estate)
