"""`network.nsg.not_attached`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from shared.domain.severity import Severity
from shared.exposure.network import SubscriptionNetwork
from shared.exposure.projection import NETWORK_TYPES, NSG_TYPE
from shared.rules.base import RuleMetadata, RuleResult, RuleScope, RuleStatus
from shared.rules.property_rule import judged, resource_finding


@dataclass(frozen=True, slots=True)
class Attached:
    """An NSG stands at a subnet or an interface, whichever side says so."""

    metadata: RuleMetadata

    def evaluate(self, subject: SubscriptionNetwork) -> Iterator[RuleResult]:
        """One result for each NSG read, and for each that could not be."""
        for key, group in subject.groups:
            found = []
            if not subject.attachment(key).attached:
                words = f"{group.id.rsplit('/', 1)[-1]} stands at no subnet and at no interface"
                found.append(
                    resource_finding(self.metadata, group.id, words, {"subnets": [], "interfaces": []})
                )
            yield judged(self.metadata, group.id, found)
        for failure in subject.unreadable:
            if failure.resource_id is not None and (failure.type or "").lower() == NSG_TYPE:
                yield RuleResult(
                    self.metadata.rule_id, failure.resource_id, RuleStatus.ERROR, reason=failure.reason
                )


RULE = Attached(
    RuleMetadata(
        rule_id="network.nsg.not_attached",
        title="NSG is attached to a subnet or interface",
        finding_title="Network security group protects nothing",
        description=(
            "A network security group is associated with no subnet and no network interface: its rules are "
            "in force nowhere, though somebody may rely on them."
        ),
        severity=Severity.LOW,
        risk_score=20,
        resource_type="NETWORK_SECURITY_GROUP",
        reads=NETWORK_TYPES,
        references=(
            "https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview",
            "https://learn.microsoft.com/rest/api/virtualnetwork/network-security-groups/get",
        ),
        remediation_steps=(
            "Associate the group with the subnets that it was written for",
            "Delete it when it was written for none",
        ),
        auto_remediable=False,
        scope=RuleScope.NETWORK,
    )
)
