"""`appservice.scm_restricted`."""

from __future__ import annotations

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult
from shared.rules.packs.appservice._access_restrictions import COLUMNS, ENVIRONMENT, open_to_all
from shared.rules.packs.appservice._site_config import READS
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import RelatedRule
from shared.rules.resources import ResourceColumns, SubscriptionResources


def _judge(metadata: RuleMetadata, site: ResourceColumns, resources: SubscriptionResources) -> RuleResult:
    why = open_to_all(resources, site, scm=True)
    if why is None:
        return judged(metadata, site.id, ())
    words = f"{site.name} has a deployment site that answers every address: {why}"
    return judged(metadata, site.id, [resource_finding(metadata, site.id, words, {"because": why})])


RULE = RelatedRule(
    RuleMetadata(
        rule_id="appservice.scm_restricted",
        title="Deployment site is restricted",
        finding_title="Deployment site is open to every address",
        description=(
            "The deployment site of the app (SCM, Kudu), from which files, settings and a console can"
            " be reached, answers every address of the internet."
        ),
        severity=Severity.MEDIUM,
        risk_score=55,
        resource_type="APP_SERVICE",
        reads=(*READS, ENVIRONMENT),
        references=(
            "https://learn.microsoft.com/rest/api/appservice/web-apps/get-configuration",
            "https://learn.microsoft.com/azure/app-service/overview-access-restrictions",
        ),
        remediation_steps=(
            "Deny unmatched requests to the advanced tool site, and allow the addresses of the pipeline",
            "Or use the restrictions of the main site for it",
        ),
        auto_remediable=False,
    ),
    COLUMNS,
    _judge,
)
