"""Lists of which a missing permission hides a part: what is known is kept, the gap has a name."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.adapters.memory.reads import MemoryAzureReads
from shared.domain.coverage import CoverageStatus
from shared.domain.plan_record import Reading
from shared.domain.reading import SUBSCRIPTION_TYPE
from shared.ports.errors import InventoryDeniedError, InventoryError
from shared.rules.base import RuleStatus
from shared.rules.packs.keyvault import key_expiry_rbac, key_rotation
from shared.rules.packs.rbac import privileged_credential
from shared.scanners.base import Focus
from shared.scanners.collectors.authorization import AuthorizationCollector
from shared.scanners.collectors.key_vault import KEYS, VAULT_TYPE, KeyVaultCollector
from shared.scanners.details import DetailOrder
from shared.scanners.estate import EstateScanner
from shared.scanners.needs import PermissionKind, needs_of

SUB = "11111111-2222-3333-4444-555555555555"
ROOT = f"/subscriptions/{SUB}"
VAULT = f"{ROOT}/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv"
URI = "https://kv.vault.azure.net"
AUTHORIZATION = f"{ROOT}/providers/Microsoft.Authorization"
OWNER = f"{AUTHORIZATION}/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
WORKLOAD = "22222222-2222-4222-8222-222222222222"
REFUSED = InventoryDeniedError("403 ForbiddenByRbac", status=403, code="Forbidden")
VAULT_ROW = {
    "id": VAULT,
    "name": "kv",
    "type": VAULT_TYPE,
    "subscriptionId": SUB,
    "properties": {"vaultUri": URI, "enableRbacAuthorization": True},
}


def principals(**shown: Any) -> dict[str, Any]:
    """Answers for one service principal that owns the subscription."""
    assigned = {
        "id": f"{AUTHORIZATION}/roleAssignments/a",
        "name": "a",
        "properties": {
            "roleDefinitionId": OWNER,
            "principalId": WORKLOAD,
            "principalType": "ServicePrincipal",
            "scope": ROOT,
        },
    }
    kind = "#microsoft.graph.servicePrincipal"
    return {
        f"{AUTHORIZATION}/roleAssignments".lower(): [assigned],
        "/directoryobjects/getbyids": [{"@odata.type": kind, "id": WORKLOAD, **shown}],
    }


async def judged(rule: Any, row: dict[str, Any], collectors: Any, answers: dict[str, Any]) -> Any:
    """How often a rule said what of one row and what lies below it, and how the list was read."""
    scanner = EstateScanner(["all"], resource_rules=[rule], collectors=collectors)
    collected = scanner.collect([row], Focus())
    details = await scanner.read_details(scanner.details([row], Focus()), Focus(), MemoryAzureReads(answers))
    known = [*collected.projections.get(SUB, []), *details.projections.get(SUB, [])]
    at = datetime(2026, 6, 1, tzinfo=UTC)
    related = scanner.relate(SUB, known, Focus(), details.types, as_of=at)
    return related.outcomes[rule.metadata.rule_id].tally, details


async def test_a_service_principal_that_graph_hides_is_not_one_without_credentials() -> None:
    row = {"id": ROOT, "type": SUBSCRIPTION_TYPE, "properties": {}}
    tally, details = await judged(privileged_credential.RULE, row, (AuthorizationCollector(),), principals())
    assert tally == {RuleStatus.ERROR: 1}
    (failure,) = details.failures
    assert "graph:Application.Read.All" in failure.reason
    (row_of_type,) = [one for one in details.types if one.type == "graph/principals"]
    assert row_of_type.status is CoverageStatus.DENIED


async def test_a_service_principal_that_graph_shows_is_judged() -> None:
    row = {"id": ROOT, "type": SUBSCRIPTION_TYPE, "properties": {}}
    shown = principals(appId="app", servicePrincipalType="Legacy", passwordCredentials=[], keyCredentials=[])
    tally, details = await judged(privileged_credential.RULE, row, (AuthorizationCollector(),), shown)
    assert tally == {RuleStatus.PASS: 1}
    assert not details.failures


@pytest.mark.parametrize(
    ("rule", "expected"),
    [(key_rotation.RULE, RuleStatus.ERROR), (key_expiry_rbac.RULE, RuleStatus.FAIL)],
)
async def test_refused_rotation_policies_cost_their_rule_alone(rule: Any, expected: RuleStatus) -> None:
    listed = [{"kid": f"{URI}/keys/one", "attributes": {"enabled": True}}]
    answers = {f"{URI}/keys": listed, f"{URI}/keys/one/rotationpolicy": REFUSED}
    tally, details = await judged(rule, VAULT_ROW, (KeyVaultCollector(),), answers)
    assert tally == {expected: 1}
    (failure,) = details.failures
    assert "data:Microsoft.KeyVault/vaults/keyrotationpolicies/read" in failure.reason


async def test_on_the_last_try_a_list_that_does_not_answer_is_one_gap() -> None:
    scanner = EstateScanner(["all"], resource_rules=[key_rotation.RULE], collectors=(KeyVaultCollector(),))
    orders = [_order("kv"), _order("other")]
    out = InventoryError("503 ServerTimeout", status=503, code="ServerTimeout", transient=True)
    reads = MemoryAzureReads({f"{URI}/keys": [], "https://other.vault.azure.net/keys": out})
    with pytest.raises(InventoryError, match="503"):
        await scanner.read_details(orders, Focus(), reads)
    found = await scanner.read_details(orders, Focus(), reads, last=True)
    assert [(one.read, one.failed) for one in found.types] == [(1, 1)]
    assert [one.reason for one in found.failures] == ["503 ServerTimeout"]


def _order(name: str) -> DetailOrder:
    parent = {
        "id": f"{VAULT.removesuffix('kv')}{name}",
        "type": VAULT_TYPE,
        "kind": "",
        "properties": {"vaultUri": f"https://{name}.vault.azure.net"},
    }
    return DetailOrder("key-vault", (KEYS,), SUB, parent)


def test_a_permission_is_named_once_however_it_is_spelled() -> None:
    reading = Reading(types=("a.b/c", "a.b/c/d"), directory_types=(), derived={"a.b/c/d": ("a.b/c",)})

    class Below(KeyVaultCollector):
        types = ("a.b/c/d",)
        permissions = {"a.b/c/d": ("A.B/C/read",)}  # type: ignore[assignment]  # noqa: RUF012

    found = [one for one in needs_of(reading, (Below(),), ()) if one.types]
    assert [(one.kind, one.name, one.types) for one in found] == [
        (PermissionKind.ACTION, "A.B/C/read", ("a.b/c", "a.b/c/d"))
    ]
