"""`appservice.function_runtime`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.columns import ColumnError, text_at
from shared.rules.packs.appservice._app_settings import (
    APP_SETTINGS,
    EMPTY,
    PLAIN,
    REFERENCE,
    RUNTIME,
    settings_of,
)
from shared.rules.packs.appservice._site_config import SETTINGS, SITE, is_function_app
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import RelatedRule
from shared.rules.resources import ResourceColumns, SubscriptionResources
from shared.rules.support_dates import Release, release_of, supported_until

_CURRENT = (4,)
_ENDED: Mapping[Release, date] = {(1,): date(2026, 9, 14), (2,): date(2022, 12, 13), (3,): date(2022, 12, 13)}
"""https://learn.microsoft.com/azure/azure-functions/functions-versions"""


def _judge(metadata: RuleMetadata, site: ResourceColumns, resources: SubscriptionResources) -> RuleResult:
    if is_function_app.judge(site.columns).status is not RuleStatus.PASS:
        return RuleResult(metadata.rule_id, site.id, RuleStatus.NOT_APPLICABLE)
    if text_at(site.columns, "properties.functionAppConfig.runtime.name") is not None:
        # Flex Consumption, which is the only plan with this member, runs version 4 only.
        return judged(metadata, site.id, ())
    settings = settings_of(resources, site)
    version = next((word for name, word in settings.items() if name.upper() == RUNTIME), None)
    if version is None or version in (PLAIN, REFERENCE, EMPTY):
        raise ColumnError(f"{RUNTIME} of {site.name} was not read")
    release = release_of(version, 1)
    if release >= _CURRENT or resources.as_of.date() <= (until := supported_until(_ENDED, release)):
        return judged(metadata, site.id, ())
    words = f"{site.name} runs version {version} of the Functions host, supported until {until.isoformat()}"
    evidence = {"version": version, "supported_until": until.isoformat()}
    return judged(metadata, site.id, [resource_finding(metadata, site.id, words, evidence)])


RULE = RelatedRule(
    RuleMetadata(
        rule_id="appservice.function_runtime",
        title="Functions runtime is current",
        finding_title="Functions runtime is out of support",
        description=(
            "The function app runs on a version of the Functions host that no longer gets security fixes."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="FUNCTION_APP",
        reads=(SITE, SETTINGS),
        references=(
            "https://learn.microsoft.com/rest/api/appservice/web-apps/list-application-settings",
            "https://learn.microsoft.com/azure/azure-functions/functions-versions",
        ),
        remediation_steps=(
            "Migrate the app to version 4 of the runtime",
            "Set FUNCTIONS_EXTENSION_VERSION to ~4",
        ),
        auto_remediable=False,
    ),
    {SITE: (*is_function_app.paths, "properties.functionAppConfig.runtime.name")},
    _judge,
    facts=(APP_SETTINGS,),
)
