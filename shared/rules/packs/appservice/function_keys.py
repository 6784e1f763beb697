"""`appservice.function_keys`.

Keys always exist: what decides is the authorization level of each HTTP trigger.
"""

from __future__ import annotations

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.columns import ColumnError, entries_at, text_at, value_at
from shared.rules.expectations import all_of, has_no_entries, is_none_of, is_true, negated
from shared.rules.packs.appservice._site_config import (
    AUTH,
    SITE,
    config_of,
    is_function_app,
    is_logic_app,
)
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import RelatedRule
from shared.rules.resources import ResourceColumns, SubscriptionResources

_FUNCTIONS = "microsoft.web/sites/functions"
_IN_QUESTION = all_of(is_function_app, negated(is_logic_app, "is a logic app"))
_AUTH_PATHS = (
    "properties.platform.enabled",
    "properties.globalValidation.requireAuthentication",
    "properties.globalValidation.unauthenticatedClientAction",
    "properties.globalValidation.excludedPaths",
)
_SIGNED_IN = all_of(
    is_true(_AUTH_PATHS[0], absent=False),
    is_true(_AUTH_PATHS[1], absent=False),
    is_none_of(_AUTH_PATHS[2], "AllowAnonymous", absent="RedirectToLoginPage"),
    has_no_entries(_AUTH_PATHS[3]),
)


def _judge(metadata: RuleMetadata, site: ResourceColumns, resources: SubscriptionResources) -> RuleResult:
    if _IN_QUESTION.judge(site.columns).status is not RuleStatus.PASS:
        return RuleResult(metadata.rule_id, site.id, RuleStatus.NOT_APPLICABLE)
    anonymous, doubt = [], None
    for one in resources.children(_FUNCTIONS, site.id):
        if value_at(one.columns, "properties.isDisabled") is True:
            continue
        try:
            if _answers_anybody(one):
                anonymous.append(one)
        except ColumnError as error:
            doubt = f"{one.name}: {error}"
    if not anonymous:
        return judged(metadata, site.id, (), doubt)
    if _SIGNED_IN.judge(config_of(resources, site, AUTH).columns).status is RuleStatus.PASS:
        return judged(metadata, site.id, (), doubt)
    findings = [
        resource_finding(
            metadata,
            site.id,
            f"{one.name} of {site.name} runs for whoever calls it",
            {"authLevel": "anonymous"},
            subject=one.id,
        )
        for one in anonymous
    ]
    return judged(metadata, site.id, findings, doubt)


def _answers_anybody(function: ResourceColumns) -> bool:
    if value_at(function.columns, "properties.config.bindings") is None:
        raise ColumnError("properties.config.bindings: missing")
    triggers = [
        one
        for one in entries_at(function.columns, "properties.config.bindings")
        if (text_at(one, "type") or "").lower() == "httptrigger"
    ]
    # Without a level, function.json means "function".
    return any((text_at(one, "authLevel") or "function").lower() == "anonymous" for one in triggers)


RULE = RelatedRule(
    RuleMetadata(
        rule_id="appservice.function_keys",
        title="Functions need a key",
        finding_title="Function answers without a key",
        description=(
            "An HTTP function has the authorization level anonymous, and the app does not require "
            "authentication for every request: whoever knows the address can run it."
        ),
        severity=Severity.HIGH,
        risk_score=70,
        resource_type="FUNCTION",
        reads=(SITE, _FUNCTIONS, AUTH),
        references=(
            "https://learn.microsoft.com/rest/api/appservice/web-apps/list-functions",
            "https://learn.microsoft.com/azure/azure-functions/functions-bindings-http-webhook-trigger#http-auth",
        ),
        remediation_steps=(
            "Set the authorization level of the trigger to function",
            "Or turn on App Service authentication and require it for every request",
        ),
        auto_remediable=False,
    ),
    {
        SITE: _IN_QUESTION.paths,
        AUTH: _AUTH_PATHS,
        _FUNCTIONS: (
            "properties.isDisabled",
            "properties.config.bindings[*].type",
            "properties.config.bindings[*].authLevel",
        ),
    },
    _judge,
)
