"""What Defender for Containers found in the images of a registry, in the two shapes that it is told in.

Grouped: one assessment of the registry, with a sub-assessment for each vulnerability
(https://learn.microsoft.com/azure/defender-for-cloud/subassessment-rest-api). Individual: an assessment of
the image for each vulnerable package, of the category SoftwareUpdate, which replaces the grouped one from
July 31, 2026 (Microsoft Learn, "Transition from grouped to individual recommendations in Defender for
Cloud"). In that model nothing says that an image is clean: the plan says whether images are scanned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from shared.rules.base import RuleStatus
from shared.rules.columns import ColumnError, text_at
from shared.rules.expectations import all_of, is_one_of, some_entry
from shared.rules.resources import ResourceColumns, SubscriptionResources

REGISTRY: Final = "microsoft.containerregistry/registries"
ASSESSMENT: Final = "microsoft.security/assessments"
FOUND: Final = "microsoft.security/assessments/subassessments"
PLAN: Final = "microsoft.security/pricings"

_GROUPED: Final = "c0b7cfc6-3172-465a-b378-53c7ff2cc0d5"
"""Vulnerability assessment of registry images by Microsoft Defender Vulnerability Management."""

_STATUS: Final = "properties.status.code"
_GROUPED_SEVERITY: Final = "properties.status.severity"
_SEVERITY: Final = "properties.metadata.severity"
_CATEGORY: Final = "properties.metadata.recommendationCategory"
_OF: Final = ("properties.resourceDetails.Id", "properties.resourceDetails.id")
_KIND: Final = ("properties.resourceDetails.ResourceType", "properties.resourceDetails.resourceType")
_SEVERE: Final = frozenset({"critical", "high"})

_scans = all_of(
    is_one_of("properties.pricingTier", "Standard", absent="Free"),
    some_entry(
        "properties.extensions",
        all_of(
            is_one_of("name", "ContainerRegistriesVulnerabilityAssessments", absent=""),
            is_one_of("isEnabled", "True", absent="False"),
        ),
    ),
)
"""A plan is on, with its agentless assessment of registry images."""

_PLANS: Final = frozenset({"containers", "cloudposture"})
"""Plans that have that extension: https://learn.microsoft.com/rest/api/defenderforcloud/pricings/get"""

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    REGISTRY: (),
    ASSESSMENT: (_STATUS, _SEVERITY, _CATEGORY, *_OF, *_KIND, "properties.displayName"),
    FOUND: (_STATUS, _GROUPED_SEVERITY, "properties.id"),
    PLAN: _scans.paths,
}


@dataclass(frozen=True, slots=True)
class ImageFindings:
    """The open findings of high or critical severity, one by one, in all images of a subscription."""

    named: Mapping[str, set[str]]
    """Names of the findings by the lower-cased id of the registry."""
    stray: str | None
    """The name of one of an image whose registry is not told."""

    @classmethod
    def of(cls, resources: SubscriptionResources) -> Self:
        """Look through all assessments; one that cannot be read is not told of a registry."""
        registries = [one.key for one in resources.of(REGISTRY)]
        named: dict[str, set[str]] = {}
        stray = None
        for one in resources.of(ASSESSMENT):
            try:
                if not _is_of_image(one) or not _is_open(one, _SEVERITY):
                    continue
                about = (one.key, _word(one, *_OF))
                name = text_at(one.columns, "properties.displayName") or one.name
            except ColumnError:
                stray = one.name
                continue
            owner = next((key for key in registries if any(f"{key}/" in each for each in about)), None)
            if owner is None:
                stray = one.name
            else:
                named.setdefault(owner, set()).add(name)
        return cls(named, stray)


def open_vulnerabilities(
    resources: SubscriptionResources, registry: ResourceColumns, images: ImageFindings
) -> list[str]:
    """Names of the open vulnerabilities of high or critical severity, sorted; none when images are clean.

    Raises:
        ColumnError: Defender has not looked, or what it found was not read.
    """
    found = set(images.named.get(registry.key, ()))
    grouped = resources.find(ASSESSMENT, f"{registry.id}/providers/{ASSESSMENT}/{_GROUPED}")
    status = _word(grouped, _STATUS) if grouped is not None else ""
    if grouped is not None and status == "unhealthy":
        found |= {
            text_at(one.columns, "properties.id") or one.name
            for one in resources.children(FOUND, grouped.id)
            if _is_open(one, _GROUPED_SEVERITY)
        }
    if not found and images.stray is not None:
        raise ColumnError(f"assessment {images.stray} is of an image whose registry is not told")
    if not found and status not in ("healthy", "unhealthy"):
        _must_be_scanned(resources, registry)
    return sorted(found)


def _must_be_scanned(resources: SubscriptionResources, registry: ResourceColumns) -> None:
    reason = resources.doubt(ASSESSMENT) or resources.doubt(PLAN)
    if reason is not None:
        raise ColumnError(reason)
    for plan in resources.of(PLAN):
        if plan.name.lower() in _PLANS and _scans.judge(plan.columns).status is RuleStatus.PASS:
            return
    raise ColumnError(f"Defender has not assessed the images of {registry.name}")


def _is_of_image(one: ResourceColumns) -> bool:
    return _word(one, _CATEGORY) == "softwareupdate" and "containerimage" in _word(one, *_KIND)


def _is_open(one: ResourceColumns, severity: str) -> bool:
    return _word(one, _STATUS) == "unhealthy" and _word(one, severity) in _SEVERE


def _word(one: ResourceColumns, *paths: str) -> str:
    """The text at the first of the paths that has one, lower-cased."""
    return next((text.lower() for path in paths if (text := text_at(one.columns, path))), "")
