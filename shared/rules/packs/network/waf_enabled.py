"""`network.appgw.waf_enabled`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import all_of, any_of, is_one_of, is_set, is_true
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="network.appgw.waf_enabled",
        title="Application Gateway has a WAF",
        finding_title="Application Gateway without a web application firewall",
        description=(
            "An application gateway has no web application firewall: its tier has none, or neither a WAF "
            "policy nor an enabled WAF configuration is set on it."
        ),
        severity=Severity.HIGH,
        risk_score=75,
        resource_type="APPLICATION_GATEWAY",
        reads=("microsoft.network/applicationgateways",),
        references=(
            "https://learn.microsoft.com/azure/web-application-firewall/ag/ag-overview",
            "https://learn.microsoft.com/rest/api/application-gateway/application-gateways/get",
        ),
        remediation_steps=(
            "Move the gateway to the tier WAF_v2",
            "Associate a WAF policy in prevention mode",
        ),
        auto_remediable=False,
    ),
    all_of(
        is_one_of("properties.sku.tier", "WAF_v2", "WAF", absent=None),
        any_of(
            is_set("properties.firewallPolicy.id"),
            is_true("properties.webApplicationFirewallConfiguration.enabled", absent=False),
        ),
    ),
)
