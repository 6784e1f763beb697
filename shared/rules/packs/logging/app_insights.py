"""`logging.app_insights`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import all_of
from shared.rules.related_rule import subscription_has

RULE = subscription_has(
    RuleMetadata(
        rule_id="logging.app_insights",
        title="Application Insights is in use",
        finding_title="No Application Insights in the subscription",
        description=(
            "A subscription has no Application Insights component: failures and misuse of its applications "
            "are not measured there. Suppress the finding where another subscription holds it, or where no "
            "application runs."
        ),
        severity=Severity.LOW,
        risk_score=25,
        resource_type="SUBSCRIPTION",
        reads=("microsoft.insights/components",),
        references=(
            "https://learn.microsoft.com/rest/api/application-insights/components/list",
            "https://learn.microsoft.com/azure/azure-monitor/app/app-insights-overview",
        ),
        remediation_steps=("Create an Application Insights component and connect the applications to it",),
        auto_remediable=False,
    ),
    all_of(),
    "has no Application Insights component",
)
