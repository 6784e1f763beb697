"""One planted path of every kind, and what must not be one. Expectations come from Azure's documentation."""

from __future__ import annotations

from typing import Any

import pytest

from shared.attack_paths.analysis import Analysis, find_paths
from shared.domain.attack_path import AttackPath, StepKind
from shared.domain.exposure import Verdict
from shared.domain.severity import Severity
from tests.unit.attack_paths import estates as e
from tests.unit.rules.corpus import estate_of

ME, GROUP, OTHER = e.guid(1), e.guid(2), e.guid(3)
ACCOUNT = e.arm_id("Microsoft.Storage/storageAccounts", "stdata")
VAULT = e.arm_id("Microsoft.KeyVault/vaults", "kv")


def analysed(rows: list[e.Row], **unread: Any) -> Analysis:
    return find_paths(estate_of([e.network(), *rows], **unread))


def to(analysis: Analysis, target: str) -> AttackPath:
    [path] = [one for one in analysis.paths if one.target == target]
    return path


def kinds(path: AttackPath) -> list[StepKind]:
    return [step.kind for step in path.steps]


def targets(analysis: Analysis) -> set[str]:
    return {path.target for path in analysis.paths}


DIRECT = [StepKind.REACHES, StepKind.RUNS_AS, StepKind.HOLDS_ROLE, StepKind.MAY]


def test_machine_with_owner_rules_the_subscription_and_every_store() -> None:
    rows = [*e.machine("vm", object_id=ME), e.storage("stdata"), e.vault("kv"), e.assignment(1, e.OWNER, ME)]
    found = analysed(rows)
    assert targets(found) == {e.SCOPE, ACCOUNT, VAULT}
    path = to(found, e.SCOPE)
    assert kinds(path) == DIRECT
    assert (path.verdict, path.severity, path.impact) == (Verdict.EXPOSED, Severity.CRITICAL, 100)
    assert path.entry_point == e.arm_id("Microsoft.Network/publicIPAddresses", "vm-publicIPAddresses")
    assert path.workload == e.arm_id("Microsoft.Compute/virtualMachines", "vm")
    nsg = e.arm_id("Microsoft.Network/networkSecurityGroups", "vm-networkSecurityGroups")
    assert [step.fact for step in path.steps[:3]] == [
        f"{nsg}#allow-22",
        e.arm_id("Microsoft.Compute/virtualMachines", "vm"),
        f"{e.SCOPE}/providers/Microsoft.Authorization/roleAssignments/{e.guid(1)}",
    ]
    assert path.steps[2].words == "Identity of vm is Owner at the subscription"
    assert found.paths[0] == path
    assert (found.summary.found, found.summary.kept, found.summary.omitted) == (3, 3, 0)


@pytest.mark.parametrize(
    ("scope", "reached"),
    [
        ("/", True),
        ("/providers/Microsoft.Management/managementGroups/root", True),
        (e.SCOPE, True),
        (e.group_scope("RG"), True),
        (e.group_scope("other"), False),
        (ACCOUNT.upper(), True),
        (f"{ACCOUNT}/blobServices/default/containers/one", True),
        (f"{ACCOUNT}2", False),
    ],
)
def test_scopes(scope: str, reached: bool) -> None:
    rows = [*e.app("web", object_id=ME), e.storage("stdata"), e.assignment(1, e.BLOB_READER, ME, scope)]
    assert (ACCOUNT in targets(analysed(rows))) is reached


def test_contributor_manages_but_may_not_read_secrets_that_roles_guard() -> None:
    rows = [*e.machine("vm", object_id=ME), e.vault("kv"), e.assignment(1, e.CONTRIBUTOR, ME)]
    assert targets(analysed(rows)) == {e.SCOPE}
    by_policies = [*rows[:-2], e.vault("kv", rbac=False), rows[-1]]
    path = to(analysed(by_policies), VAULT)
    assert path.steps[-1].words == "Contributor may give itself an access policy: key vault kv"


def test_reader_opens_nothing() -> None:
    rows = [*e.machine("vm", object_id=ME), e.storage("stdata"), e.vault("kv"), e.assignment(1, e.READER, ME)]
    assert analysed(rows).paths == ()


def test_through_a_group() -> None:
    rows = [
        *e.app("web", object_id=ME),
        e.vault("kv"),
        e.principal(GROUP, members=[ME], name="Readers"),
        e.assignment(1, e.SECRETS_USER, GROUP, VAULT, kind="Group"),
    ]
    path = to(analysed(rows), VAULT)
    assert kinds(path) == [*DIRECT[:2], StepKind.MEMBER_OF, *DIRECT[2:]]
    assert path.verdict is Verdict.EXPOSED
    assert path.steps[2].words == "Identity of web is a member of group Readers"
    assert path.steps[2].target == path.steps[3].source == GROUP


def test_custom_role_with_wildcards_and_what_it_takes_out() -> None:
    may = {
        "actions": ["Microsoft.Storage/*"],
        "notActions": ["microsoft.storage/storageaccounts/listkeys/ACTION"],
    }
    rows = [*e.app("web", object_id=ME), e.storage("stdata"), e.assignment(1, e.CUSTOM, ME)]
    accounts = e.storage("stdata", allowSharedKeyAccess=False)
    assert ACCOUNT in targets(
        analysed([*rows, e.custom_role(e.CUSTOM, {"actions": ["Microsoft.Storage/*"]})])
    )
    # listAccountSas is left, which gives away the same
    assert ACCOUNT in targets(analysed([*rows, e.custom_role(e.CUSTOM, may)]))
    more = {**may, "notActions": [*may["notActions"], "*/listAccountSas/action"]}
    assert analysed([*rows, e.custom_role(e.CUSTOM, more)]).paths == ()
    again = [{**may, **more}, {"actions": ["Microsoft.Storage/storageAccounts/listKeys/action"]}]
    assert ACCOUNT in targets(analysed([*rows, e.custom_role(e.CUSTOM, *again)]))
    assert analysed([*rows[:1], accounts, rows[2], e.custom_role(e.CUSTOM, may)]).paths == ()
    data = {"dataActions": ["*"], "notDataActions": ["Microsoft.Storage/storageAccounts/*/read"]}
    assert analysed([*rows, e.custom_role(e.CUSTOM, data)]).paths == ()


def test_roles_that_could_not_be_read_are_unverified_and_not_left_out() -> None:
    rows = [*e.app("web", object_id=ME), e.storage("stdata"), e.assignment(1, e.CUSTOM, ME)]
    found = analysed(rows, incomplete={"microsoft.authorization/roledefinitions": "needs X"})
    path = to(found, ACCOUNT)
    assert (path.verdict, path.steps[-1].verdict) == (Verdict.UNVERIFIED, Verdict.UNVERIFIED)
    assert "needs X" in (path.steps[-1].note or "")
    assert all(step.verdict is Verdict.EXPOSED for step in path.steps[:-1])
    assert to(found, e.SCOPE).verdict is Verdict.UNVERIFIED


def test_groups_whose_members_could_not_be_read_are_unverified() -> None:
    rows = [
        *e.app("web", object_id=ME),
        e.vault("kv"),
        e.assignment(1, e.SECRETS_USER, GROUP, VAULT, kind="Group"),
    ]
    path = to(analysed(rows, incomplete={"graph/principals": "needs User.Read.All"}), VAULT)
    assert path.verdict is Verdict.UNVERIFIED
    member = path.steps[2]
    assert (member.kind, member.verdict) == (StepKind.MEMBER_OF, Verdict.UNVERIFIED)
    assert "User.Read.All" in (member.note or "")
    sure = [*rows, e.assignment(2, e.SECRETS_USER, ME, VAULT)]
    assert to(analysed(sure, incomplete={"graph/principals": "x"}), VAULT).verdict is Verdict.EXPOSED


def test_a_group_that_is_no_more_has_no_members() -> None:
    gone = e.row(f"/tenants/-/principals/{GROUP}", "graph/principals", {"exists": False})
    rows = [*e.app("web", object_id=ME), e.assignment(1, e.OWNER, GROUP, kind="Group"), gone]
    assert analysed(rows).paths == ()


def test_assignments_that_could_not_be_read() -> None:
    found = analysed(
        [*e.app("web", object_id=ME)], incomplete={"microsoft.authorization/roleassignments": "refused"}
    )
    path = to(found, e.SCOPE)
    assert (path.verdict, kinds(path)) == (Verdict.UNVERIFIED, [*DIRECT[:2], StepKind.MAY])
    assert "refused" in (path.steps[-1].note or "")


def test_identity_without_an_object_id_is_looked_up_or_unverified() -> None:
    assigned = e.arm_id("Microsoft.ManagedIdentity/userAssignedIdentities", "uai")
    identity = {"type": "UserAssigned", "userAssignedIdentities": {assigned: {}}}
    rows = [*e.machine("vm", identity=identity), e.vault("kv"), e.assignment(1, e.SECRETS_USER, ME)]
    path = to(analysed(rows), e.SCOPE)
    assert path.verdict is Verdict.UNVERIFIED
    kind = "Microsoft.ManagedIdentity/userAssignedIdentities"
    known = e.row(assigned, kind, {"principalId": ME.upper()})
    path = to(analysed([*rows, known]), VAULT)
    assert (path.verdict, path.steps[1].fact) == (Verdict.EXPOSED, assigned)


def test_condition_makes_it_possible() -> None:
    rows = [
        *e.app("web", object_id=ME),
        e.storage("stdata"),
        e.assignment(1, e.BLOB_READER, ME, condition="@Resource[x] StringEquals 'y'"),
    ]
    path = to(analysed(rows), ACCOUNT)
    assert (path.verdict, path.steps[2].verdict) == (Verdict.POSSIBLE, Verdict.POSSIBLE)
    assert "condition" in (path.steps[2].note or "")


def test_over_another_machine() -> None:
    rows = [
        *e.machine("front", object_id=ME),
        *e.machine("back", object_id=OTHER, port=None, number=2, group="inner"),
        e.vault("kv"),
        e.assignment(1, e.VM_CONTRIBUTOR, ME, e.group_scope("inner")),
        e.assignment(2, e.SECRETS_USER, OTHER, VAULT),
    ]
    path = to(analysed(rows), VAULT)
    assert path.steps[2].words.endswith("at resource group inner")
    assert path.steps[5].words.endswith("at kv")
    assert kinds(path) == [*DIRECT[:3], StepKind.RUNS_CODE_ON, *DIRECT[1:]]
    assert path.verdict is Verdict.EXPOSED
    assert path.steps[3].target == e.arm_id("Microsoft.Compute/virtualMachines", "back", "inner")


def test_longer_than_eight_steps_is_no_path() -> None:
    third = e.guid(4)
    rows = [
        *e.machine("front", object_id=ME),
        *e.machine("mid", object_id=OTHER, port=None, number=2, group="two"),
        *e.machine("back", object_id=third, port=None, number=3, group="three"),
        e.vault("kv"),
        e.assignment(1, e.VM_CONTRIBUTOR, ME, e.group_scope("two")),
        e.assignment(2, e.VM_CONTRIBUTOR, OTHER, e.group_scope("three")),
        e.assignment(3, e.SECRETS_USER, third, VAULT),
    ]
    assert analysed(rows).paths == ()


def test_access_policies() -> None:
    open_vault = e.vault("kv", rbac=False, policies=[e.policy(ME)])
    path = to(analysed([*e.app("web", object_id=ME), open_vault]), VAULT)
    assert kinds(path) == [*DIRECT[:2], StepKind.MAY]
    assert path.steps[-1].fact == VAULT
    ignored = e.vault("kv", rbac=True, policies=[e.policy(ME)])
    assert analysed([*e.app("web", object_id=ME), ignored]).paths == ()
    listing = e.vault("kv", rbac=False, policies=[e.policy(ME, secrets=["list"], keys=["get"])])
    assert analysed([*e.app("web", object_id=ME), listing]).paths == ()


def test_settings_that_refer_to_a_vault() -> None:
    site = e.arm_id("Microsoft.Web/sites", "web")
    kind = "Microsoft.Web/sites/config/configreferences/appsettings"
    properties = {"vaultName": "KV", "secretName": "s", "status": "Resolved"}
    reference = e.row(f"{site}/config/configreferences/appsettings/KEY", kind, properties)
    path = to(analysed([*e.app("web", object_id=ME), e.vault("kv"), reference]), VAULT)
    assert kinds(path) == [StepKind.REACHES, StepKind.USES_SECRET]
    assert (path.verdict, path.steps[-1].fact) == (Verdict.EXPOSED, reference["id"])


def test_stores_that_keep_the_caller_out() -> None:
    def reached(**properties: Any) -> AttackPath | None:
        rows = [*e.machine("vm", object_id=ME), e.assignment(1, e.BLOB_READER, ME)]
        found = analysed([*rows, e.storage("stdata", **properties)])
        return next((one for one in found.paths if one.target == ACCOUNT), None)

    assert reached(publicNetworkAccess="Disabled") is None
    assert reached(networkAcls={"defaultAction": "Deny"}) is None
    admitted = {"defaultAction": "Deny", "virtualNetworkRules": [{"id": e.subnet_id().upper()}]}
    path = reached(networkAcls=admitted)
    assert path is not None and path.verdict is Verdict.EXPOSED
    elsewhere = {"defaultAction": "Deny", "virtualNetworkRules": [{"id": e.subnet_id("other")}]}
    path = reached(networkAcls=elsewhere)
    assert path is not None and path.verdict is Verdict.POSSIBLE
    private = [{"properties": {"privateEndpoint": {"id": "/x"}}}]
    path = reached(publicNetworkAccess="Disabled", privateEndpointConnections=private)
    assert path is not None and path.verdict is Verdict.POSSIBLE
    assert "private endpoints" in (path.steps[-1].note or "")


def test_who_may_write_a_store_opens_its_network() -> None:
    closed = e.storage("stdata", publicNetworkAccess="Disabled")
    rows = [*e.machine("vm", object_id=ME), closed, e.assignment(1, e.CONTRIBUTOR, ME)]
    assert to(analysed(rows), ACCOUNT).verdict is Verdict.EXPOSED


def test_public_container_is_a_path_of_its_own() -> None:
    account = e.storage("stdata", allowBlobPublicAccess=True)
    found = analysed([account, e.container("stdata", "web", "Blob")])
    path = to(found, ACCOUNT)
    assert kinds(path) == [StepKind.REACHES, StepKind.READS_ANONYMOUSLY]
    assert (path.entry_point, path.target, path.verdict) == (ACCOUNT, ACCOUNT, Verdict.EXPOSED)
    assert analysed([account, e.container("stdata", "web")]).paths == ()
    assert analysed([e.storage("stdata"), e.container("stdata", "web", "Blob")]).paths == ()
    unread = [
        {"type": "microsoft.storage/storageaccounts/blobservices/containers", "of": ACCOUNT, "reason": "no"}
    ]
    assert to(analysed([account], unread=unread), ACCOUNT).verdict is Verdict.UNVERIFIED


def test_a_store_not_understood_is_unverified() -> None:
    odd = e.storage("stdata", networkAcls={"defaultAction": "Perhaps"})
    rows = [*e.app("web", object_id=ME), odd, e.assignment(1, e.BLOB_READER, ME)]
    path = to(analysed(rows), ACCOUNT)
    assert (path.verdict, path.steps[-1].verdict) == (Verdict.UNVERIFIED, Verdict.UNVERIFIED)


def test_what_the_internet_does_not_reach_is_no_entry() -> None:
    rows = [*e.machine("vm", object_id=ME, port=None), e.storage("stdata"), e.assignment(1, e.OWNER, ME)]
    assert analysed(rows).paths == ()


def test_order_and_limits() -> None:
    accounts = [e.storage(f"st{number:03d}") for number in range(60)]
    rows = [*e.machine("vm", object_id=ME), *accounts, e.assignment(1, e.CONTRIBUTOR, ME)]
    found = analysed(rows)
    assert (found.summary.found, found.summary.kept) == (61, 50)
    assert [path.score for path in found.paths] == sorted((path.score for path in found.paths), reverse=True)
    few = find_paths(estate_of([e.network(), *rows]), most=3)
    assert [path.target for path in few.paths] == [e.SCOPE, accounts[0]["id"], accounts[1]["id"]]
    again = find_paths(estate_of([e.network(), *reversed(rows)]), most=3)
    assert again.paths == few.paths


def test_names_that_tell_of_state_or_backups_weigh_more() -> None:
    rows = [
        *e.machine("vm", object_id=ME),
        e.storage("stdata"),
        e.storage("sttfstate"),
        e.assignment(1, e.BLOB_READER, ME),
    ]
    found = analysed(rows)
    assert [path.target.rsplit("/", 1)[-1] for path in found.paths] == ["sttfstate", "stdata"]
