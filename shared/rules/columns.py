"""The columns that property rules need of a resource: declared paths are kept, everything else is dropped.

A path names a member of the ARM resource, such as `properties.sslPolicy.policyName` or `tags.owner`;
`[*]` stands for every entry of a list: `properties.subnets[*].name`. What is kept has ARM's own shape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from shared.domain.resource import Resource, UnreadableResourceError

MAX_ENTRIES: Final = 5_000
"""Entries of a list that are kept. Azure allows 3,000 subnets, 400 routes, 1,500 NAT rules."""

ROOTS: Final = ("properties", "sku", "tags", "location", "kind", "identity", "managedBy")
"""Members of a resource that a path can begin with."""

FACTS: Final = "facts"
"""Member of the columns that holds what was computed when the resource was read."""

Tree = dict[str, "Tree"]
_EACH: Final = "[*]"


class ColumnError(ValueError):
    """A column does not hold what ARM documents; the message names the field and the reason."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something computed when a resource is read, because its raw material is too large to keep.

    `compute` gives a JSON value, and raises ValueError (naming field and reason) where it cannot tell.
    """

    name: str
    type: str
    compute: Callable[[Resource], Any]


def tree_of(paths: Iterable[str]) -> Tree:
    """Paths as one tree of members; a member without children is kept whole.

    Raises:
        ValueError: a path begins with no member of `ROOTS`.
    """
    tree: Tree = {}
    for path in sorted(paths):
        steps = path.replace(_EACH, f".{_EACH}").split(".")
        if steps[0] not in ROOTS:
            raise ValueError(f"column {path!r} does not begin with one of {', '.join(ROOTS)}")
        here = tree
        for step in steps:
            here = here.setdefault(step, {})
    return tree


def select(resource: Resource, tree: Tree) -> dict[str, Any]:
    """The declared columns of a resource; members that are absent or null are left out.

    What stands where an object or a list is due is kept as it is: the rule that reads it refuses it.

    Raises:
        UnreadableResourceError: a list is longer than any that Azure allows.
    """
    if not tree:
        return {}
    roots = {
        "properties": resource.properties,
        "sku": resource.sku,
        "tags": resource.tags,
        "location": resource.location,
        "kind": resource.kind or None,
        "identity": resource.identity or None,
        "managedBy": resource.managed_by or None,
    }
    try:
        kept = _select(roots, tree, "")
    except ColumnError as error:
        raise UnreadableResourceError(str(error), resource.id, resource.type) from error
    return kept if isinstance(kept, dict) else {}


def _select(value: Any, tree: Tree, where: str) -> Any:
    if not tree:
        return value
    if _EACH in tree:
        if not isinstance(value, list):
            return value
        if len(value) > MAX_ENTRIES:
            raise ColumnError(f"{where}: more than {MAX_ENTRIES} entries")
        return [_select(item, tree[_EACH], f"{where}[{n}]") for n, item in enumerate(value)]
    if not isinstance(value, Mapping):
        return value
    return {
        name: _select(value[name], below, f"{where}.{name}" if where else name)
        for name, below in tree.items()
        if value.get(name) is not None
    }


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """What to keep of every type that rules read by its columns."""

    trees: Mapping[str, Tree]
    facts: Mapping[str, tuple[Fact, ...]]

    @classmethod
    def of(cls, declared: Iterable[tuple[Mapping[str, Iterable[str]], Iterable[Fact]]]) -> ColumnPlan:
        """The union of what several rules declare: paths by type, and facts."""
        paths: dict[str, set[str]] = {}
        facts: dict[str, dict[str, Fact]] = {}
        for columns, computed in declared:
            for kind, named in columns.items():
                paths.setdefault(kind, set()).update(named)
            for fact in computed:
                facts.setdefault(fact.type, {})[fact.name] = fact
                paths.setdefault(fact.type, set())
        return cls(
            {kind: tree_of(named) for kind, named in sorted(paths.items())},
            {kind: tuple(named.values()) for kind, named in facts.items()},
        )

    @property
    def types(self) -> tuple[str, ...]:
        """The types with columns, lower-cased."""
        return tuple(self.trees)

    def columns(self, resource: Resource) -> dict[str, Any] | None:
        """The JSON-able columns of one resource; None for a type that no rule reads by its columns.

        Raises:
            UnreadableResourceError: see `select`.
        """
        tree = self.trees.get(resource.type)
        if tree is None:
            return None
        kept = select(resource, tree)
        computed = {fact.name: _computed(fact, resource) for fact in self.facts.get(resource.type, ())}
        return kept | {FACTS: computed} if computed else kept


_ERROR: Final = "error"
_VALUE: Final = "value"


def _computed(fact: Fact, resource: Resource) -> dict[str, Any]:
    try:
        return {_VALUE: fact.compute(resource)}
    except ValueError as error:
        return {_ERROR: str(error)}


def read_fact(columns: Mapping[str, Any], name: str) -> Any:
    """What a fact came to.

    Raises:
        ColumnError: it could not be told when the resource was read.
    """
    outcome = columns.get(FACTS, {}).get(name)
    if not isinstance(outcome, Mapping) or _VALUE not in outcome:
        raise ColumnError(str(outcome[_ERROR]) if isinstance(outcome, Mapping) else f"{name} was not read")
    return outcome[_VALUE]


def value_at(columns: Mapping[str, Any], path: str) -> Any:
    """The value at a path without `[*]`; None when it, or what it stands in, is absent.

    Raises:
        ColumnError: something else stands where an object is due.
    """
    here: Any = columns
    steps = _steps(path)
    for number, step in enumerate(steps):
        if here is None:
            return None
        if type(here) is not dict and not isinstance(here, Mapping):
            raise ColumnError(f"{'.'.join(steps[:number])}: not an object")
        here = here.get(step)
    return here


@lru_cache(maxsize=4_096)
def _steps(path: str) -> tuple[str, ...]:
    """The members that a path goes through; rules name a few hundred paths."""
    return tuple(path.split("."))


def text_at(columns: Mapping[str, Any], path: str) -> str | None:
    """A text, None when absent or empty.

    Raises:
        ColumnError: not text.
    """
    value = value_at(columns, path)
    if value is not None and not isinstance(value, str):
        raise ColumnError(f"{path}: not text")
    return value or None


def entries_at(columns: Mapping[str, Any], path: str) -> list[Mapping[str, Any]]:
    """The objects of a list, none when absent.

    Raises:
        ColumnError: not a list of objects.
    """
    value = value_at(columns, path)
    if value is None:
        return []
    if not isinstance(value, list):
        raise ColumnError(f"{path}: not a list")
    for number, item in enumerate(value):
        if not isinstance(item, Mapping):
            raise ColumnError(f"{path}[{number}]: not an object")
    return value
