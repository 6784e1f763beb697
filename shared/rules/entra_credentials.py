"""Secrets and certificates of Microsoft Entra applications and service principals.

`passwordCredentials` and `keyCredentials` as Microsoft Graph v1.0 lists them: a `keyId`, a friendly name and
the time of validity. Nothing else of a credential is kept; Graph itself never shows a secret again.
https://learn.microsoft.com/graph/api/resources/passwordcredential
https://learn.microsoft.com/graph/api/resources/keycredential
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from shared.domain.timestamps import wire_time
from shared.rules.base import EXPIRES_SOON
from shared.rules.columns import ColumnError, entries_at, text_at, value_at
from shared.rules.resources import SubscriptionResources

LONGEST: Final = timedelta(days=180)
"""How far ahead a credential may end: what the portal proposes for a secret. Microsoft recommends less than
12 months (https://learn.microsoft.com/entra/identity-platform/how-to-add-credentials)."""


class CredentialKind(StrEnum):
    """What proves an application's identity."""

    SECRET = "secret"  # noqa: S105 - a kind
    CERTIFICATE = "certificate"


_LISTS: Final = {
    CredentialKind.SECRET: "properties.passwordCredentials",
    CredentialKind.CERTIFICATE: "properties.keyCredentials",
}
_MEMBERS: Final = ("keyId", "displayName", "endDateTime", "usage")
CREDENTIAL_PATHS: Final = tuple(f"{path}[*].{member}" for path in _LISTS.values() for member in _MEMBERS)


@dataclass(frozen=True, slots=True)
class Credential:
    """One secret or certificate: `usage` is Graph's (`Verify`, `Sign`), None for a secret."""

    kind: CredentialKind
    key_id: str
    name: str
    ends: datetime
    usage: str | None = None

    @property
    def label(self) -> str:
        """How a finding speaks of it: `secret deploy`; by its key where it has no name."""
        return f"{self.kind.value} {self.name or self.key_id}"


class Life(StrEnum):
    """Where a credential stands in its life."""

    EXPIRED = "expired"
    EXPIRING = "expiring"
    LONG_LIVED = "long-lived"
    CURRENT = "current"


def life(credential: Credential, subject: SubscriptionResources) -> Life:
    """Measured against the time when the credential was read."""
    left = credential.ends - subject.as_of
    if left <= timedelta():
        return Life.EXPIRED
    if left <= subject.settings.expiring_within:
        return Life.EXPIRING
    return Life.LONG_LIVED if left > LONGEST else Life.CURRENT


def evidence_of(credential: Credential, state: Life) -> dict[str, Any]:
    """What a finding shows of a credential."""
    shown: dict[str, Any] = {
        "kind": credential.kind.value,
        "key_id": credential.key_id,
        "name": credential.name,
        "expires_on": wire_time(credential.ends),
    }
    return shown | ({EXPIRES_SOON: True} if state is Life.EXPIRING else {})


def in_words(credential: Credential, state: Life, as_of: datetime) -> str:
    """`secret deploy expired on 2026-05-01`."""
    day = credential.ends.date().isoformat()
    if state is Life.LONG_LIVED:
        days = (credential.ends - as_of).days
        return f"{credential.label} is valid for {days} more days, expected at most {LONGEST.days}"
    return f"{credential.label} {'expired on' if state is Life.EXPIRED else 'expires on'} {day}"


def credentials(columns: Mapping[str, Any]) -> list[Credential]:
    """Every credential, in the order that Graph lists them.

    Raises:
        ColumnError: a list is missing (Graph was not asked for it), or an entry is not what Graph documents.
    """
    return [one for kind, path in _LISTS.items() for one in _listed(columns, kind, path)]


def secrets(columns: Mapping[str, Any]) -> list[Credential]:
    """The client secrets only; raises as `credentials`."""
    path = _LISTS[CredentialKind.SECRET]
    return list(_listed(columns, CredentialKind.SECRET, path))


def _listed(columns: Mapping[str, Any], kind: CredentialKind, path: str) -> Iterator[Credential]:
    if value_at(columns, path) is None:
        raise ColumnError(f"{path}: missing")
    for number, entry in enumerate(entries_at(columns, path)):
        key = text_at(entry, "keyId")
        if key is None:
            raise ColumnError(f"{path}[{number}].keyId: missing")
        name = text_at(entry, "displayName") or ""
        yield Credential(kind, key, name, _moment(entry, f"{path}[{number}]"), text_at(entry, "usage"))


def _moment(entry: Mapping[str, Any], where: str) -> datetime:
    text = text_at(entry, "endDateTime")
    if text is None:
        raise ColumnError(f"{where}.endDateTime: missing")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ColumnError(f"{where}.endDateTime: not a time") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
