"""Children of single services, each one list: of registries, backup vaults, perimeters, identities."""

from __future__ import annotations

from typing import Final

from shared.domain.reading import DIRECTORY_TYPE
from shared.scanners.collectors._lists import ArmList, Ask

_REGISTRIES: Final = "microsoft.containerregistry/registries"
_VAULTS: Final = "microsoft.recoveryservices/vaults"

COLLECTORS: Final = (
    # containerregistry/.../stable/2025-04-01: the first stable version with tokens and scope maps
    ArmList(
        type=f"{_REGISTRIES}/tokens",
        parents=(_REGISTRIES,),
        path="/tokens",
        api_version="2025-04-01",
        action="Microsoft.ContainerRegistry/registries/tokens/read",
    ),
    ArmList(
        type=f"{_REGISTRIES}/scopemaps",
        parents=(_REGISTRIES,),
        path="/scopeMaps",
        api_version="2025-04-01",
        action="Microsoft.ContainerRegistry/registries/scopeMaps/read",
    ),
    # recoveryservicesbackup/.../stable/2023-04-01/bms.json
    ArmList(
        type=f"{_VAULTS}/backuppolicies",
        parents=(_VAULTS,),
        path="/backupPolicies",
        api_version="2023-04-01",
        action="Microsoft.RecoveryServices/Vaults/backupPolicies/read",
    ),
    ArmList(
        type=f"{_VAULTS}/backupfabrics/protectioncontainers/protecteditems",
        parents=(_VAULTS,),
        path="/backupProtectedItems",
        api_version="2023-04-01",
        action="Microsoft.RecoveryServices/Vaults/backupProtectedItems/read",
    ),
    # automation/.../stable/2022-08-08/variable.json: encrypted variables come without their value
    ArmList(
        type="microsoft.automation/automationaccounts/variables",
        parents=("microsoft.automation/automationaccounts",),
        path="/variables",
        api_version="2022-08-08",
        action="Microsoft.Automation/automationAccounts/variables/read",
    ),
    # network/.../stable/2024-07-01/networkSecurityPerimeter.json
    ArmList(
        type="microsoft.network/networksecurityperimeters/resourceassociations",
        parents=("microsoft.network/networksecurityperimeters",),
        path="/resourceAssociations",
        api_version="2024-07-01",
        action="Microsoft.Network/networkSecurityPerimeters/resourceAssociations/read",
    ),
    # msi/.../stable/2023-01-31/ManagedIdentity.json
    ArmList(
        type="microsoft.managedidentity/userassignedidentities/federatedidentitycredentials",
        parents=("microsoft.managedidentity/userassignedidentities",),
        path="/federatedIdentityCredentials",
        api_version="2023-01-31",
        action="Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/read",
    ),
    # subscription/.../stable/2021-10-01/subscriptions.json: one policy for the directory
    ArmList(
        type="microsoft.subscription/policies",
        parents=(DIRECTORY_TYPE,),
        path="/providers/Microsoft.Subscription/policies/default",
        api_version="2021-10-01",
        action="Microsoft.Subscription/Policies/default/read",
        ask=Ask.OBJECT,
    ),
)
