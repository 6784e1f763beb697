"""Who can log in to a PostgreSQL flexible server with an identity of the directory.

"Only a Microsoft Entra administrator can create or enable users for Microsoft Entra ID-based authentication":
https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-azure-ad-authentication
"""

from __future__ import annotations

from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.expectations import is_one_of
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import RelatedRule
from shared.rules.resources import ResourceColumns, SubscriptionResources

_is_on = is_one_of("properties.authConfig.activeDirectoryAuth", "Enabled", absent="Disabled")


def accepts_entra(metadata: RuleMetadata) -> RelatedRule:
    """Entra authentication is on, and there is an administrator; reads servers and administrators."""
    servers, administrators = metadata.reads

    def judge(
        metadata: RuleMetadata, server: ResourceColumns, resources: SubscriptionResources
    ) -> RuleResult:
        verdict = _is_on.judge(server.columns)
        on = verdict.status is RuleStatus.PASS
        if on and resources.children(administrators, server.id):
            return judged(metadata, server.id, ())
        why = "no Microsoft Entra administrator is set" if on else "Microsoft Entra authentication is off"
        finding = resource_finding(metadata, server.id, f"{server.name}: {why}", {"authentication_on": on})
        return judged(metadata, server.id, [finding])

    return RelatedRule(metadata, {servers: _is_on.paths, administrators: ()}, judge)
