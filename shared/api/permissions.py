"""X-13: the least that an identity needs for a scan, as a custom role definition and Graph permissions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from shared.api.query import NoQuery, lowered
from shared.api.wire import ResponseBody
from shared.domain.scan import ScanType
from shared.scanners.needs import Need, PermissionKind

ROLE_NAME: Final = "Security Copilot scanner"


class PermissionsQuery(NoQuery):
    """Query of X-13."""

    scan_type: Annotated[ScanType, BeforeValidator(lowered)] = Field(
        default=ScanType.FULL, description="The type of scan that is to be made possible"
    )


class RoleDefinition(ResponseBody):
    """A custom role as `az role definition create --role-definition` takes it."""

    name: str = Field(alias="Name")
    is_custom: bool = Field(alias="IsCustom")
    description: str = Field(alias="Description")
    actions: tuple[str, ...] = Field(alias="Actions")
    not_actions: tuple[str, ...] = Field(alias="NotActions")
    data_actions: tuple[str, ...] = Field(alias="DataActions")
    not_data_actions: tuple[str, ...] = Field(alias="NotDataActions")
    assignable_scopes: tuple[str, ...] = Field(
        alias="AssignableScopes", description="Put your subscriptions or management groups here"
    )


class PermissionReason(ResponseBody):
    """Why one permission is needed. Without it these rules give `error`; no rules: nothing can be scanned."""

    kind: PermissionKind
    permission: str
    types: tuple[str, ...]
    rules: tuple[str, ...]
    optional: bool = Field(
        description="Only to have Azure confirm critical exposures: every rule gives its word without it"
    )


class PermissionsPage(ResponseBody):
    """X-13."""

    scan_type: ScanType
    role_definition: RoleDefinition
    graph_permissions: tuple[str, ...] = Field(
        description="Application permissions of Microsoft Graph, which an administrator consents to"
    )
    reasons: tuple[PermissionReason, ...]
    not_available: tuple[str, ...] = Field(description="Scanners of this type that this build lacks")


def permissions_page(scan_type: ScanType, needs: Iterable[Need], lacking: Iterable[str]) -> PermissionsPage:
    """The answer to X-13."""
    found = tuple(needs)

    def of(kind: PermissionKind) -> tuple[str, ...]:
        return tuple(one.name for one in found if one.kind is kind)

    return PermissionsPage(
        scan_type=scan_type,
        role_definition=RoleDefinition(
            name=f"{ROLE_NAME} ({scan_type.value})",
            is_custom=True,
            description=f"Reads what a {scan_type.value} scan looks at, and changes nothing.",
            actions=of(PermissionKind.ACTION),
            not_actions=(),
            data_actions=of(PermissionKind.DATA_ACTION),
            not_data_actions=(),
            assignable_scopes=("/subscriptions/00000000-0000-0000-0000-000000000000",),
        ),
        graph_permissions=of(PermissionKind.GRAPH),
        reasons=tuple(
            PermissionReason(
                kind=one.kind,
                permission=one.name,
                types=one.types,
                rules=one.rules,
                optional=one.optional,
            )
            for one in found
        ),
        not_available=tuple(lacking),
    )
