"""What is read below resources: who is asked, what a refusal means, and what rules say of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.adapters.memory.reads import MemoryAzureReads
from shared.domain.coverage import CoverageStatus
from shared.domain.reading import DIRECTORY_TYPE, SUBSCRIPTION_TYPE, Source
from shared.domain.severity import Severity
from shared.ports.errors import InventoryDeniedError, InventoryError
from shared.rules.base import RuleMetadata, RuleScope, RuleStatus
from shared.rules.child_rule import every_child, some_child
from shared.rules.expectations import is_one_of, is_true
from shared.rules.property_rule import PropertyRule
from shared.rules.related_rule import subscription_has
from shared.scanners.base import Collected, Focus, Related
from shared.scanners.collectors import registered
from shared.scanners.collectors._lists import ArmList, Ask
from shared.scanners.details import MAX_ORDERS, DetailOrder, parted
from shared.scanners.estate import EstateScanner
from shared.scanners.sources import UnknownSourceError, sources_of

SUB = "11111111-2222-3333-4444-555555555555"
TENANT = "tenant-99999999-8888-7777-6666-555555555555"
AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
SERVERS, AUDITING = "microsoft.sql/servers", "microsoft.sql/servers/auditingsettings"
VAULTS, DIAGNOSTICS = "microsoft.keyvault/vaults", "microsoft.insights/diagnosticsettings"
CONTACTS = "microsoft.security/securitycontacts"
APPS = "graph/applications"

LISTS = (
    ArmList(
        AUDITING, (SERVERS,), "/auditingSettings", "2021-11-01", "Microsoft.Sql/servers/auditingSettings/read"
    ),
    ArmList(
        DIAGNOSTICS,
        (VAULTS, SERVERS, SUBSCRIPTION_TYPE),
        "/providers/Microsoft.Insights/diagnosticSettings",
        "2021-05-01-preview",
        "Microsoft.Insights/diagnosticSettings/read",
    ),
    ArmList(
        CONTACTS,
        (SUBSCRIPTION_TYPE,),
        "/providers/Microsoft.Security/securityContacts/default",
        "2023-12-01-preview",
        "Microsoft.Security/securityContacts/read",
        Ask.OBJECT,
    ),
    ArmList(APPS, (DIRECTORY_TYPE,), "/applications", "v1.0", "graph:Application.Read.All"),
)


def metadata(rule_id: str, *reads: str, scope: RuleScope = RuleScope.RESOURCE) -> RuleMetadata:
    return RuleMetadata(
        rule_id=rule_id,
        title="Something is on",
        finding_title="Something is off",
        description="A rule for tests.",
        severity=Severity.HIGH,
        risk_score=50,
        resource_type="THING",
        reads=reads,
        references=("https://example.com",),
        remediation_steps=("Turn it on",),
        auto_remediable=False,
        scope=scope,
    )


AUDITED = every_child(
    metadata("sql.server.audited", SERVERS, AUDITING), is_one_of("properties.state", "Enabled", absent=None)
)
LOGGED = some_child(
    metadata("keyvault.vault.logged", VAULTS, DIAGNOSTICS),
    is_true("properties.audit", absent=False),
    "has no diagnostic setting for audit events",
)
REACHABLE = subscription_has(
    metadata("defender.contact.on", CONTACTS, SUBSCRIPTION_TYPE),
    is_one_of("properties.state", "On", absent="Off"),
    "has no security contact that is notified",
)
KNOWN_APP = PropertyRule(
    metadata("identity.app.known", APPS, scope=RuleScope.DIRECTORY),
    is_one_of("properties.audience", "AzureADMyOrg", absent=None),
)
RULES = (AUDITED, LOGGED, REACHABLE, KNOWN_APP)


def scanner(*rules: Any) -> EstateScanner:
    return EstateScanner(("compliance",), resource_rules=rules or RULES, collectors=LISTS)


def row(kind: str, name: str, **properties: Any) -> dict[str, Any]:
    identity = f"/subscriptions/{SUB}/resourceGroups/rg/providers/{kind}/{name}"
    return {"id": identity, "type": kind, "name": name, "properties": properties}


def scope_row(identity: str, kind: str) -> dict[str, Any]:
    return {"id": identity, "type": kind, "properties": {}}


SERVER = row("Microsoft.Sql/servers", "sql")
VAULT = row("Microsoft.KeyVault/vaults", "kv")
SUBSCRIPTION = scope_row(f"/subscriptions/{SUB}", SUBSCRIPTION_TYPE)
DIRECTORY = scope_row(f"/tenants/{TENANT.removeprefix('tenant-')}", DIRECTORY_TYPE)


def auditing(state: str) -> dict[str, Any]:
    return {
        "id": f"{SERVER['id']}/auditingSettings/default",
        "type": "whatever",
        "properties": {"state": state},
    }


async def read(
    rows: Sequence[Mapping[str, Any]], answers: Mapping[str, Any], focus: Focus | None = None
) -> tuple[Collected, Collected]:
    made = scanner()
    where = focus or Focus()
    collected = made.collect(rows, where)
    orders = [
        DetailOrder.from_json(json.loads(json.dumps(one.as_json()))) for one in made.details(rows, where)
    ]
    return collected, await made.read_details(orders, where, MemoryAzureReads(answers))


def related(*parts: Collected, scope: str = SUB) -> Related:
    projections = [one for part in parts for one in part.projections.get(scope, [])]
    asked = [one for part in parts for one in part.types if one.subscription_id == scope]
    return scanner().relate(scope, json.loads(json.dumps(projections)), Focus(), asked, as_of=AS_OF)


def said(found: Related) -> dict[str, tuple[str, str | None]]:
    """The status of rules that spoke of one resource each, and why they could not look."""
    return {
        rule_id: (status.value, outcome.reason)
        for rule_id, outcome in found.outcomes.items()
        for status in outcome.tally
    }


def test_what_is_read_is_what_the_rules_read_and_what_hangs_above_it() -> None:
    made = scanner()
    assert made.reading.types == (DIAGNOSTICS, VAULTS, SUBSCRIPTION_TYPE, CONTACTS, SERVERS, AUDITING)
    assert made.reading.directory_types == (APPS, DIRECTORY_TYPE)
    assert made.reading.derived == {
        AUDITING: (SERVERS,),
        DIAGNOSTICS: (VAULTS,),
        CONTACTS: (SUBSCRIPTION_TYPE,),
        APPS: (DIRECTORY_TYPE,),
    }
    assert [(one.source, one.types, one.directory) for one in made.listings] == [
        (Source.SCOPE, (DIRECTORY_TYPE,), True),
        (Source.RESOURCES, (VAULTS, SERVERS), False),
        (Source.SCOPE, (SUBSCRIPTION_TYPE,), False),
    ]


def test_a_list_is_read_only_below_what_a_rule_means() -> None:
    orders = scanner().details([SERVER, VAULT, SUBSCRIPTION], Focus())
    assert [(one.collector, one.parent["id"]) for one in orders] == [
        (AUDITING, SERVER["id"]),
        (DIAGNOSTICS, VAULT["id"]),
        (CONTACTS, SUBSCRIPTION["id"]),
    ]
    assert {one.scope_id for one in orders} == {SUB}


def test_nothing_is_read_below_what_was_not_asked_for_or_cannot_be_understood() -> None:
    focus = Focus(resources=frozenset({VAULT["id"].lower()}))
    broken = {"id": SERVER["id"], "type": "Microsoft.Sql/servers", "properties": None}
    assert [one.collector for one in scanner().details([SERVER, VAULT, broken, "x"], focus)] == [DIAGNOSTICS]


async def test_rules_judge_what_was_read_below() -> None:
    answers = {
        f"{SERVER['id']}/auditingSettings": [auditing("Disabled")],
        f"{VAULT['id']}/providers/Microsoft.Insights/diagnosticSettings": [],
        f"{SUBSCRIPTION['id']}/providers/Microsoft.Security/securityContacts/default": None,
    }
    found = related(*await read([SERVER, VAULT, SUBSCRIPTION], answers))
    assert said(found) == {
        "sql.server.audited": ("fail", None),
        "keyvault.vault.logged": ("fail", None),
        "defender.contact.on": ("fail", None),
    }
    by_rule = {one.rule_id: one for one in found.observations}
    assert by_rule["sql.server.audited"].resource_id == f"{SERVER['id']}/auditingSettings/default"
    assert by_rule["sql.server.audited"].evaluated_id == SERVER["id"]
    assert by_rule["keyvault.vault.logged"].description == "kv has no diagnostic setting for audit events"


async def test_a_refused_list_is_denied_in_the_ledger_and_an_error_of_its_rule_only() -> None:
    answers = {
        f"{SERVER['id']}/auditingSettings": InventoryDeniedError("403 AuthorizationFailed", status=403),
        f"{VAULT['id']}/providers/Microsoft.Insights/diagnosticSettings": [],
    }
    rows, details = await read([SERVER, VAULT], answers)
    types = {one.type: one for one in details.types}
    assert types[AUDITING].status is CoverageStatus.DENIED
    assert (types[AUDITING].asked, types[AUDITING].read, types[AUDITING].failed) == (1, 0, 1)
    assert "Microsoft.Sql/servers/auditingSettings/read" in (types[AUDITING].reason or "")
    assert types[DIAGNOSTICS].status is CoverageStatus.READ
    assert [one.type for one in details.failures] == [AUDITING]
    found = said(related(rows, details))
    assert found["sql.server.audited"][0] == "error"
    assert "AuthorizationFailed" in (found["sql.server.audited"][1] or "")
    assert found["keyvault.vault.logged"] == ("fail", None)


async def test_a_list_that_was_never_read_is_not_an_empty_one() -> None:
    rows, _ = await read([VAULT], {f"{VAULT['id']}/providers/Microsoft.Insights/diagnosticSettings": []})
    status, reason = said(related(rows))["keyvault.vault.logged"]
    assert status == "error" and "was not read" in (reason or "")


async def test_a_transient_failure_is_left_to_a_later_try() -> None:
    answers = {f"{SERVER['id']}/auditingSettings": InventoryError("503", status=503, transient=True)}
    with pytest.raises(InventoryError, match="503"):
        await read([SERVER], answers)


@pytest.mark.parametrize("entry", ["text", {"id": 7, "properties": {}}, {"id": "/x/y", "properties": None}])
async def test_an_entry_that_cannot_be_understood_makes_its_list_unread(entry: Any) -> None:
    rows, details = await read([SERVER], {f"{SERVER['id']}/auditingSettings": [auditing("Enabled"), entry]})
    assert [(one.type, one.failed) for one in details.types] == [(AUDITING, 1)]
    assert said(related(rows, details))["sql.server.audited"][0] == "error"


async def test_a_directory_is_a_scope_of_its_own() -> None:
    app = {"id": f"{DIRECTORY['id']}/applications/a", "properties": {"audience": "AzureADMultipleOrgs"}}
    rows, details = await read([DIRECTORY], {"/applications": [app]})
    assert set(details.projections) == {TENANT} and not rows.resources_read
    found = related(rows, details, scope=TENANT)
    assert said(found) == {"identity.app.known": ("fail", None)}
    [finding] = found.observations
    assert (finding.subscription_id, finding.resource_group) == (TENANT, "")


async def test_results_say_nothing_of_what_a_narrow_scan_left_out() -> None:
    focus = Focus(resource_group="rg")
    answers = {f"{VAULT['id']}/providers/Microsoft.Insights/diagnosticSettings": []}
    rows, details = await read([VAULT, SUBSCRIPTION], answers, focus)
    projections = [*rows.projections[SUB], *details.projections[SUB]]
    found = scanner().relate(SUB, projections, focus, as_of=AS_OF)
    assert [list(one.tally.elements()) for one in found.outcomes.values() if one.tally] == [[RuleStatus.FAIL]]


def test_parts_are_even_and_few() -> None:
    orders = [DetailOrder("c", ("t",), SUB, {"id": str(number)}) for number in range(MAX_ORDERS * 3 + 1)]
    parts = parted(orders, 89)
    assert [len(part) for part in parts] == [151, 151, 151, 148]
    assert [one for part in parts for one in part] == orders
    assert len(parted(orders * 100, 89)) == 89


def test_nothing_can_be_read_below_what_is_read_below() -> None:
    deeper = ArmList("a.b/c/d/e", (AUDITING,), "/e", "1", "A.B/c/d/e/read")
    with pytest.raises(UnknownSourceError, match=AUDITING):
        sources_of([("a.b/c/d/e",), (AUDITING, SERVERS)], (*LISTS, deeper))


def test_collectors_of_the_build_name_what_they_need() -> None:
    for one in registered():
        assert set(one.permissions) == set(one.types)
        assert all(one.permissions.values())
        assert all(kind == kind.lower() for kind in (*one.types, *one.parents))
