"""`appservice.public_network_access`."""

from __future__ import annotations

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult
from shared.rules.packs.appservice._access_restrictions import COLUMNS, ENVIRONMENT, open_to_all
from shared.rules.packs.appservice._site_config import READS
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import RelatedRule
from shared.rules.resources import ResourceColumns, SubscriptionResources


def _judge(metadata: RuleMetadata, site: ResourceColumns, resources: SubscriptionResources) -> RuleResult:
    why = open_to_all(resources, site, scm=False)
    if why is None:
        return judged(metadata, site.id, ())
    words = f"{site.name} answers every address: {why}"
    return judged(metadata, site.id, [resource_finding(metadata, site.id, words, {"because": why})])


RULE = RelatedRule(
    RuleMetadata(
        rule_id="appservice.public_network_access",
        title="App is not open to every address",
        finding_title="App is open to every address",
        description=(
            "The app answers every address of the internet: neither is its public endpoint off, nor "
            "do access restrictions limit who gets in. Suppress the finding where the app is meant "
            "for the public."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="APP_SERVICE",
        reads=(*READS, ENVIRONMENT),
        references=(
            "https://learn.microsoft.com/rest/api/appservice/web-apps/get-configuration",
            "https://learn.microsoft.com/azure/app-service/overview-access-restrictions",
        ),
        remediation_steps=(
            "Put the app behind a gateway or Front Door where it is meant for the public",
            "Add access restrictions and deny unmatched requests",
            "Or disable public network access and use private endpoints",
        ),
        auto_remediable=False,
    ),
    COLUMNS,
    _judge,
)
