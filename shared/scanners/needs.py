"""What a scanner needs to be allowed to do, and which of its rules need it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from shared.domain.plan_record import Reading
from shared.domain.reading import DIRECTORY_TYPE, SUBSCRIPTION_TYPE
from shared.rules.base import RuleMetadata
from shared.scanners.details import Collector


class PermissionKind(StrEnum):
    """Who grants it: a role's actions, a role's data actions, or consent to an application of Graph."""

    ACTION = "action"
    DATA_ACTION = "data_action"
    GRAPH = "graph"


@dataclass(frozen=True, slots=True)
class Need:
    """One permission, the types that it opens, and the rules that read them. `rules` empty: every rule."""

    kind: PermissionKind
    name: str
    types: tuple[str, ...]
    rules: tuple[str, ...]
    optional: bool = False
    """Whether every rule gives its word without it; only Azure's confirmation of it is missing then."""


_ALWAYS: Final = (
    Need(PermissionKind.ACTION, "Microsoft.Resources/subscriptions/read", (), ()),
    Need(PermissionKind.ACTION, "Microsoft.Resources/subscriptions/resourceGroups/read", (), ()),
    Need(PermissionKind.ACTION, "Microsoft.Authorization/permissions/read", (), ()),
)
"""To find the subscriptions, and to tell what may not be read from what is not there."""


def needs_of(
    reading: Reading, collectors: Sequence[Collector], rules: Iterable[RuleMetadata]
) -> tuple[Need, ...]:
    """Every permission that reading these types takes, each once, ordered by kind and name."""
    given: dict[str, tuple[str, ...]] = {}
    for collector in collectors:
        given.update(collector.permissions)
    opens: dict[tuple[PermissionKind, str], set[str]] = {}
    spelled: dict[tuple[PermissionKind, str], str] = {}
    # Collected types first: their permissions are spelled as documented, and Azure compares in any case.
    for kind in sorted((*reading.types, *reading.directory_types), key=lambda one: one not in given):
        for text in given.get(kind, (f"{kind}/read",)) if kind not in _SCOPES else ():
            permission, name = parse_permission(text)
            spelled.setdefault((permission, name.lower()), name)
            opens.setdefault((permission, spelled[permission, name.lower()]), set()).add(kind)
    readers = _readers(rules, reading.derived)
    found = [
        Need(
            kind,
            name,
            tuple(sorted(types)),
            tuple(sorted({rule for one in types for rule in readers.get(one, ())})),
        )
        for (kind, name), types in opens.items()
    ]
    order = list(PermissionKind)
    taken = {_key(one): one for one in found}
    always = [replace(one, types=taken[_key(one)].types) if _key(one) in taken else one for one in _ALWAYS]
    others = [one for one in found if _key(one) not in map(_key, _ALWAYS)]
    return (*always, *sorted(others, key=lambda one: (order.index(one.kind), one.name.lower())))


def _key(need: Need) -> tuple[PermissionKind, str]:
    """What it is for Azure, which compares names in any case."""
    return need.kind, need.name.lower()


_SCOPES: Final = (SUBSCRIPTION_TYPE, DIRECTORY_TYPE)


def _readers(rules: Iterable[RuleMetadata], derived: Mapping[str, tuple[str, ...]]) -> dict[str, set[str]]:
    """Type -> the rules that cannot judge without it, also because something below it is read."""
    readers: dict[str, set[str]] = {}
    for rule in rules:
        for kind in rule.reads:
            for one in (kind, *derived.get(kind, ())):
                readers.setdefault(one, set()).add(rule.rule_id)
    return readers


def parse_permission(text: str) -> tuple[PermissionKind, str]:
    """A collector's permission: an action, `data:` and a data action, or `graph:` and a permission."""
    prefix, found, name = text.partition(":")
    if found and prefix == "data":
        return PermissionKind.DATA_ACTION, name
    if found and prefix == "graph":
        return PermissionKind.GRAPH, name
    return PermissionKind.ACTION, text
