"""Full scans while Azure throttles, fails, garbles or is slow: the same findings, or the gap by its name."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from samples.showcase import COMPANY, SANDBOX
from shared.domain.coverage import CoverageStatus
from shared.domain.scan import ScanRequest, ScanStatus, ScanType
from shared.frameworks.registry import rules_of
from shared.scanners.registry import BuiltScanners
from tests.e2e.in_process import Outcome, in_process
from tests.e2e.stack import ROOT
from tests.e2e.stand_in import StandInProcess

pytestmark = pytest.mark.local_stack

FOR_GOOD = 1_000_000
AUDITING = "microsoft.sql/servers/auditingsettings"
SCANNERS = BuiltScanners(rules_of_framework=rules_of, opted_in=True)


@pytest.fixture(scope="module")
def serving() -> Iterator[StandInProcess]:
    with StandInProcess(ROOT / "samples" / "estate.jsonl") as made:
        yield made


async def scanned(serving: StandInProcess, faults: Mapping[str, Any]) -> Outcome:
    await serving.fail(faults)
    async with in_process(serving, scanners=SCANNERS) as engine:
        return await engine.scan(ScanType.FULL)


_CALM: list[Outcome] = []


@pytest.fixture
async def calm(serving: StandInProcess) -> Outcome:
    """What a scan says of an Azure that works; made once."""
    if not _CALM:
        _CALM.append(await scanned(serving, {}))
    return _CALM[0]


def same(outcome: Outcome, calm: Outcome) -> None:
    """Findings, ledger and failures are those of the calm scan."""
    assert outcome.subjects() == calm.subjects()
    assert outcome.ledger.rules == calm.ledger.rules
    assert outcome.ledger.resource_types == calm.ledger.resource_types
    assert len(outcome.failures) == len(calm.failures)


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param(
            [{"status": 429, "times": 30, "retry_after": 0, "path": "*/Microsoft.Storage/"}],
            id="throttled-arm",
        ),
        pytest.param(
            [{"status": 429, "times": 6, "retry_after": 0, "service": "graph"}], id="throttled-graph"
        ),
        pytest.param(
            [{"status": 429, "times": 6, "retry_after": 0, "service": "vault"}], id="throttled-vaults"
        ),
        pytest.param([{"status": 503, "times": 40, "path": "*/Microsoft.Web/"}], id="arm-is-out"),
        pytest.param([{"status": 500, "times": 9, "path": "*/auditingSettings"}], id="one-list-is-out"),
        pytest.param([{"status": 503, "times": 8, "service": "graph"}], id="graph-is-out"),
        pytest.param([{"body": "not_json", "times": 4, "path": "*/blobServices/default"}], id="no-json"),
        pytest.param([{"body": "truncated", "times": 4, "path": "*/fileServices/default"}], id="cut-off"),
        pytest.param([{"body": "empty", "times": 4, "service": "vault"}], id="empty-answers"),
    ],
)
async def test_what_passes_leaves_no_trace(
    answers: list[dict[str, Any]], serving: StandInProcess, calm: Outcome
) -> None:
    outcome = await scanned(serving, {"answers": answers})
    assert (await serving.stats())["faults_pending"] == 0, "the scan met every fault"
    same(outcome, calm)


async def test_slow_answers_change_nothing(serving: StandInProcess, calm: Outcome) -> None:
    same(await scanned(serving, {"latency_ms": 100}), calm)


@pytest.mark.parametrize("fault", [{"status": 503}, {"body": "not_json"}], ids=["out", "garbled"])
async def test_a_list_that_never_answers_costs_its_own_rules_only(
    fault: dict[str, Any], serving: StandInProcess, calm: Outcome
) -> None:
    answers = [{**fault, "times": FOR_GOOD, "path": "*/auditingSettings"}]
    outcome = await scanned(serving, {"answers": answers})
    assert outcome.scan.status is ScanStatus.PARTIAL
    scanner = SCANNERS.of(ScanRequest(scan_type=ScanType.FULL))
    assert scanner is not None
    dependent = {rule.rule_id for rule in scanner.rules() if AUDITING in rule.reads}
    before, after = ({one.rule_id: one for one in each.ledger.rules} for each in (calm, outcome))
    assert {rule for rule in after if after[rule] != before[rule]} == dependent
    assert all(after[rule].errors for rule in dependent)
    assert {key for key in calm.subjects() if key[0] not in dependent} == {
        key for key in outcome.subjects() if key[0] not in dependent
    }
    (row,) = [
        one
        for one in outcome.ledger.resource_types
        if one.type == AUDITING and one.status is not CoverageStatus.READ
    ]
    assert row.reason and "auditingSettings" in row.reason


async def test_a_subscription_that_may_not_be_read_is_named_and_the_other_is_whole(
    serving: StandInProcess, calm: Outcome
) -> None:
    await serving.fail({"deny": {"subscriptions": [SANDBOX]}})
    async with in_process(serving, scanners=SCANNERS) as engine:
        outcome = await engine.scan(ScanType.FULL, subscriptions=(COMPANY, SANDBOX))
    by_id = {one.subscription_id: one for one in outcome.ledger.subscriptions}
    assert by_id[SANDBOX].status is CoverageStatus.DENIED and by_id[SANDBOX].reason
    assert not any(SANDBOX in key[1] for key in outcome.subjects())
    own = {key for key in calm.subjects() if SANDBOX not in key[1]}
    assert outcome.subjects() == own
    errors = {one.rule_id: one.errors for one in outcome.ledger.rules}
    assert errors["storage.min_tls"] >= 1, "a rule could not look in the refused subscription"


@pytest.mark.slow
async def test_a_thousand_vaults_on_one_page(tmp_path: Path) -> None:
    vaults = []
    for number in range(1_000):
        name = f"kv-{number:04d}"
        identity = f"/subscriptions/{COMPANY}/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/{name}"
        vaults.append(
            {
                "id": identity,
                "name": name,
                "type": "Microsoft.KeyVault/vaults",
                "location": "westeurope",
                "properties": {
                    "vaultUri": f"https://{name}.vault.azure.net/",
                    "enableRbacAuthorization": True,
                    "networkAcls": {"defaultAction": "Allow"},
                },
            }
        )
        secret = f"{identity}/secrets/token"
        kind = "Microsoft.KeyVault/vaults/secrets"
        attributes = {"enabled": True, "created": 1_700_000_000, "updated": 1_700_000_000}
        vaults.append({"id": secret, "name": "token", "type": kind, "properties": {"attributes": attributes}})
    estate = tmp_path / "estate.jsonl"
    estate.write_text("\n".join(map(json.dumps, vaults)) + "\n")
    with StandInProcess(estate) as serving:
        await serving.fail({})
        async with in_process(serving, scanners=SCANNERS) as engine:
            outcome = await engine.scan(ScanType.CREDENTIALS_ONLY)
    assert not outcome.failures
    assert sum(one.observation.rule_id == "keyvault.secret_expiry_rbac" for one in outcome.findings) == 1_000
