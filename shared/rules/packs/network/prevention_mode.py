"""`network.waf.prevention_mode`.

A policy blocks only when it says so: a new one detects (Microsoft Learn, "WAF policy overview").
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import all_of, is_one_of
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="network.waf.prevention_mode",
        title="WAF policy blocks rather than only detects",
        finding_title="WAF policy is off or only detects",
        description=(
            "A web application firewall policy is disabled, or in detection mode, which logs attacks and "
            "lets them pass."
        ),
        severity=Severity.MEDIUM,
        risk_score=55,
        resource_type="WAF_POLICY",
        reads=("microsoft.network/applicationgatewaywebapplicationfirewallpolicies",),
        references=(
            "https://learn.microsoft.com/azure/web-application-firewall/ag/policy-overview",
            "https://learn.microsoft.com/rest/api/application-gateway/web-application-firewall-policies/get",
        ),
        remediation_steps=(
            "Tune the policy by its logs",
            "Enable the policy in prevention mode",
        ),
        auto_remediable=False,
    ),
    all_of(
        is_one_of("properties.policySettings.state", "Enabled", absent="Disabled"),
        is_one_of("properties.policySettings.mode", "Prevention", absent="Detection"),
    ),
)
