"""`network.waf.bot_protection`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import some_entry_has
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="network.waf.bot_protection",
        title="WAF policy has bot rules",
        finding_title="WAF policy without bot protection rules",
        description=(
            "A web application firewall policy has no bot manager rule set: known malicious bots are not "
            "told from people."
        ),
        severity=Severity.MEDIUM,
        risk_score=55,
        resource_type="WAF_POLICY",
        reads=("microsoft.network/applicationgatewaywebapplicationfirewallpolicies",),
        references=(
            "https://learn.microsoft.com/azure/web-application-firewall/ag/bot-protection-overview",
            "https://learn.microsoft.com/rest/api/application-gateway/web-application-firewall-policies/get",
        ),
        remediation_steps=("Add the managed rule set Microsoft_BotManagerRuleSet to the policy",),
        auto_remediable=False,
    ),
    some_entry_has("properties.managedRules.managedRuleSets", "ruleSetType", "Microsoft_BotManagerRuleSet"),
)
