"""`acr.image_vulnerabilities`."""

from __future__ import annotations

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult
from shared.rules.packs.acr._image_findings import (
    ASSESSMENT,
    COLUMNS,
    FOUND,
    PLAN,
    REGISTRY,
    ImageFindings,
    open_vulnerabilities,
)
from shared.rules.prepared_rule import PreparedRule
from shared.rules.property_rule import judged, resource_finding
from shared.rules.resources import ResourceColumns, SubscriptionResources


def _judge(
    metadata: RuleMetadata,
    registry: ResourceColumns,
    resources: SubscriptionResources,
    images: ImageFindings,
) -> RuleResult:
    found = open_vulnerabilities(resources, registry, images)
    if not found:
        return judged(metadata, registry.id, ())
    total = len(found)
    count = f"{total} open high or critical {'vulnerability' if total == 1 else 'vulnerabilities'}"
    words = f"{registry.name} has images with {count}"
    evidence = {"vulnerabilities": found[:20], "vulnerabilities_total": total}
    return judged(metadata, registry.id, [resource_finding(metadata, registry.id, words, evidence)])


RULE = PreparedRule(
    RuleMetadata(
        rule_id="acr.image_vulnerabilities",
        title="Registry images have no open high CVEs",
        finding_title="Registry images have open high or critical CVEs",
        description=(
            "Defender for Containers found unresolved vulnerabilities of high or critical severity in"
            " images of the registry. Registries whose images Defender does not scan are reported as "
            "not looked at."
        ),
        severity=Severity.HIGH,
        risk_score=75,
        resource_type="CONTAINER_REGISTRY",
        reads=(REGISTRY, ASSESSMENT, FOUND, PLAN),
        references=(
            "https://learn.microsoft.com/azure/defender-for-cloud/subassessment-rest-api",
            "https://learn.microsoft.com/azure/defender-for-cloud/view-and-remediate-vulnerability-registry-images",
        ),
        remediation_steps=(
            "Rebuild the images on patched base images",
            "Delete images that nobody runs",
            "Block the deployment of images with such vulnerabilities",
        ),
        auto_remediable=False,
    ),
    COLUMNS,
    ImageFindings.of,
    _judge,
)
