"""`path.vm.privileged_identity`: machines that the internet reaches and that rule their subscription.

What a machine's identity may do, everybody may who runs code on the machine: the token is one request to
169.254.169.254 away (https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token).
"""

from __future__ import annotations

from shared.domain.finding import Observation
from shared.domain.severity import Severity
from shared.rules.access.certainty import Certainty
from shared.rules.access.entries import Entry
from shared.rules.access.grants import Hold
from shared.rules.access.privileges import control_of
from shared.rules.access.workloads import IDENTITY as USER_ASSIGNED
from shared.rules.access.workloads import MACHINE, SCALE_SET, WORKLOAD_PATHS, RunsAs
from shared.rules.base import RuleMetadata, RuleResult, RuleScope, RuleStatus
from shared.rules.estate import ACCESS_COLUMNS, ACCESS_FACTS, Estate
from shared.rules.estate_rule import EstateRule
from shared.rules.packs.crossresource._reached import MACHINE_NETWORK, as_sure, entries_to
from shared.rules.property_rule import judged, resource_finding
from shared.rules.resources import ResourceColumns


def _judge(metadata: RuleMetadata, resource: ResourceColumns, estate: Estate) -> RuleResult:
    workload = estate.workloads[resource.key]
    if not workload.identities and workload.unread is None:
        return RuleResult(metadata.rule_id, resource.id, RuleStatus.NOT_APPLICABLE)
    entries = entries_to(resource, estate)
    if not entries:
        return judged(metadata, resource.id, ())
    doubt = workload.unread or estate.grants.doubt
    findings = []
    for identity in workload.identities:
        for hold in estate.grants.of(identity.object_id):
            if hold.grant.scope != estate.id.lower():
                continue
            control = control_of(hold.grant.role)
            unread = hold.grant.role.unread or (hold.note if hold.certainty is Certainty.UNREAD else None)
            if control is not None and hold.certainty is not Certainty.UNREAD:
                findings.append(_finding(metadata, resource, identity, hold, control, entries[0]))
                break
            if unread is not None and (control is not None or hold.grant.role.unread is not None):
                doubt = doubt or unread
    return judged(metadata, resource.id, findings, doubt)


def _finding(
    metadata: RuleMetadata,
    resource: ResourceColumns,
    identity: RunsAs,
    hold: Hold,
    control: str,
    entry: Entry,
) -> Observation:
    through = "" if hold.group is None else f" through group {hold.group}"
    where = hold.assignment.where
    words = (
        f"The internet reaches {resource.name} ({entry.words}), and {identity.label} may {control}: "
        f"{hold.grant.role.name} at {where}{through}"
    )
    evidence = {
        "entry_point": entry.point,
        "decided_by": entry.fact,
        "principal_id": identity.object_id,
        "role": hold.grant.role.name,
        "scope": hold.assignment.scope,
        "assignment": hold.assignment.id,
        "note": entry.note or hold.note,
    }
    finding = resource_finding(metadata, resource.id, words, evidence, discriminator=identity.object_id)
    return as_sure(finding, max(entry.certainty, hold.certainty))


RULE = EstateRule(
    RuleMetadata(
        rule_id="path.vm.privileged_identity",
        title="No machine that the internet reaches rules the subscription",
        finding_title="Exposed machine has a privileged managed identity",
        description=(
            "Strangers can send packets to a VM or scale set whose managed identity may assign roles or "
            "change every resource of the subscription: one flaw in what listens there gives it away."
        ),
        severity=Severity.CRITICAL,
        risk_score=96,
        resource_type="VIRTUAL_MACHINE",
        reads=tuple(dict.fromkeys((MACHINE, SCALE_SET, USER_ASSIGNED, *ACCESS_COLUMNS, *MACHINE_NETWORK))),
        references=(
            "https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/overview",
            "https://learn.microsoft.com/azure/role-based-access-control/best-practices",
        ),
        remediation_steps=(
            "Close the way in: remove the public address, or use Bastion",
            "Give the identity a role with what the machine does, at the resource group that it works in",
            "Remove the privileged assignment",
        ),
        auto_remediable=False,
        scope=RuleScope.ESTATE,
    ),
    {**ACCESS_COLUMNS, **{kind: WORKLOAD_PATHS[kind] for kind in (MACHINE, SCALE_SET, USER_ASSIGNED)}},
    (MACHINE, SCALE_SET),
    _judge,
    ACCESS_FACTS,
)
