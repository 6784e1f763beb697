"""Application settings as the host reads them: ``%NAME%`` in bindings, and connections by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_ENDPOINT = re.compile(r"(?:^|;)\s*Endpoint\s*=\s*sb://[^;/]+", re.IGNORECASE)
_REFERENCE = re.compile(r"%([^%]*)%")


class MissingSettingError(LookupError):
    """A binding names an application setting that does not exist; the message names it."""


class InvalidSettingError(ValueError):
    """An application setting exists but cannot be used; the message names it, never its value."""


@dataclass(frozen=True, slots=True)
class Connection:
    """Where a Service Bus trigger connects. Exactly one of the two is set."""

    connection_string: str | None = None
    fully_qualified_namespace: str | None = None
    """Host name; the caller's identity (DefaultAzureCredential) signs in."""


def expand(text: str, environment: Mapping[str, str]) -> str:
    """Replace each ``%NAME%`` by the setting NAME.

    Raises:
        MissingSettingError: when the setting is absent or empty.
    """

    def value_of(match: re.Match[str]) -> str:
        value = environment.get(match[1])
        if not value:
            raise MissingSettingError(f"the application setting {match[1]!r} is missing (named by {text!r})")
        return value

    return _REFERENCE.sub(value_of, text)


def resolve_connection(name: str, environment: Mapping[str, str]) -> Connection:
    """Find the connection ``name``: ``<name>`` or ``AzureWebJobs<name>`` holds a connection string, or
    ``<name>__fullyQualifiedNamespace`` a host name (identity-based connection).

    Raises:
        MissingSettingError: when none of them is set.
        InvalidSettingError: when the connection string has no endpoint.
    """
    for key in (name, f"AzureWebJobs{name}"):
        value = environment.get(key)
        if value and not _ENDPOINT.search(value):
            raise InvalidSettingError(
                f"the setting {key!r} is no connection string: Endpoint=sb://... is missing"
            )
        if value:
            return Connection(connection_string=value)
    namespace = environment.get(f"{name}__fullyQualifiedNamespace")
    if namespace:
        return Connection(fully_qualified_namespace=namespace)
    raise MissingSettingError(
        f"the connection {name!r} is missing: set {name} (connection string)"
        f" or {name}__fullyQualifiedNamespace"
    )
