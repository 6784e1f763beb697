"""Shared access signatures as Service Bus checks them.

Source: "Service Bus access control with Shared Access Signatures" (Microsoft Learn): the signature is
base64(HMAC-SHA256(key, url-encoded resource + "\\n" + expiry)); a token for a resource covers everything
below it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote_plus, unquote_plus, urlsplit

TOKEN_TYPES: Final = ("servicebus.windows.net:sastoken", "jwt")
"""What put-token may call the token's type: azure-servicebus 7.15 labels signatures `jwt`."""

_PREFIX: Final = "SharedAccessSignature "
_MAX_TOKEN_LENGTH: Final = 8192
_LOOPBACK_HOSTS: Final = frozenset(("localhost", "127.0.0.1", "::1"))


class TokenError(ValueError):
    """The token is malformed, badly signed, expired, or for another resource."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a valid token allows: everything at or below `path`, until `expires_at` (seconds since the
    epoch).
    """

    path: str
    expires_at: int

    def covers(self, entity: str) -> bool:
        """Whether an entity address (relative, any case) lies at or below the granted path."""
        wanted = entity.strip("/").lower()
        return not self.path or wanted == self.path or wanted.startswith(self.path + "/")


@dataclass(frozen=True, slots=True)
class SharedAccessKey:
    """The one authorization rule of the namespace: its name and its key."""

    name: str
    key: str

    def __repr__(self) -> str:
        return f"SharedAccessKey(name={self.name!r})"

    def sign(self, resource: str, expires_at: int) -> str:
        """A token for a resource URI, valid until `expires_at` (seconds since the epoch)."""
        encoded = quote_plus(resource)
        signature = quote_plus(self._signature(encoded, str(expires_at)))
        return f"{_PREFIX}sr={encoded}&sig={signature}&se={expires_at}&skn={quote_plus(self.name)}"

    def grant(self, token: str, audience: str, now: float) -> Grant:
        """Check a token that was put for an audience (a URI) and return what it allows.

        Raises:
            TokenError: with the reason, never with a part of the token.
        """
        if len(token) > _MAX_TOKEN_LENGTH or not token.startswith(_PREFIX):
            raise TokenError("The token is not a shared access signature.")
        fields = _fields(token[len(_PREFIX) :])
        if unquote_plus(fields["skn"]) != self.name:
            raise TokenError("The token names an unknown authorization rule.")
        expected = self._signature(fields["sr"], fields["se"])
        if not hmac.compare_digest(expected.encode(), unquote_plus(fields["sig"]).encode()):
            raise TokenError("The token has an invalid signature.")
        if not fields["se"].isascii() or not fields["se"].isdigit() or len(fields["se"]) > 12:
            raise TokenError("The token's expiry is not a number of seconds.")
        expires_at = int(fields["se"])
        if expires_at <= now:
            raise TokenError("The token is expired.")
        signed = Grant(_path(unquote_plus(fields["sr"])), expires_at)
        wanted = _path(audience)
        if not signed.covers(wanted):
            raise TokenError("The token's resource does not cover the audience.")
        return Grant(wanted, expires_at)

    def _signature(self, encoded_resource: str, expiry: str) -> str:
        text = f"{encoded_resource}\n{expiry}".encode()
        return base64.b64encode(hmac.new(self.key.encode(), text, hashlib.sha256).digest()).decode()


def _fields(text: str) -> dict[str, str]:
    """The still url-encoded fields: the signature is over the resource as it was encoded by the signer."""
    fields: dict[str, str] = {}
    for part in text.split("&"):
        name, separator, value = part.partition("=")
        if not separator or name in fields:
            raise TokenError("The token is malformed.")
        fields[name] = value
    missing = [name for name in ("sr", "sig", "se", "skn") if name not in fields]
    if missing:
        raise TokenError(f"The token lacks {', '.join(missing)}.")
    return fields


def _path(uri: str) -> str:
    """The entity path of a resource URI, lower-cased; the host must be this machine's loopback name."""
    try:
        parts = urlsplit(uri)
        host = parts.hostname
    except ValueError as error:
        raise TokenError("The resource is not a URI.") from error
    if parts.scheme not in ("sb", "amqp", "amqps", "http", "https") or host not in _LOOPBACK_HOSTS:
        raise TokenError("The resource is not on this namespace.")
    return parts.path.strip("/").lower()
