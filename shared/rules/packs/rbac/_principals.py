"""Who holds roles: `graph/principals`, what Microsoft Graph says of the object ids that assignments name.

Read by `POST /v1.0/directoryObjects/getByIds`; of groups, `members` holds the object ids of their transitive
members, and `servicePrincipalMembers`, where it was read, those of them that are service principals.
`exists` is false where no object has the id any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from shared.domain.resource import Resource
from shared.rules.columns import ColumnError, Fact, read_fact, text_at, value_at
from shared.rules.resources import ResourceColumns, SubscriptionResources

PRINCIPALS: Final = "graph/principals"
PRINCIPAL_PATHS: Final = (
    "properties.exists",
    "properties.accountEnabled",
    "properties.displayName",
    "properties.members",
    "properties.servicePrincipalMembers",
)
_SERVICE_PRINCIPAL: Final = "serviceprincipal"


def _kind(resource: Resource) -> str:
    """`user`, `group`, `serviceprincipal`: a member whose name has a dot cannot be a column."""
    named = resource.properties.get("@odata.type")
    if not isinstance(named, str):
        raise ValueError("@odata.type: missing")
    return named.rsplit(".", 1)[-1].lower()


KIND: Final = Fact("kind", PRINCIPALS, _kind)


@dataclass(frozen=True, slots=True)
class Principals:
    """The principals of a subscription by object id."""

    found: dict[str, ResourceColumns]
    doubt: str | None

    @classmethod
    def of(cls, subject: SubscriptionResources) -> Principals:
        """Those that were read."""
        return cls({one.name.lower(): one for one in subject.of(PRINCIPALS)}, subject.doubt(PRINCIPALS))

    def get(self, object_id: str) -> ResourceColumns:
        """The principal with this id.

        Raises:
            ColumnError: it was not read.
        """
        one = self.found.get(object_id.lower())
        if one is None:
            raise ColumnError(self.doubt or f"principal {object_id} was not resolved")
        return one

    def exists(self, object_id: str) -> bool:
        """The directory still has it. Raises as `get`."""
        return value_at(self.get(object_id).columns, "properties.exists") is not False

    def label(self, object_id: str) -> str:
        """Its display name, or its id."""
        one = self.found.get(object_id.lower())
        return (text_at(one.columns, "properties.displayName") if one else None) or object_id

    def is_enabled(self, object_id: str) -> bool:
        """Its account may sign in.

        Raises:
            ColumnError: it was not read, or Graph did not say.
        """
        enabled = value_at(self.get(object_id).columns, "properties.accountEnabled")
        if not isinstance(enabled, bool):
            raise ColumnError(f"properties.accountEnabled of principal {object_id}: missing")
        return enabled

    def members(self, object_id: str) -> list[str]:
        """Object ids of a group's transitive members, lower-cased.

        Raises:
            ColumnError: the group, or its members, were not read.
        """
        return self._ids(object_id, "properties.members")

    def service_principals_of(self, object_id: str) -> list[str]:
        """Object ids of a group's transitive members that are applications or managed identities.

        Raises:
            ColumnError: the group, its members, or who they are, were not read.
        """
        if value_at(self.get(object_id).columns, "properties.servicePrincipalMembers") is not None:
            return self._ids(object_id, "properties.servicePrincipalMembers")
        return [one for one in self.members(object_id) if self.is_service_principal(one)]

    def _ids(self, object_id: str, path: str) -> list[str]:
        members = value_at(self.get(object_id).columns, path)
        if not isinstance(members, list) or not all(isinstance(one, str) for one in members):
            raise ColumnError(f"members of group {object_id} were not read")
        return [one.lower() for one in members]

    def is_service_principal(self, object_id: str) -> bool:
        """It is an application or a managed identity. Raises as `get`."""
        one = self.get(object_id)
        if value_at(one.columns, "properties.exists") is False:
            return False
        return str(read_fact(one.columns, KIND.name)) == _SERVICE_PRINCIPAL
