"""Where a secret stands in a workflow: only the places are told, never the values.

Parameters and secure types: https://learn.microsoft.com/azure/logic-apps/logic-apps-securing-a-logic-app;
authentication of HTTP operations: "Authenticate access", same page; definition language:
https://learn.microsoft.com/azure/logic-apps/logic-apps-workflow-definition-language.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from shared.domain.resource import Resource
from shared.rules.columns import ColumnError
from shared.rules.secret_names import suggests_secret

_SECURE: Final = frozenset({"securestring", "secureobject"})
_AUTHENTICATION: Final = frozenset({"password", "secret", "pfx", "value", "key"})
_HEADERS: Final = frozenset(
    {"authorization", "x-functions-key", "x-api-key", "api-key", "ocp-apim-subscription-key"}
)
_MOST: Final = 50_000
"""Members of a definition that are looked at; Azure allows 500 actions."""

Found = list[str]


def secrets_in(resource: Resource) -> Found:
    """Paths of plain values that are secrets by their place or name, sorted.

    Raises:
        ColumnError: the definition was not read, or is too large.
    """
    definition = resource.properties.get("definition")
    if not isinstance(definition, Mapping):
        raise ColumnError("properties.definition: missing")
    declared = _members(definition.get("parameters"))
    given = _members(resource.properties.get("parameters"))
    found = set(_parameters(declared, given))
    for part in ("triggers", "actions"):
        found |= set(_operations(definition.get(part), f"definition.{part}"))
    return sorted(found)


def _parameters(declared: Mapping[str, Any], given: Mapping[str, Any]) -> Iterator[str]:
    for name, one in declared.items():
        plain = isinstance(one, Mapping) and not _is_secure(one) and _literal(one.get("defaultValue"))
        if plain and suggests_secret(name):
            yield f"definition.parameters.{name}.defaultValue"
    for name, one in given.items():
        secure = _is_secure(declared.get(name)) or _is_secure(one)
        if isinstance(one, Mapping) and not secure and suggests_secret(name) and _literal(one.get("value")):
            yield f"parameters.{name}.value"


def _operations(node: Any, where: str) -> Iterator[str]:
    """Walks triggers and actions with all that is nested in them."""
    stack: list[tuple[Any, str]] = [(node, where)]
    looked_at = 0
    while stack:
        here, path = stack.pop()
        looked_at += 1
        if looked_at > _MOST:
            raise ColumnError(f"{where}: more than {_MOST} members")
        if isinstance(here, list):
            stack += [(one, f"{path}[{number}]") for number, one in enumerate(here)]
        if not isinstance(here, Mapping):
            continue
        for name, one in here.items():
            below = f"{path}.{name}"
            if name.lower() == "authentication":
                yield from _plain(one, below, _AUTHENTICATION)
            elif name.lower() == "headers":
                yield from _plain(one, below, _HEADERS)
            stack.append((one, below))


def _plain(members: Any, path: str, secret: frozenset[str]) -> Iterator[str]:
    for name, one in _members(members).items():
        if name.lower() in secret and _literal(one):
            yield f"{path}.{name}"


def _literal(value: Any) -> bool:
    """Whether something is written there, and not an expression such as `@parameters('password')`."""
    if isinstance(value, Mapping | list):
        return bool(value)
    if not isinstance(value, str) or not value:
        return False
    return not (value.startswith("@") and not value.startswith("@@")) and "@{" not in value


def _is_secure(parameter: Any) -> bool:
    kind = parameter.get("type") if isinstance(parameter, Mapping) else None
    return isinstance(kind, str) and kind.lower() in _SECURE


def _members(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
