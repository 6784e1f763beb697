"""Objects and policies of a Microsoft Entra directory, from Microsoft Graph v1.0.

Paths and permissions: the reference of each resource at https://learn.microsoft.com/graph/api/overview.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from shared.domain.reading import DIRECTORY_TYPE
from shared.ports.errors import InventoryDeniedError
from shared.ports.reads import AzureReads
from shared.scanners.collectors._lists import guarded
from shared.scanners.details import Detail

_AT_ONCE: Final = 8
_CREDENTIALS: Final = "displayName,passwordCredentials,keyCredentials"
_HELD: Final = ("passwordCredentials", "keyCredentials")
_MATERIAL: Final = ("key", "secretText", "hint", "customKeyIdentifier")
"""Members of a credential that are, or tell of, its material: never kept."""


@dataclass(frozen=True, slots=True)
class _Collection:
    """One list, or one object, of Graph."""

    path: str
    permissions: tuple[str, ...]
    single: bool = False


_COLLECTIONS: Final[Mapping[str, _Collection]] = {
    "graph/authorizationpolicy": _Collection("/policies/authorizationPolicy", ("Policy.Read.All",), True),
    "graph/identitysecuritydefaultsenforcementpolicy": _Collection(
        "/policies/identitySecurityDefaultsEnforcementPolicy", ("Policy.Read.All",), True
    ),
    "graph/deviceregistrationpolicy": _Collection(
        # Policy.Read.DeviceConfiguration would do; what opens the policies beside it opens this one too.
        "/policies/deviceRegistrationPolicy",
        ("Policy.Read.All",),
        True,
    ),
    "graph/conditionalaccesspolicies": _Collection(
        "/identity/conditionalAccess/policies", ("Policy.Read.All",)
    ),
    "graph/namedlocations": _Collection("/identity/conditionalAccess/namedLocations", ("Policy.Read.All",)),
    "graph/groupsettings": _Collection("/groupSettings", ("GroupSettings.Read.All",)),
    "graph/userregistrationdetails": _Collection(
        "/reports/authenticationMethods/userRegistrationDetails", ("AuditLog.Read.All",)
    ),
    "graph/directoryroles": _Collection("/directoryRoles", ("RoleManagement.Read.Directory",)),
    "graph/applications": _Collection(
        f"/applications?$select=id,appId,{_CREDENTIALS}&$top=999", ("Application.Read.All",)
    ),
    "graph/serviceprincipals": _Collection(
        f"/servicePrincipals?$select=id,appId,servicePrincipalType,preferredSingleSignOnMode,{_CREDENTIALS}"
        "&$top=999",
        ("Application.Read.All",),
    ),
}
_MEMBERS: Final = "graph/directoryrolemembers"
_FEDERATED: Final = "graph/federatedidentitycredentials"
_BELOW: Final[Mapping[str, tuple[str, ...]]] = {
    _MEMBERS: ("RoleManagement.Read.Directory", "GroupMember.Read.All"),
    _FEDERATED: ("Application.Read.All",),
}


class DirectoryCollector:
    """Reads a directory by the lists that rules ask for."""

    name = "directory"
    parents = (DIRECTORY_TYPE,)
    types = (*_COLLECTIONS, *_BELOW)
    keeps: tuple[str, ...] = ()
    opt_in = False

    @property
    def permissions(self) -> Mapping[str, tuple[str, ...]]:
        """Graph permissions by type."""
        named = {kind: one.permissions for kind, one in _COLLECTIONS.items()} | dict(_BELOW)
        return {kind: tuple(f"graph:{one}" for one in needed) for kind, needed in named.items()}

    async def read(
        self, parent: Mapping[str, Any], wanted: frozenset[str], reads: AzureReads
    ) -> Sequence[Detail]:
        """One list for each wanted type."""
        root = parent["id"]

        def rows(kind: str) -> Awaitable[list[dict[str, Any]]]:
            if kind == _MEMBERS:
                return _role_members(root, reads)
            if kind == _FEDERATED:
                return _federated(root, reads)
            return _listed(root, kind, reads)

        needed = self.permissions
        found = [guarded(kind, ", ".join(needed[kind]), rows(kind)) for kind in self.types if kind in wanted]
        return await asyncio.gather(*found)


async def _listed(root: str, kind: str, reads: AzureReads) -> list[dict[str, Any]]:
    where = _COLLECTIONS[kind]
    if where.single:
        found = await reads.graph_get(where.path)
        return [] if found is None else [_row(f"{root}/{kind.removeprefix('graph/')}", found, "policy")]
    return [
        _row(f"{root}/{kind.removeprefix('graph/')}", one, None) for one in await reads.graph_list(where.path)
    ]


def _row(collection: str, found: Any, name: str | None) -> dict[str, Any]:
    """An object of Graph as a resource of the directory, without anything of a credential's material."""
    identity = found.get("id") if isinstance(found, Mapping) else None
    if not isinstance(identity, str) and name is None:
        return {"id": None, "properties": None}
    properties = dict(found)
    for member in _HELD:
        if isinstance(properties.get(member), list):
            properties[member] = [
                {key: value for key, value in one.items() if key not in _MATERIAL}
                for one in properties[member]
                if isinstance(one, Mapping)
            ]
    return {"id": f"{collection}/{identity or name}", "properties": properties}


async def _role_members(root: str, reads: AzureReads) -> list[dict[str, Any]]:
    """Who holds each activated directory role; of groups, who is in them."""
    rows: list[dict[str, Any]] = []
    for role in await reads.graph_list("/directoryRoles"):
        identity = role.get("id") if isinstance(role, Mapping) else None
        for one in await reads.graph_list(f"/directoryRoles/{identity}/members"):
            row = _row(f"{root}/directoryroles/{identity}/members", one, None)
            if row["id"] and str(one.get("@odata.type", "")).lower().endswith("group"):
                row["properties"]["members"] = await _members_of_group(one["id"], reads)
            rows.append(row)
    return rows


async def _members_of_group(identity: str, reads: AzureReads) -> list[str] | None:
    try:
        found = await reads.graph_list(f"/groups/{identity}/transitiveMembers?$select=id&$top=999")
    except InventoryDeniedError:
        return None
    return [str(one["id"]) for one in found if isinstance(one, Mapping) and one.get("id")]


async def _federated(root: str, reads: AzureReads) -> list[dict[str, Any]]:
    """The federated credentials of every application."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def of(application: str) -> list[dict[str, Any]]:
        async with gate:
            found = await reads.graph_list(f"/applications/{application}/federatedIdentityCredentials")
        where = f"{root}/applications/{application}/federatedIdentityCredentials"
        return [_row(where, one, None) for one in found]

    listed = await reads.graph_list("/applications?$select=id&$top=999")
    ids = [str(one["id"]) for one in listed if isinstance(one, Mapping) and one.get("id")]
    return [row for rows in await asyncio.gather(*(of(one) for one in ids)) for row in rows]


COLLECTORS: Final = (DirectoryCollector(),)
