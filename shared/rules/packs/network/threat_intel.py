"""`network.firewall.threat_intel`."""

from __future__ import annotations

from typing import Final

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.columns import ColumnError, text_at
from shared.rules.expectations import is_one_of
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import RelatedRule
from shared.rules.resources import ResourceColumns, SubscriptionResources
from shared.rules.sentences import sentence

_FIREWALLS: Final = "microsoft.network/azurefirewalls"
_POLICIES: Final = "microsoft.network/firewallpolicies"
_POLICY: Final = "properties.firewallPolicy.id"
_DENIES: Final = is_one_of("properties.threatIntelMode", "Deny", absent="Alert")
"""Alert is what Azure does unless told otherwise (Microsoft Learn, "Threat intelligence-based filtering")."""


def _judge(metadata: RuleMetadata, firewall: ResourceColumns, resources: SubscriptionResources) -> RuleResult:
    """The policy decides where the firewall has one; its own mode is for classic rules."""
    decider, policy = firewall, text_at(firewall.columns, _POLICY)
    if policy is not None:
        found = resources.find(_POLICIES, policy)
        if found is None:
            raise ColumnError(f"{_POLICY}: {policy} was not read in this subscription")
        decider = found
    verdict = _DENIES.judge(decider.columns)
    if verdict.status is RuleStatus.PASS:
        return judged(metadata, firewall.id, ())
    said = sentence(metadata.finding_title, verdict.words, _DENIES.paths)
    words = f"{firewall.name}: {said}" + (f" by policy {decider.name}" if policy else "")
    evidence = {"decided_by": decider.id}
    return judged(metadata, firewall.id, [resource_finding(metadata, firewall.id, words, evidence)])


RULE = RelatedRule(
    RuleMetadata(
        rule_id="network.firewall.threat_intel",
        title="Azure Firewall denies known-bad traffic",
        finding_title="Azure Firewall lets known-bad traffic pass",
        description=(
            "A firewall, or the policy that it follows, only reports traffic from and to addresses and "
            "domains that are known to be malicious, or does not look at all."
        ),
        severity=Severity.MEDIUM,
        risk_score=55,
        resource_type="AZURE_FIREWALL",
        reads=(_FIREWALLS, _POLICIES),
        references=(
            "https://learn.microsoft.com/azure/firewall/threat-intel",
            "https://learn.microsoft.com/rest/api/virtualnetwork/firewall-policies/get",
        ),
        remediation_steps=("Set threat intelligence to Alert and deny in the policy, or in the firewall",),
        auto_remediable=False,
    ),
    {_FIREWALLS: ("properties.threatIntelMode", _POLICY), _POLICIES: ("properties.threatIntelMode",)},
    _judge,
)
