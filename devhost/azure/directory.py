"""The tenant's directory: the estate's ``graph/...`` lines as Microsoft Graph objects.

A line's type is ``graph/`` and the path of its collection (``graph/applications``,
``graph/identity/conditionalAccess/policies``) or of its single object
(``graph/policies/authorizationPolicy``). The object is the line's ``properties``, or where it has none the
line itself without its type. What hangs on an object is a member of it (``members``: ids or ``{"id"}``;
``federatedIdentityCredentials``: objects), or lines of type ``graph/groups/members`` and so on, whose id
has the segments ``.../{owner's id}/{relation}/{id}``.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Final

import orjson

from devhost.azure.estate import Estate

Entity = dict[str, Any]

KINDS: Final = {
    "users": "user",
    "groups": "group",
    "serviceprincipals": "servicePrincipal",
    "applications": "application",
    "directoryroles": "directoryRole",
    "devices": "device",
}
"""Lower-cased collection of directory objects -> name of their type."""
RELATIONS: Final = frozenset({"members", "owners", "federatedIdentityCredentials", "appRoleAssignments"})


class Directory:
    """Reads the ``graph/`` lines of one estate, which clients do not change. Malformed lines are left out."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._collections: dict[str, list[Entity]] = {}

    def collection(self, path: str) -> list[Entity]:
        """The objects of a lower-cased collection path, in ascending order of the lines' ids."""
        found = self._collections.get(path)
        if found is None:
            found = self._collections[path] = [entity for _, entity in self._lines(path)]
        return found

    def find(self, path: str, object_id: str) -> Entity | None:
        """The object of a collection with this id, without regard to case."""
        return self._by_id(path).get(object_id.lower())

    def find_any(self, object_id: str) -> tuple[str, Entity] | None:
        """``(kind, object)`` of a directory object with this id."""
        return self._objects.get(object_id.lower())

    def related(self, path: str, owner: Entity, relation: str) -> list[Any]:
        """What ``owner`` of the lower-cased collection has under ``relation``: ids or objects, as written."""
        own = owner.get(relation)
        nested = list(own) if isinstance(own, list) else []
        return nested + self._related_lines(f"{path}/{relation.lower()}").get(str(owner["id"]).lower(), [])

    def members(self, path: str, owner: Entity, relation: str = "members") -> Iterator[tuple[str, Entity]]:
        """``(kind, object)`` of each directory object that ``owner`` refers to; unknown ids are left out."""
        for member in self.related(path, owner, relation):
            member_id = member.get("id") if isinstance(member, Mapping) else member
            found = self.find_any(str(member_id))
            if found is not None:
                yield found

    def transitive_members(self, group: Entity) -> list[tuple[str, Entity]]:
        """The members of a group and of the groups in it, each once, the group itself never."""
        found: dict[str, tuple[str, Entity]] = {}
        seen, left = {str(group["id"]).lower()}, [group]
        while left:
            for kind, member in self.members("groups", left.pop()):
                key = str(member["id"]).lower()
                if key in seen:
                    continue
                seen.add(key)
                found[key] = (kind, member)
                if kind == "group":
                    left.append(member)
        return [found[key] for key in sorted(found)]

    def _lines(self, path: str) -> Iterator[tuple[str, Entity]]:
        file = self._estate.file
        for row in file.rows_of_type(f"graph/{path}"):
            try:
                line = orjson.loads(file.raw(row))
            except orjson.JSONDecodeError:
                continue
            yield str(line["id"]), _entity_of(line)

    def _by_id(self, path: str) -> dict[str, Entity]:
        if path not in self._indexes:
            self._indexes[path] = {str(entity["id"]).lower(): entity for entity in self.collection(path)}
        return self._indexes[path]

    @cached_property
    def _indexes(self) -> dict[str, dict[str, Entity]]:
        return {}

    @cached_property
    def _objects(self) -> dict[str, tuple[str, Entity]]:
        return {
            str(entity["id"]).lower(): (kind, entity)
            for path, kind in KINDS.items()
            for entity in self.collection(path)
        }

    def _related_lines(self, path: str) -> dict[str, list[Entity]]:
        if path not in self._relations:
            grouped: dict[str, list[Entity]] = {}
            for line_id, entity in self._lines(path):
                parts = line_id.lower().split("/")
                if len(parts) >= 3:
                    grouped.setdefault(parts[-3], []).append(entity)
            self._relations[path] = grouped
        return self._relations[path]

    @cached_property
    def _relations(self) -> dict[str, dict[str, list[Entity]]]:
        return {}


def _entity_of(line: Entity) -> Entity:
    """The Graph object of a line; its id is the object's own, else the last segment of the line's."""
    own = line.get("properties")
    entity = {**own} if isinstance(own, dict) else {key: line[key] for key in line if key != "type"}
    own_id = own.get("id") if isinstance(own, dict) else None
    return {
        "id": own_id or str(line["id"]).rsplit("/", 1)[-1],
        **{k: v for k, v in entity.items() if k != "id"},
    }
