"""Every rule of the product: modules of `shared.rules.packs`, each with one constant `RULE`."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final, Protocol

from shared.exposure import SubscriptionNetwork
from shared.rules import packs
from shared.rules.base import Rule, RuleMetadata, RuleScope
from shared.rules.columns import ColumnPlan, Fact
from shared.rules.estate import Estate
from shared.rules.resources import SubscriptionResources

AnyRule = Rule[Any]


class ResourceRule(Rule[SubscriptionResources], Protocol):
    """A rule over resources by their columns."""

    @property
    def columns(self) -> Mapping[str, Iterable[str]]:
        """Paths that must be kept, by lower-cased type."""
        ...

    @property
    def facts(self) -> Iterable[Fact]:
        """What must be computed when a resource is read."""
        ...


class EstateRule(Rule[Estate], Protocol):
    """A rule over an estate, with what it needs of resources by their columns."""

    @property
    def columns(self) -> Mapping[str, Iterable[str]]:
        """Paths that must be kept, by lower-cased type."""
        ...

    @property
    def facts(self) -> Iterable[Fact]:
        """What must be computed when a resource is read."""
        ...


class RuleRegistrationError(Exception):
    """A rule module breaks the conventions; the product must not start with it."""


def all_rules() -> tuple[AnyRule, ...]:
    """Every rule, in the order of the ids."""
    return tuple(_registered().values())


def network_rules() -> tuple[Rule[SubscriptionNetwork], ...]:
    """The rules over a subscription's joined network."""
    return tuple(rule for rule in all_rules() if rule.metadata.scope is RuleScope.NETWORK)


def resource_rules() -> tuple[ResourceRule, ...]:
    """The rules over resources by their columns."""
    return _resource_rules(_registered())


def estate_rules() -> tuple[EstateRule, ...]:
    """The rules over a subscription's resources and network together."""
    found: Any = tuple(rule for rule in all_rules() if rule.metadata.scope is RuleScope.ESTATE)
    return found  # type: ignore[no-any-return]  # rules of this scope are declared with columns


def directory_rules() -> tuple[ResourceRule, ...]:
    """The rules over the objects of a directory."""
    return _resource_rules(_registered(), RuleScope.DIRECTORY)


@cache
def column_plan() -> ColumnPlan:
    """What the rules over resources need of each type."""
    declared = [(rule.columns, rule.facts) for rule in (*resource_rules(), *directory_rules())]
    declared += [(rule.columns, rule.facts) for rule in estate_rules()]
    return ColumnPlan.of(declared)


def get(rule_id: str) -> AnyRule:
    """The rule with this id.

    Raises:
        KeyError: there is none.
    """
    return _registered()[rule_id]


@cache
def _registered() -> Mapping[str, AnyRule]:
    return MappingProxyType(register(_modules()))


def _modules() -> Iterable[tuple[str, object]]:
    """Name and `RULE` of every rule module; names that start with an underscore are shared parts."""
    for found in pkgutil.walk_packages(packs.__path__, packs.__name__ + "."):
        if not found.ispkg and not found.name.rsplit(".", 1)[-1].startswith("_"):
            yield found.name, getattr(import_module(found.name), "RULE", None)


_NAME_OF_CONSTANT: Final = "RULE"


def register(modules: Iterable[tuple[str, object]]) -> dict[str, AnyRule]:
    """Rules by id, sorted, from module names and their `RULE`.

    Raises:
        RuleRegistrationError: a module has no rule, two rules have one id, or a rule's file is not named by
            the last part of its id.
    """
    rules: dict[str, AnyRule] = {}
    for name, rule in modules:
        metadata = getattr(rule, "metadata", None)
        if not isinstance(metadata, RuleMetadata) or not callable(getattr(rule, "evaluate", None)):
            raise RuleRegistrationError(f"{name} has no constant {_NAME_OF_CONSTANT} that is a rule")
        if metadata.rule_id.rsplit(".", 1)[-1] != name.rsplit(".", 1)[-1]:
            raise RuleRegistrationError(f"{name} holds {metadata.rule_id}: the file name must match the id")
        if metadata.rule_id in rules:
            raise RuleRegistrationError(f"{name} repeats the id {metadata.rule_id}")
        rules[metadata.rule_id] = _as_rule(rule)
    with_columns = (RuleScope.RESOURCE, RuleScope.DIRECTORY, RuleScope.ESTATE)
    for rule in (one for scope in with_columns for one in _resource_rules(rules, scope)):
        kept = {*rule.columns, *(fact.type for fact in rule.facts)}
        if not kept <= set(rule.metadata.reads):
            raise RuleRegistrationError(f"{rule.metadata.rule_id} has columns of types that it does not read")
    return dict(sorted(rules.items()))


def _resource_rules(
    rules: Mapping[str, AnyRule], scope: RuleScope = RuleScope.RESOURCE
) -> tuple[ResourceRule, ...]:
    found: Any = tuple(rule for rule in rules.values() if rule.metadata.scope is scope)
    return found  # type: ignore[no-any-return]  # rules of this scope are declared with columns


def _as_rule(rule: object) -> AnyRule:
    checked: Any = rule
    return checked  # type: ignore[no-any-return]  # its shape was checked above
