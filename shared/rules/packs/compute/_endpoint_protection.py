"""What Defender for Cloud says of endpoint protection on a machine.

Assessments are extensions of the machine, named by the key of a recommendation:
https://learn.microsoft.com/azure/defender-for-cloud/recommendations-reference-compute
"""

from __future__ import annotations

from typing import Final

from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.columns import ColumnError, text_at
from shared.rules.property_rule import judged, resource_finding
from shared.rules.resources import ResourceColumns, SubscriptionResources

ASSESSMENT: Final = "microsoft.security/assessments"
ASSESSMENT_PATHS: Final = ("properties.status.code", "properties.status.cause")

_RECOMMENDATIONS: Final = (
    "06e3a6db-6c0c-4ad9-943f-31d9d73ecf6c",  # EDR solution should be installed on Virtual Machines
    "4fb67663-9ab9-475d-b026-8c544cced439",  # Endpoint protection should be installed on your machines
    "83f577bd-a1b6-b7e1-0891-12ca19d1e6df",  # Install endpoint protection solution on virtual machines
)
"""The current recommendation first; the others were retired in 2024 and may linger."""


def judge_protection(
    metadata: RuleMetadata, machine: ResourceColumns, resources: SubscriptionResources
) -> RuleResult:
    """The first of the recommendations that was assessed is healthy."""
    found = {one.name.lower(): one for one in resources.children(ASSESSMENT, machine.id)}
    said = next((found[key] for key in _RECOMMENDATIONS if key in found), None)
    if said is None:
        raise ColumnError("Defender for Cloud has not assessed endpoint protection of this machine")
    code = (text_at(said.columns, "properties.status.code") or "").lower()
    if code == "notapplicable":
        return RuleResult(metadata.rule_id, machine.id, RuleStatus.NOT_APPLICABLE)
    if code == "healthy":
        return judged(metadata, machine.id, ())
    if code != "unhealthy":
        raise ColumnError(f"{said.name}: properties.status.code: missing or unknown")
    words = f"{machine.name}: Defender for Cloud finds no endpoint protection"
    evidence = {"assessment": said.name, "cause": text_at(said.columns, "properties.status.cause")}
    return judged(metadata, machine.id, [resource_finding(metadata, machine.id, words, evidence)])
