"""Services and containers of storage accounts."""

from __future__ import annotations

from typing import Final

from shared.scanners.collectors._lists import ArmList, Ask

_ACCOUNTS: Final = "microsoft.storage/storageaccounts"
_API_VERSION: Final = "2023-05-01"
"""storage/resource-manager/Microsoft.Storage/stable/2023-05-01 of azure-rest-api-specs."""


def _service(name: str) -> ArmList:
    return ArmList(
        type=f"{_ACCOUNTS}/{name.lower()}",
        parents=(_ACCOUNTS,),
        path=f"/{name}/default",
        api_version=_API_VERSION,
        action=f"Microsoft.Storage/storageAccounts/{name}/read",
        ask=Ask.OBJECT,
    )


COLLECTORS: Final = (
    _service("blobServices"),
    _service("fileServices"),
    ArmList(
        type=f"{_ACCOUNTS}/blobservices/containers",
        parents=(_ACCOUNTS,),
        path="/blobServices/default/containers",
        api_version=_API_VERSION,
        action="Microsoft.Storage/storageAccounts/blobServices/containers/read",
    ),
)
