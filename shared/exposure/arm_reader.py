"""Reading the nested objects of one ARM resource, with errors that name the field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from shared.domain.resource import Resource, UnreadableResourceError

_MOST: Final = 5_000
"""Entries of a list. Azure allows 3,000 subnets, 400 routes, 1,500 rules, 5,000 members of a pool."""


class ArmReader:
    """Reads nested ARM objects of one resource; errors name the field."""

    def __init__(self, resource: Resource) -> None:
        self._resource = resource

    def refuse(self, field: str, reason: str) -> UnreadableResourceError:
        """The error for one field."""
        return UnreadableResourceError(f"{field}: {reason}", self._resource.id, self._resource.type)

    def items(
        self, owner: Mapping[str, Any], field: str, where: str
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The objects of a list and their paths; null is an empty list."""
        value = owner.get(field) or []
        if not isinstance(value, list) or len(value) > _MOST:
            raise self.refuse(f"{where}.{field}", f"not a list of at most {_MOST} entries")
        for number, item in enumerate(value):
            path = f"{where}.{field}[{number}]"
            if not isinstance(item, Mapping):
                raise self.refuse(path, "not an object")
            yield path, item

    def properties(self, item: Mapping[str, Any], where: str) -> Mapping[str, Any]:
        """The `properties` object of a nested resource."""
        value = item.get("properties")
        if not isinstance(value, Mapping):
            raise self.refuse(f"{where}.properties", "not an object")
        return value

    def reference(self, owner: Mapping[str, Any], field: str, where: str) -> str | None:
        """The id of an `{"id": ...}` object, as Azure spells it; None when there is none."""
        value = owner.get(field)
        if value is None:
            return None
        if not isinstance(value, Mapping) or not isinstance(value.get("id"), str):
            raise self.refuse(f"{where}.{field}.id", "not text")
        return str(value["id"])

    def text(self, owner: Mapping[str, Any], field: str, where: str) -> str:
        """A text that must be there."""
        value = owner.get(field)
        if not isinstance(value, str) or not value:
            raise self.refuse(f"{where}.{field}", "missing, or not text")
        return value

    def texts(self, owner: Mapping[str, Any], field: str, where: str) -> list[str]:
        """A list of text; null is an empty list."""
        value = owner.get(field) or []
        if not isinstance(value, list) or len(value) > _MOST:
            raise self.refuse(f"{where}.{field}", f"not a list of at most {_MOST} entries")
        if not all(isinstance(item, str) and item for item in value):
            raise self.refuse(f"{where}.{field}", "not a list of text")
        return value

    def references(self, owner: Mapping[str, Any], field: str, where: str) -> list[str]:
        """The ids of a list of `{"id": ...}` objects, lower-cased."""
        return [self.text(item, "id", path).lower() for path, item in self.items(owner, field, where)]

    def number(self, owner: Mapping[str, Any], field: str, where: str) -> int:
        """A whole number between 0 and 65535, such as a port."""
        value = owner.get(field)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 65_535:
            raise self.refuse(f"{where}.{field}", "not a whole number between 0 and 65535")
        return value
