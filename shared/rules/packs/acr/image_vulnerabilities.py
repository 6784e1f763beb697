"""`acr.image_vulnerabilities`."""

from __future__ import annotations

from collections import Counter

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.columns import ColumnError, text_at
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import RelatedRule
from shared.rules.resources import ResourceColumns, SubscriptionResources

_REGISTRY = "microsoft.containerregistry/registries"
_ASSESSMENT = "microsoft.security/assessments"
_FOUND = "microsoft.security/assessments/subassessments"
_KEY = "c0b7cfc6-3172-465a-b378-53c7ff2cc0d5"
"""Vulnerability assessment of registry images by Microsoft Defender Vulnerability Management."""
_SEVERE = ("critical", "high")
_STATUS = "properties.status.code"


def _judge(metadata: RuleMetadata, registry: ResourceColumns, resources: SubscriptionResources) -> RuleResult:
    identity = f"{registry.id}/providers/Microsoft.Security/assessments/{_KEY}"
    assessment = resources.find(_ASSESSMENT, identity)
    if assessment is None:
        reason = resources.unlisted(_ASSESSMENT, registry.id)
        raise ColumnError(reason or f"Defender has not assessed the images of {registry.name}")
    status = (text_at(assessment.columns, _STATUS) or "").lower()
    if status == "notapplicable":
        raise ColumnError(f"Defender could not assess the images of {registry.name}")
    if status == "healthy":
        return judged(metadata, registry.id, ())
    if status != "unhealthy":
        raise ColumnError(f"{_STATUS} of the assessment: {status[:40] or 'missing'}")
    severe: Counter[str] = Counter()
    for one in resources.children(_FOUND, assessment.id):
        severity = (text_at(one.columns, "properties.status.severity") or "").lower()
        if (text_at(one.columns, _STATUS) or "").lower() == "unhealthy" and severity in _SEVERE:
            severe[text_at(one.columns, "properties.id") or one.name] += 1
    if not severe:
        return RuleResult(metadata.rule_id, registry.id, RuleStatus.PASS)
    total = len(severe)
    words = f"{registry.name} has images with {total} open high or critical {'CVE' if total == 1 else 'CVEs'}"
    evidence = {"vulnerabilities": sorted(severe)[:20], "vulnerabilities_total": total}
    return judged(metadata, registry.id, [resource_finding(metadata, registry.id, words, evidence)])


RULE = RelatedRule(
    RuleMetadata(
        rule_id="acr.image_vulnerabilities",
        title="Registry images have no open high CVEs",
        finding_title="Registry images have open high or critical CVEs",
        description=(
            "Defender for Containers found unresolved vulnerabilities of high or critical severity in"
            " images of the registry. Registries that Defender has not assessed are reported as not "
            "looked at."
        ),
        severity=Severity.HIGH,
        risk_score=75,
        resource_type="CONTAINER_REGISTRY",
        reads=(_REGISTRY, _ASSESSMENT, _FOUND),
        references=(
            "https://learn.microsoft.com/azure/defender-for-cloud/subassessment-rest-api",
            "https://learn.microsoft.com/azure/defender-for-cloud/view-and-remediate-vulnerability-assessment-findings",
        ),
        remediation_steps=(
            "Rebuild the images on patched base images",
            "Delete images that nobody runs",
            "Block the deployment of images with such vulnerabilities",
        ),
        auto_remediable=False,
    ),
    {
        _REGISTRY: (),
        _ASSESSMENT: (_STATUS,),
        _FOUND: (_STATUS, "properties.status.severity", "properties.id"),
    },
    _judge,
)
