"""What a role permits.

Actions match as https://learn.microsoft.com/azure/role-based-access-control/role-definitions says: `*` stands
for any text, case does not matter, and what `notActions` names is taken out of the same permission only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from shared.rules.access.builtin_roles import BUILT_IN
from shared.rules.columns import ColumnError, entries_at
from shared.rules.packs.rbac._definitions import DEFINITIONS, role_name, words_at
from shared.rules.resources import ResourceColumns, SubscriptionResources

ROLE_PATHS: Final = (
    "properties.roleName",
    "properties.type",
    *(
        f"properties.permissions[*].{name}"
        for name in ("actions", "notActions", "dataActions", "notDataActions")
    ),
)


@dataclass(frozen=True, slots=True)
class Permission:
    """One entry of a role's `permissions`."""

    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()

    def allows(self, action: str) -> bool:
        """The management action is permitted."""
        return _matched(self.actions, action) and not _matched(self.not_actions, action)

    def allows_data(self, action: str) -> bool:
        """The data action is permitted."""
        return _matched(self.data_actions, action) and not _matched(self.not_data_actions, action)


@dataclass(frozen=True, slots=True)
class Role:
    """A role, or, where `unread` says why, one of which it is not known what it permits."""

    id: str
    """Lower-cased GUID."""
    name: str
    permissions: tuple[Permission, ...] = ()
    unread: str | None = None

    def allows(self, action: str) -> bool:
        """Some permission of it allows the management action."""
        return any(one.allows(action) for one in self.permissions)

    def allows_data(self, action: str) -> bool:
        """Some permission of it allows the data action."""
        return any(one.allows_data(action) for one in self.permissions)


@dataclass(slots=True)
class Roles:
    """The roles that can be assigned in a subscription, by GUID."""

    defined: Mapping[str, Role]
    """Those whose definitions were read: custom ones, and built-in ones that are assigned."""
    doubt: str | None
    """Why there may be others."""
    _found: dict[str, Role] = field(default_factory=dict)

    @classmethod
    def of(cls, resources: SubscriptionResources) -> Roles:
        """The roles that were read, beside the built-in ones."""
        found = {one.name.lower(): _role(one) for one in resources.of(DEFINITIONS)}
        doubt = resources.unlisted(DEFINITIONS, resources.id) or resources.doubt(DEFINITIONS)
        return cls(found, doubt)

    def get(self, role_id: str) -> Role:
        """The role with this GUID: one of the table of built-in roles, else as its definition was read."""
        found = self._found.get(role_id)
        if found is None:
            found = _built_in(role_id) or self.defined.get(role_id)
            if found is None:
                unread = self.doubt or "its definition is not among those of the subscription"
                found = Role(role_id, f"role {role_id}", unread=f"the role could not be read: {unread}")
            self._found[role_id] = found
        return found


def _role(resource: ResourceColumns) -> Role:
    identity = resource.name.lower()
    try:
        permissions = tuple(
            Permission(
                *(
                    tuple(words_at(one, name))
                    for name in ("actions", "notActions", "dataActions", "notDataActions")
                )
            )
            for one in entries_at(resource.columns, "properties.permissions")
        )
        return Role(identity, role_name(resource), permissions)
    except ColumnError as error:
        return Role(identity, resource.name, unread=f"the role could not be understood: {error}")


def _built_in(role_id: str) -> Role | None:
    known: Any = BUILT_IN.get(role_id)
    if known is None:
        return None
    name, actions, not_actions, data_actions = known
    return Role(role_id, name, (Permission(actions, not_actions, data_actions),))


def _matched(patterns: tuple[str, ...], action: str) -> bool:
    return any(_compiled(one).fullmatch(action) is not None for one in patterns)


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(re.escape(pattern).replace(r"\*", ".*"), re.IGNORECASE | re.DOTALL)
