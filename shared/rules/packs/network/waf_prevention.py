"""`network.frontdoor.waf_prevention`.

A policy is enabled unless it says otherwise, and blocks only when it says so (REST reference,
`PolicySettings`: "enabledState ... Defaults to Enabled if not specified"; `mode` has no documented default).
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import all_of, is_one_of
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="network.frontdoor.waf_prevention",
        title="Front Door WAF is on and blocking",
        finding_title="Front Door WAF policy is off or only detects",
        description=(
            "A web application firewall policy of Front Door is disabled, or in detection mode, which "
            "logs attacks and lets them pass."
        ),
        severity=Severity.HIGH,
        risk_score=75,
        resource_type="FRONT_DOOR_WAF_POLICY",
        reads=("microsoft.network/frontdoorwebapplicationfirewallpolicies",),
        references=(
            "https://learn.microsoft.com/azure/web-application-firewall/afds/waf-front-door-policy-settings",
            "https://learn.microsoft.com/rest/api/frontdoorservice/webapplicationfirewall/policies/get",
        ),
        remediation_steps=(
            "Tune the policy by its logs",
            "Enable the policy in prevention mode",
        ),
        auto_remediable=False,
    ),
    all_of(
        is_one_of("properties.policySettings.enabledState", "Enabled", absent="Enabled"),
        is_one_of("properties.policySettings.mode", "Prevention", absent="Detection"),
    ),
)
