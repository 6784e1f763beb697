"""Built-in roles that open something: data stores, code on workloads, role assignments.

Of each, only the permissions that matter to `store_kinds` and `workloads` beside it are given; other built-in
roles are judged by their definition, where one is assigned. Source:
https://learn.microsoft.com/azure/role-based-access-control/built-in-roles (MicrosoftDocs/azure-docs,
articles/role-based-access-control/built-in-roles).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

Patterns = tuple[str, ...]

_ACCOUNTS: Final = "Microsoft.Storage/storageAccounts"
_BLOBS: Final = f"{_ACCOUNTS}/blobServices/containers/blobs"
_FILES: Final = f"{_ACCOUNTS}/fileServices/fileshares/files"
_ENTITIES: Final = f"{_ACCOUNTS}/tableServices/tables/entities"
_MESSAGES: Final = f"{_ACCOUNTS}/queueServices/queues/messages"
_VAULTS: Final = "Microsoft.KeyVault/vaults"
_MACHINES: Final = "Microsoft.Compute/virtualMachines"
_CLUSTERS: Final = "Microsoft.ContainerService/managedClusters"
_COSMOS: Final = "Microsoft.DocumentDB/databaseAccounts"

BUILT_IN: Final[Mapping[str, tuple[str, Patterns, Patterns, Patterns]]] = {
    # privileged
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": ("Owner", ("*",), (), ()),
    "b24988ac-6180-42a0-ab88-20f7382dd24c": (
        "Contributor",
        ("*",),
        (
            "Microsoft.Authorization/*/Delete",
            "Microsoft.Authorization/*/Write",
            "Microsoft.Authorization/elevateAccess/Action",
        ),
        (),
    ),
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": (
        "User Access Administrator",
        ("*/read", "Microsoft.Authorization/*"),
        (),
        (),
    ),
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168": (
        "Role Based Access Control Administrator",
        ("Microsoft.Authorization/roleAssignments/write", "*/read"),
        (),
        (),
    ),
    "acdd72a7-3385-48ef-bd42-f606fba81ae7": ("Reader", ("*/read",), (), ()),
    # storage
    "17d1049b-9a84-46fb-8f53-869881c3d3ab": ("Storage Account Contributor", (f"{_ACCOUNTS}/*",), (), ()),
    "81a9662b-bebf-436f-a333-f67b29880f12": (
        "Storage Account Key Operator Service Role",
        (f"{_ACCOUNTS}/listkeys/action",),
        (),
        (),
    ),
    "c12c1c16-33a1-487b-954d-41c89c60f349": (
        "Reader and Data Access",
        (f"{_ACCOUNTS}/listKeys/action", f"{_ACCOUNTS}/ListAccountSas/action", f"{_ACCOUNTS}/read"),
        (),
        (),
    ),
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": ("Storage Blob Data Owner", (), (), (f"{_BLOBS}/*",)),
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": (
        "Storage Blob Data Contributor",
        (),
        (),
        (f"{_BLOBS}/read", f"{_BLOBS}/write", f"{_BLOBS}/delete"),
    ),
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": ("Storage Blob Data Reader", (), (), (f"{_BLOBS}/read",)),
    "69566ab7-960f-475b-8e7c-b3118f30c6bd": (
        "Storage File Data Privileged Contributor",
        (),
        (),
        (f"{_FILES}/read",),
    ),
    "b8eda974-7b85-4f76-af95-65846b26df6d": (
        "Storage File Data Privileged Reader",
        (),
        (),
        (f"{_FILES}/read",),
    ),
    "0c867c2a-1d8c-454a-a3db-ab2ea1bdc8bb": (
        "Storage File Data SMB Share Contributor",
        (),
        (),
        (f"{_FILES}/read",),
    ),
    "a7264617-510b-434b-a828-9731dc254ea7": (
        "Storage File Data SMB Share Elevated Contributor",
        (),
        (),
        (f"{_FILES}/read",),
    ),
    "aba4ae5f-2193-4029-9191-0cb91df5e314": (
        "Storage File Data SMB Share Reader",
        (),
        (),
        (f"{_FILES}/read",),
    ),
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": (
        "Storage Table Data Contributor",
        (),
        (),
        (f"{_ENTITIES}/read",),
    ),
    "76199698-9eea-4c19-bc75-cec21354c6b6": ("Storage Table Data Reader", (), (), (f"{_ENTITIES}/read",)),
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88": (
        "Storage Queue Data Contributor",
        (),
        (),
        (f"{_MESSAGES}/read",),
    ),
    "19e7f393-937e-4f77-808e-94535e297925": ("Storage Queue Data Reader", (), (), (f"{_MESSAGES}/read",)),
    # key vault
    "00482a5a-887f-4fb3-b363-3b7fe8e74483": ("Key Vault Administrator", (), (), (f"{_VAULTS}/*",)),
    "b86a8fe4-44ce-4948-aee5-eccb2c155cd7": ("Key Vault Secrets Officer", (), (), (f"{_VAULTS}/secrets/*",)),
    "4633458b-17de-408a-b874-0445c86b69e6": (
        "Key Vault Secrets User",
        (),
        (),
        (f"{_VAULTS}/secrets/getSecret/action", f"{_VAULTS}/secrets/readMetadata/action"),
    ),
    "db79e9a7-68ee-4b58-9aeb-b90e7c24fcba": (
        "Key Vault Certificate User",
        (),
        (),
        (f"{_VAULTS}/certificates/read", f"{_VAULTS}/secrets/getSecret/action"),
    ),
    "14b46e9e-c2b7-41b4-b07b-48a6ebf60603": ("Key Vault Crypto Officer", (), (), (f"{_VAULTS}/keys/*",)),
    "12338af0-0e69-4776-bea7-57ae8d297424": (
        "Key Vault Crypto User",
        (),
        (),
        (f"{_VAULTS}/keys/read", f"{_VAULTS}/keys/decrypt/action", f"{_VAULTS}/keys/unwrap/action"),
    ),
    "e147488a-f6f5-4113-8e2d-b22465e65bf6": (
        "Key Vault Crypto Service Encryption User",
        (),
        (),
        (f"{_VAULTS}/keys/read", f"{_VAULTS}/keys/unwrap/action"),
    ),
    "f25e0fa2-a7c8-4377-a976-54943a77a395": ("Key Vault Contributor", ("Microsoft.KeyVault/*",), (), ()),
    # databases
    "6d8ee4ec-f05a-4a1d-8b00-a9b17e38b437": (
        "SQL Server Contributor",
        ("Microsoft.Sql/servers/*",),
        ("Microsoft.Sql/servers/azureADOnlyAuthentications/write",),
        (),
    ),
    "5bd9cd88-fe45-4216-938b-f97437e15450": ("DocumentDB Account Contributor", (f"{_COSMOS}/*",), (), ()),
    "fbdf93bf-df7d-467e-a4d2-9458aa1360c8": (
        "Cosmos DB Account Reader Role",
        (f"{_COSMOS}/readonlykeys/action",),
        (),
        (),
    ),
    "e0f68234-74aa-48ed-b826-c38b57376e17": (
        "Redis Cache Contributor",
        ("Microsoft.Cache/redis/*",),
        (),
        (),
    ),
    # code on workloads
    "9980e02c-c2be-4d73-94e8-173b1dc7cf3c": (
        "Virtual Machine Contributor",
        (f"{_MACHINES}/*", "Microsoft.Compute/virtualMachineScaleSets/*"),
        (),
        (),
    ),
    "1c0163c0-47e6-4577-8991-ea5c82e286e4": (
        "Virtual Machine Administrator Login",
        (),
        (),
        (f"{_MACHINES}/login/action", f"{_MACHINES}/loginAsAdmin/action"),
    ),
    "de139f84-1756-47ae-9be6-808fbbe84772": ("Website Contributor", ("Microsoft.Web/sites/*",), (), ()),
    "ed7f3fbd-7b88-4dd4-9017-9adb7ce333f8": (
        "Azure Kubernetes Service Contributor Role",
        (f"{_CLUSTERS}/*",),
        (),
        (),
    ),
    "0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8": (
        "Azure Kubernetes Service Cluster Admin Role",
        (f"{_CLUSTERS}/listClusterAdminCredential/action",),
        (),
        (),
    ),
}
"""Lower-cased GUID -> name, actions, notActions, dataActions."""
