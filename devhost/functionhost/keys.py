"""Access keys of a function app (learn.microsoft.com/azure/azure-functions/function-keys-how-to)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class AuthLevel(StrEnum):
    """Who may call an HTTP function."""

    ANONYMOUS = "anonymous"
    FUNCTION = "function"
    ADMIN = "admin"


def _matches(given: str, keys: list[str]) -> bool:
    presented = given.encode()
    # Every key is compared, so that the time taken does not tell which one came close.
    return any([hmac.compare_digest(presented, key.encode()) for key in keys])


@dataclass(frozen=True, slots=True)
class HostKeys:
    """The keys that the host accepts. Empty keys never match."""

    master: str
    """Opens everything."""
    host: Mapping[str, str] = field(default_factory=dict)
    """Key name to key; open every function of level ``function``."""
    functions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Function name to its own keys."""
    system: Mapping[str, str] = field(default_factory=dict)
    """Extension name to key; ``eventgrid_extension`` opens the Event Grid webhook."""

    def opens_function(self, level: AuthLevel, function: str, given: str) -> bool:
        """Whether the key ``given`` (empty when absent) may call an HTTP function of this level."""
        if level is AuthLevel.ANONYMOUS:
            return True
        accepted = [self.master]
        if level is AuthLevel.FUNCTION:
            accepted += [*self.host.values(), *self.functions.get(function, {}).values()]
        return bool(given) and _matches(given, accepted)

    def opens_webhook(self, extension: str, given: str) -> bool:
        """Whether the key may call the webhook of a host extension."""
        own = [self.system[extension]] if extension in self.system else []
        return bool(given) and _matches(given, [self.master, *own])
