"""With any one permission taken away a full scan ends `partial` and names it; the rest is as it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from shared.domain.coverage import CoverageStatus, RuleCoverage
from shared.domain.scan import ScanRequest, ScanStatus, ScanType
from shared.exposure.network import NETWORK_TYPES
from shared.frameworks.registry import rules_of
from shared.scanners.base import Scanner
from shared.scanners.collectors import registered
from shared.scanners.needs import Need, PermissionKind
from shared.scanners.network_details import NETWORK_DETAIL_TYPES
from shared.scanners.registry import BuiltScanners
from tests.e2e.in_process import Outcome, in_process
from tests.e2e.one_of_each import write_one_of_each
from tests.e2e.stand_in import StandInProcess

pytestmark = pytest.mark.local_stack

SCANNERS = BuiltScanners(rules_of_framework=rules_of, opted_in=True)


def _full() -> Scanner:
    found = SCANNERS.of(ScanRequest(scan_type=ScanType.FULL))
    assert found is not None
    return found


FULL = _full()
COLLECTED = frozenset(kind for one in registered() for kind in one.types)
NEEDS = {f"{one.kind}:{one.name}": one for one in FULL.needs() if one.types}
NETWORK_FACTS = {*NETWORK_TYPES, *NETWORK_DETAIL_TYPES}
"""Without one of these a way in is still told, as unverified."""
OF_COLLECTORS = {name for name, need in NEEDS.items() if COLLECTED & set(need.types)}
SOME_LISTINGS = {
    f"action:microsoft.{kind}/read"
    for kind in (
        "compute/virtualmachines",
        "keyvault/vaults",
        "network/networksecuritygroups",
        "security/assessments",
        "storage/storageaccounts",
        "web/sites",
    )
}
POLICIES = {
    "Microsoft.KeyVault/vaults/keys/read": "keys/list",
    "Microsoft.KeyVault/vaults/keyrotationpolicies/read": "keys/getrotationpolicy",
    "Microsoft.KeyVault/vaults/secrets/readMetadata/action": "secrets/list",
    "Microsoft.KeyVault/vaults/certificates/read": "certificates/list",
}
"""Data action -> what opens the same in vaults with access policies."""


def least() -> dict[str, Any]:
    """Exactly the permissions that a full scan is said to need."""
    granted: dict[PermissionKind, list[str]] = {kind: [] for kind in PermissionKind}
    for need in FULL.needs():
        granted[need.kind].append(need.name)
    return {
        "allow_actions": granted[PermissionKind.ACTION],
        "allow_data_actions": granted[PermissionKind.DATA_ACTION],
        "allow_graph_permissions": granted[PermissionKind.GRAPH],
    }


def without(need: Need) -> dict[str, Any]:
    """The faults document that takes one permission away."""
    members = {
        PermissionKind.ACTION: {"actions": [need.name]},
        PermissionKind.DATA_ACTION: {
            "data_actions": [need.name],
            "access_policies": [POLICIES.get(need.name, "keys/list")],
        },
        PermissionKind.GRAPH: {"graph_permissions": [need.name]},
    }
    return {**least(), "deny": members[need.kind]}


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandInProcess]:
    types = [kind for listing in FULL.listings for kind in listing.types]
    with StandInProcess(write_one_of_each(tmp_path_factory.mktemp("all") / "estate.jsonl", types)) as made:
        yield made


async def scanned(serving: StandInProcess, faults: Mapping[str, Any]) -> Outcome:
    await serving.fail(faults)
    async with in_process(serving, scanners=SCANNERS) as engine:
        outcome = await engine.scan(ScanType.FULL)
        assert engine.dead == 0, "a missing permission is final: nothing is tried again and again"
        return outcome


_WHOLE: list[Outcome] = []


@pytest.fixture
async def whole(serving: StandInProcess) -> Outcome:
    """What a scan says that may read everything; made once."""
    if not _WHOLE:
        _WHOLE.append(await scanned(serving, {}))
    return _WHOLE[0]


def rows(outcome: Outcome) -> dict[str, RuleCoverage]:
    """Each rule's counts, and whether it names a reason: its words are not compared."""
    return {
        one.rule_id: one.model_copy(update={"reason": one.reason and "a reason"})
        for one in outcome.ledger.rules
    }


def told(outcome: Outcome, rule_id: str) -> dict[tuple[str, str], tuple[str, bool]]:
    """A rule's findings: subject and discriminator -> severity, and whether it calls itself unverified."""
    observed = [one.observation for one in outcome.findings if one.observation.rule_id == rule_id]
    return {
        (one.resource_id, one.discriminator): (
            one.severity.value,
            one.evidence.get("verdict") == "unverified",
        )
        for one in observed
    }


def weaker(after: Mapping[Any, tuple[str, bool]], before: Mapping[Any, tuple[str, bool]]) -> set[Any]:
    """Findings that differ otherwise than by calling themselves unverified."""
    return {one for one in after if after[one] != before.get(one) and not after[one][1]}


async def test_the_least_permissions_are_enough(serving: StandInProcess, whole: Outcome) -> None:
    outcome = await scanned(serving, least())
    assert rows(outcome) == rows(whole)
    assert outcome.subjects() == whole.subjects()


@pytest.mark.parametrize("name", sorted({*OF_COLLECTORS, *SOME_LISTINGS}))
async def test_without_one_permission(name: str, serving: StandInProcess, whole: Outcome) -> None:
    await check_without(NEEDS[name], serving, whole)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(NEEDS.keys() - OF_COLLECTORS - SOME_LISTINGS))
async def test_without_the_permission_of_a_listing(
    name: str, serving: StandInProcess, whole: Outcome
) -> None:
    await check_without(NEEDS[name], serving, whole)


async def check_without(need: Need, serving: StandInProcess, whole: Outcome) -> None:
    """A scan without one permission, beside the one that has them all."""
    outcome = await scanned(serving, without(need))
    assert outcome.scan.status is ScanStatus.PARTIAL
    before, after = rows(whole), rows(outcome)
    assert before.keys() == after.keys()
    blind = {rule for rule in after if after[rule] != before[rule]}
    silent = {rule for rule in blind if not after[rule].errors and after[rule].reason is None}
    assert not silent, "what could not be read is an error, or a doubt beside what was found"
    assert all(after[rule].passed <= before[rule].passed for rule in blind), "unread is never clean"
    named = set(need.rules) or after.keys()
    assert blind <= named, sorted(blind - named)
    assert blind or not need.rules
    ways_in = set(need.types) & NETWORK_FACTS
    for rule in after:
        still, once = told(outcome, rule), told(whole, rule)
        if ways_in:
            assert not weaker(still, once), rule
        else:
            assert still.keys() <= once.keys(), rule
        if rule not in blind:
            assert once.keys() <= still.keys(), rule
            assert ways_in or still == once, rule
    lacking = [
        one
        for one in outcome.ledger.resource_types
        if one.type in need.types and one.status is not CoverageStatus.READ
    ]
    assert lacking, "the ledger does not say what was not read"
    assert any(need.name.lower() in (one.reason or "").lower() for one in lacking), [
        one.reason for one in lacking
    ]


def test_every_collector_is_asked() -> None:
    asked = {kind for need in NEEDS.values() for kind in need.types}
    assert asked >= COLLECTED
