"""`network.waf.request_body_check`.

Request body inspection is on unless the policy turns it off (Microsoft Learn, "WAF request size limits").
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_true
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="network.waf.request_body_check",
        title="WAF policy inspects request bodies",
        finding_title="WAF policy does not inspect request bodies",
        description=(
            "A web application firewall policy does not inspect request bodies, so attacks in posted data"
            " pass unseen."
        ),
        severity=Severity.MEDIUM,
        risk_score=55,
        resource_type="WAF_POLICY",
        reads=("microsoft.network/applicationgatewaywebapplicationfirewallpolicies",),
        references=(
            "https://learn.microsoft.com/azure/web-application-firewall/ag/application-gateway-waf-request-size-limits",
            "https://learn.microsoft.com/rest/api/application-gateway/web-application-firewall-policies/get",
        ),
        remediation_steps=("Turn on request body inspection in the policy's settings",),
        auto_remediable=False,
    ),
    is_true("properties.policySettings.requestBodyCheck", absent=True),
)
