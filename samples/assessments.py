"""What Defender for Cloud says of machines and registries: assessments, named by their recommendation."""

from typing import Any

from samples.arm import Resource, guid
from samples.controls import Furnishing, child, extension, own_draws

KIND = "Microsoft.Security/assessments"
ENDPOINT_PROTECTION = "06e3a6db-6c0c-4ad9-943f-31d9d73ecf6c"
UPDATES = "90386950-71ca-4357-a12e-486d1679427c"
IMAGES = "c0b7cfc6-3172-465a-b378-53c7ff2cc0d5"
"""Keys of learn.microsoft.com/azure/defender-for-cloud/recommendations-reference."""

_OF_MACHINES = (
    (ENDPOINT_PROTECTION, "compute.endpoint_protection", 0.3),
    (UPDATES, "defender.system_updates", 0.4),
)
"""Recommendation, rule, share of machines that are not healthy."""


def of_machine(machine: Resource) -> Furnishing:
    """Every machine of a subscription with Defender is assessed."""
    done, rng = Furnishing.empty(), own_draws(machine, "assessments")
    for key, rule_id, share in _OF_MACHINES:
        healthy = rng.random() >= share
        done.add(_assessment(machine, key, healthy))
        done.expect(rule_id, machine, healthy)
    return done


def of_registry(registry: Resource) -> Furnishing:
    """The images of a registry as a whole, and each vulnerability found in them."""
    done, rng = Furnishing.empty(), own_draws(registry, "assessments")
    healthy = rng.random() < 0.6
    assessment = done.add(_assessment(registry, IMAGES, healthy))
    if not healthy:
        status = {"code": "Unhealthy", "severity": "High"}
        found = {"displayName": "CVE-2024-0001", "id": "CVE-2024-0001", "status": status}
        done.add(child(assessment, f"{KIND}/subAssessments", guid(rng), found))
    done.expect("acr.image_vulnerabilities", registry, healthy)
    return done


def _assessment(resource: Resource, key: str, healthy: bool) -> Resource:
    properties: dict[str, Any] = {
        "resourceDetails": {"Source": "Azure", "Id": resource["id"]},
        "status": {"code": "Healthy" if healthy else "Unhealthy"},
    }
    return extension(resource, KIND, key, properties)
