"""What is set for a subscription as a whole, in no table of Resource Graph or not wholly there."""

from __future__ import annotations

from typing import Final

from shared.domain.reading import SUBSCRIPTION_TYPE
from shared.scanners.collectors._lists import ArmList

_SECURITY_VERSIONS: Final = {
    # security/resource-manager/Microsoft.Security of azure-rest-api-specs, the folder of each version.
    "pricings": "2024-01-01",
    "settings": "2022-05-01",
    "securityContacts": "2023-12-01-preview",
    "serverVulnerabilityAssessmentsSettings": "2023-05-01",
    "iotSecuritySolutions": "2019-08-01",
}


def _below(namespace: str, name: str, api_version: str, kind: str | None = None) -> ArmList:
    return ArmList(
        type=(kind or f"{namespace}/{name}").lower(),
        parents=(SUBSCRIPTION_TYPE,),
        path=f"/providers/{namespace}/{name}",
        api_version=api_version,
        action=f"{kind or f'{namespace}/{name}'}/read",
    )


COLLECTORS: Final = (
    *(_below("Microsoft.Security", name, version) for name, version in _SECURITY_VERSIONS.items()),
    # https://learn.microsoft.com/rest/api/defenderforcloud/jit-network-access-policies/list
    _below(
        "Microsoft.Security",
        "jitNetworkAccessPolicies",
        "2020-01-01",
        "Microsoft.Security/locations/jitNetworkAccessPolicies",
    ),
    # https://learn.microsoft.com/rest/api/policyauthorization/policy-assignments/list: inherited ones too
    _below("Microsoft.Authorization", "policyAssignments", "2022-06-01"),
    # https://learn.microsoft.com/rest/api/resources/management-locks/list-at-subscription-level
    _below("Microsoft.Authorization", "locks", "2016-09-01"),
)
