"""`appservice.basic_auth`."""

from __future__ import annotations

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.columns import value_at
from shared.rules.expectations import is_false
from shared.rules.packs.appservice._site_config import SITE
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import RelatedRule
from shared.rules.resources import ResourceColumns, SubscriptionResources

_POLICIES = "microsoft.web/sites/basicpublishingcredentialspolicies"
_METHODS = ("ftp", "scm")
_OFF = is_false("properties.allow", absent=True)


def _judge(metadata: RuleMetadata, site: ResourceColumns, resources: SubscriptionResources) -> RuleResult:
    found = {one.name.lower(): one for one in resources.children(_POLICIES, site.id)}
    allowed, doubt = [], None
    for method in _METHODS:
        policy = found.get(method)
        if policy is None or value_at(policy.columns, "properties.allow") is None:
            doubt = f"{method}: whether its credentials are allowed was not read"
        elif _OFF.judge(policy.columns).status is RuleStatus.FAIL:
            allowed.append(method)
    if not allowed:
        return judged(metadata, site.id, (), doubt)
    words = f"{site.name} accepts basic credentials for {' and '.join(allowed)} publishing"
    finding = resource_finding(metadata, site.id, words, {"methods": allowed})
    return judged(metadata, site.id, [finding], doubt)


RULE = RelatedRule(
    RuleMetadata(
        rule_id="appservice.basic_auth",
        title="Basic publishing credentials are off",
        finding_title="App accepts basic publishing credentials",
        description=(
            "The app can be deployed to by FTP or by its deployment site with a user name and a "
            "password, which Entra ID, its conditional access and its logs do not see."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="APP_SERVICE",
        reads=(SITE, _POLICIES),
        references=(
            "https://learn.microsoft.com/rest/api/appservice/web-apps/list-basic-publishing-credentials-policies",
            "https://learn.microsoft.com/azure/app-service/configure-basic-auth-disable",
        ),
        remediation_steps=(
            "Move deployments to Entra ID, such as federated credentials of the pipeline",
            "Turn off basic authentication for SCM and FTP publishing",
        ),
        auto_remediable=False,
        credential=True,
    ),
    {SITE: (), _POLICIES: ("properties.allow",)},
    _judge,
)
