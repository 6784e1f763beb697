"""`appservice.function_app_insights`."""

from __future__ import annotations

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.packs.appservice._app_settings import APP_SETTINGS, EMPTY, INSIGHTS, settings_of
from shared.rules.packs.appservice._site_config import SETTINGS, SITE, is_function_app
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import RelatedRule
from shared.rules.resources import ResourceColumns, SubscriptionResources


def _judge(metadata: RuleMetadata, site: ResourceColumns, resources: SubscriptionResources) -> RuleResult:
    if is_function_app.judge(site.columns).status is not RuleStatus.PASS:
        return RuleResult(metadata.rule_id, site.id, RuleStatus.NOT_APPLICABLE)
    settings = settings_of(resources, site)
    if any(name.upper() in INSIGHTS and word != EMPTY for name, word in settings.items()):
        return judged(metadata, site.id, ())
    words = f"{site.name} has neither {' nor '.join(INSIGHTS)}"
    return judged(metadata, site.id, [resource_finding(metadata, site.id, words, {})])


RULE = RelatedRule(
    RuleMetadata(
        rule_id="appservice.function_app_insights",
        title="Function app is monitored",
        finding_title="Function app is not monitored",
        description=(
            "No Application Insights is connected to the function app: its requests, failures and "
            "dependencies are recorded nowhere."
        ),
        severity=Severity.LOW,
        risk_score=20,
        resource_type="FUNCTION_APP",
        reads=(SITE, SETTINGS),
        references=(
            "https://learn.microsoft.com/rest/api/appservice/web-apps/list-application-settings",
            "https://learn.microsoft.com/azure/azure-functions/configure-monitoring",
        ),
        remediation_steps=(
            "Create an Application Insights resource, or take an existing one",
            "Set APPLICATIONINSIGHTS_CONNECTION_STRING to its connection string",
        ),
        auto_remediable=False,
    ),
    {SITE: is_function_app.paths},
    _judge,
    facts=(APP_SETTINGS,),
)
