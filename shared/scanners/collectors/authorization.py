"""Who may do what in a subscription: role assignments, the roles, and who the principals are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from shared.domain.reading import SUBSCRIPTION_TYPE
from shared.ports.reads import AzureReads
from shared.scanners.collectors._lists import guarded
from shared.scanners.details import Detail

ASSIGNMENTS: Final = "microsoft.authorization/roleassignments"
DEFINITIONS: Final = "microsoft.authorization/roledefinitions"
PRINCIPALS: Final = "graph/principals"

_API_VERSION: Final = "2022-04-01"
_PERMISSIONS: Final = {
    ASSIGNMENTS: ("Microsoft.Authorization/roleAssignments/read",),
    DEFINITIONS: ("Microsoft.Authorization/roleDefinitions/read",),
    PRINCIPALS: (
        "Microsoft.Authorization/roleAssignments/read",
        "graph:User.Read.All",
        "graph:GroupMember.Read.All",
        "graph:Application.Read.All",
    ),
}
_TOLD_OF: Final = {
    "user": ("accountEnabled", "graph:User.Read.All"),
    "serviceprincipal": ("appId", "graph:Application.Read.All"),
}
"""Kind of principal -> a member that every one has, and what opens it. Groups are refused as a whole."""
_CUSTOM: Final = "$filter=type%20eq%20'CustomRole'"
"""https://learn.microsoft.com/azure/role-based-access-control/role-definitions-list-rest"""
_IDS_AT_ONCE: Final = 1_000
"""https://learn.microsoft.com/graph/api/directoryobject-getbyids: up to 1,000 ids."""
_APPS_AT_ONCE: Final = 15
"""Values of one `in` filter: https://learn.microsoft.com/graph/filter-query-parameter."""
_APPLICATION_MEMBERS: Final = "id,appId,passwordCredentials,keyCredentials"
_CREDENTIAL_MEMBERS: Final = ("keyId", "displayName", "startDateTime", "endDateTime", "type", "usage")


class AuthorizationCollector:
    """Reads the role assignments in force in a subscription, inherited ones too, and their principals."""

    name = "authorization"
    parents = (SUBSCRIPTION_TYPE,)
    types = (ASSIGNMENTS, DEFINITIONS, PRINCIPALS)
    keeps: tuple[str, ...] = ()
    opt_in = False

    @property
    def permissions(self) -> Mapping[str, tuple[str, ...]]:
        """Azure actions and Graph permissions by type."""
        return _PERMISSIONS

    async def read(
        self, parent: Mapping[str, Any], wanted: frozenset[str], reads: AzureReads
    ) -> Sequence[Detail]:
        """Assignments, roles and principals, as wanted."""
        base = f"{parent['id']}/providers/Microsoft.Authorization"
        found = []
        assignments: Detail | None = None
        if wanted & {ASSIGNMENTS, PRINCIPALS}:
            assignments = await guarded(
                ASSIGNMENTS,
                _PERMISSIONS[ASSIGNMENTS][0],
                reads.arm_list(f"{base}/roleAssignments", _API_VERSION),
            )
            found.append(assignments)
        if DEFINITIONS in wanted:
            found.append(await _definitions(base, assignments, reads))
        if PRINCIPALS in wanted and assignments is not None:
            found.append(await self._principals(assignments, reads))
        return [one for one in found if one.type in wanted]

    async def _principals(self, assignments: Detail, reads: AzureReads) -> Detail:
        if assignments.reason is not None:
            return Detail(PRINCIPALS, reason=assignments.reason, denied=assignments.denied)
        ids = _principal_ids(assignments.rows)
        needed = ", ".join(_PERMISSIONS[PRINCIPALS][1:])
        found = await guarded(PRINCIPALS, needed, _look_up(ids, reads))
        hidden = sorted({missing for row in found.rows if (missing := _hidden_by(row["properties"]))})
        if not hidden:
            return found
        reason = f"of some principals Graph shows the id alone (needs {', '.join(hidden)})"
        return Detail(PRINCIPALS, found.rows, reason=reason, denied=True)


def _hidden_by(principal: Mapping[str, Any]) -> str | None:
    """The permission without which Graph shows no more of a principal than its kind and its id.

    https://learn.microsoft.com/graph/permissions-overview#limited-information-returned-for-inaccessible-member-objects
    """
    told = _TOLD_OF.get(str(principal.get("@odata.type", "")).rpartition(".")[2].lower())
    return told[1] if told is not None and principal.get(told[0]) is None else None


async def _definitions(base: str, assignments: Detail | None, reads: AzureReads) -> Detail:
    """The custom roles, and the built-in ones that are assigned, as far as the assignments are known."""
    assigned = _role_names(assignments.rows if assignments is not None else ())
    path = f"{base}/roleDefinitions" if assigned else f"{base}/roleDefinitions?{_CUSTOM}"
    read = await guarded(DEFINITIONS, _PERMISSIONS[DEFINITIONS][0], reads.arm_list(path, _API_VERSION))
    return replace(read, rows=tuple(one for one in read.rows if _is_of_use(one, assigned)))


def _role_names(assignments: Iterable[Any]) -> set[str]:
    found = set()
    for one in assignments:
        properties = one.get("properties") if isinstance(one, Mapping) else None
        identity = properties.get("roleDefinitionId") if isinstance(properties, Mapping) else None
        if isinstance(identity, str):
            found.add(identity.rsplit("/", 1)[-1].lower())
    return found


def _is_of_use(definition: Any, assigned: set[str]) -> bool:
    properties = definition.get("properties") if isinstance(definition, Mapping) else None
    if not isinstance(properties, Mapping) or properties.get("type") != "BuiltInRole":
        return True
    return str(definition.get("name") or "").lower() in assigned


def _principal_ids(assignments: Iterable[Any]) -> list[str]:
    found = set()
    for one in assignments:
        properties = one.get("properties") if isinstance(one, Mapping) else None
        identity = properties.get("principalId") if isinstance(properties, Mapping) else None
        if isinstance(identity, str) and identity:
            found.add(identity.lower())
    return sorted(found)


async def _look_up(ids: list[str], reads: AzureReads) -> list[dict[str, Any]]:
    """Every principal with kind, members and credentials; one that does not resolve has `exists` false."""
    found = await _by_ids(ids, reads)
    behind: set[str] = set()
    for identity, one in found.items():
        if str(one.get("@odata.type", "")).lower().endswith("group"):
            members = await reads.graph_list(f"/groups/{identity}/transitiveMembers?$select=id&$top=999")
            named = [each for each in members if isinstance(each, Mapping) and each.get("id")]
            one["members"] = sorted(str(each["id"]).lower() for each in named)
            one["servicePrincipalMembers"] = sorted(
                str(each["id"]).lower()
                for each in named
                if str(each.get("@odata.type", "")).lower().endswith("serviceprincipal")
            )
            behind.update(one["servicePrincipalMembers"])
    found |= await _by_ids(sorted(behind - set(found)), reads)
    await _add_application_credentials(found.values(), reads)
    return [
        {
            "id": f"/tenants/-/principals/{identity}",
            "name": identity,
            "properties": {"exists": True, **found[identity]} if identity in found else {"exists": False},
        }
        for identity in sorted({*ids, *behind})
    ]


async def _by_ids(ids: list[str], reads: AzureReads) -> dict[str, dict[str, Any]]:
    """The objects with these ids that the directory has."""
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(ids), _IDS_AT_ONCE):
        body = {"ids": ids[start : start + _IDS_AT_ONCE], "types": ["user", "group", "servicePrincipal"]}
        for one in await reads.graph_post("/directoryObjects/getByIds", body):
            if isinstance(one, Mapping) and isinstance(one.get("id"), str):
                found[one["id"].lower()] = _kept(one)
    return found


def _kept(principal: Mapping[str, Any]) -> dict[str, Any]:
    members = ("@odata.type", "accountEnabled", "displayName", "appId", "servicePrincipalType", "userType")
    kept = {member: principal.get(member) for member in members}
    if _hidden_by(kept) is None:
        # A list that was not shown is not an empty one.
        for kind in ("passwordCredentials", "keyCredentials"):
            kept[kind] = _credentials(principal.get(kind))
    return kept


def _credentials(entries: Any) -> list[dict[str, Any]]:
    """Credentials without anything of their material."""
    if not isinstance(entries, list):
        return []
    return [
        {member: one.get(member) for member in _CREDENTIAL_MEMBERS if one.get(member) is not None}
        for one in entries
        if isinstance(one, Mapping)
    ]


async def _add_application_credentials(principals: Iterable[dict[str, Any]], reads: AzureReads) -> None:
    """Add to each service principal the credentials of its application, where that is of this directory."""
    by_app = {
        str(one["appId"]).lower(): one
        for one in principals
        if one.get("appId") and str(one.get("servicePrincipalType") or "").lower() == "application"
    }
    apps = sorted(by_app)
    for start in range(0, len(apps), _APPS_AT_ONCE):
        quoted = ",".join(f"'{one}'" for one in apps[start : start + _APPS_AT_ONCE])
        path = f"/applications?$filter=appId%20in%20({quoted})&$select={_APPLICATION_MEMBERS}"
        for one in await reads.graph_list(path):
            principal = by_app.get(str(one.get("appId")).lower()) if isinstance(one, Mapping) else None
            if principal is not None:
                for kind in ("passwordCredentials", "keyCredentials"):
                    principal[kind] += _credentials(one.get(kind))


COLLECTORS: Final = (AuthorizationCollector(),)
