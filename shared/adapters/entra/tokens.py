"""What makes an access token of Microsoft Entra ID acceptable: pure judgement, no fetching.

Sources: learn.microsoft.com/entra/identity-platform/access-tokens (validation, issuers of v1.0 and v2.0),
.../access-token-claims-reference and .../id-token-claims-reference (claims), RFC 7519 (JWT), RFC 8725
(algorithms are fixed by us, never taken from the token; one kind of token must not pass for another).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import jwt

from shared.domain.errors import UnauthorizedError
from shared.domain.principal import Principal, Role, Tier

ALGORITHM: Final = "RS256"
LEEWAY_SECONDS: Final = 60
"""How far the issuer's clock and ours may differ."""
MIN_KEY_BITS: Final = 2048
"""RFC 7518, 3.3."""
MAX_KEY_ID: Final = 256
_MAX_NAME: Final = 200
_CLIENT_CLAIMS: Final = {"1.0": "appid", "2.0": "azp"}
"""Who asked for an access token, by its version. ID tokens carry the same roles, but not this."""
_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_COMPACT: Final = re.compile(r"[\w-]+\.[\w-]+\.[\w-]*", re.ASCII)
_BY_STRENGTH: Final = (Role.ADMIN, Role.OPERATOR, Role.VIEWER)


@dataclass(frozen=True, slots=True)
class EntraTrust:
    """Whose tokens are accepted.

    `authority`: base URL of the v2.0 issuer, `https://login.microsoftonline.com`; `v1_issuer`: of the v1.0
    one, `https://sts.windows.net`; `tenants` in lower case; `audiences`: App ID URIs and client ids, as
    tokens carry them; `tiers`: principal id -> tier, for those that differ from `default_tier`.
    """

    authority: str
    v1_issuer: str
    tenants: frozenset[str]
    audiences: frozenset[str]
    default_tier: Tier = Tier.STANDARD
    tiers: Mapping[str, Tier] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Issuer:
    """One issuer: what `iss` says, the version of its tokens, and where its OpenID metadata is."""

    url: str
    tenant: str
    version: str
    metadata_url: str


@dataclass(frozen=True, slots=True)
class Presented:
    """A token's own word, not yet proven: which trusted issuer and which of its keys it names."""

    issuer: Issuer
    key_id: str


SigningKey = Any
"""A public RSA key of the cryptography package."""


def looks_like_jwt(token: str) -> bool:
    """Whether a bearer token has the form of a signed JWT (RFC 7515, compact serialisation)."""
    return _COMPACT.fullmatch(token) is not None


def presented(token: str, trust: EntraTrust) -> Presented:
    """Which key would prove the token. Looked at before anything is fetched for it.

    Raises:
        UnauthorizedError: another algorithm than RS256, no key id, critical extensions, an issuer or tenant
            that is not trusted.
    """
    try:
        header = jwt.get_unverified_header(token)
        claims = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise _refused() from error
    key_id = header.get("kid")
    if header.get("alg") != ALGORITHM or "crit" in header or "b64" in header:
        raise _refused()
    if not isinstance(key_id, str) or not 0 < len(key_id) <= MAX_KEY_ID:
        raise _refused()
    return Presented(_issuer(claims, trust), key_id)


def _issuer(claims: Mapping[str, Any], trust: EntraTrust) -> Issuer:
    tenant = claims.get("tid")
    if not isinstance(tenant, str) or not _GUID.fullmatch(tenant) or tenant not in trust.tenants:
        raise UnauthorizedError("Tokens of this tenant are not accepted")
    for issuer in issuers(tenant, trust):
        if claims.get("iss") == issuer.url and claims.get("ver") == issuer.version:
            return issuer
    raise UnauthorizedError("Tokens of this issuer are not accepted")


def issuers(tenant: str, trust: EntraTrust) -> tuple[Issuer, Issuer]:
    """The issuers of a tenant: v1.0 and v2.0."""
    base = f"{trust.authority}/{tenant}"
    metadata = ".well-known/openid-configuration"
    return (
        Issuer(f"{trust.v1_issuer}/{tenant}/", tenant, "1.0", f"{base}/{metadata}"),
        Issuer(f"{base}/v2.0", tenant, "2.0", f"{base}/v2.0/{metadata}"),
    )


def signing_keys(documents: list[Mapping[str, Any]]) -> dict[str, SigningKey]:
    """The usable keys of a key set by their ids: RSA, for signatures, not too short. Others are left out."""
    keys: dict[str, SigningKey] = {}
    for document in documents:
        key_id = document.get("kid")
        if document.get("kty") != "RSA" or document.get("use", "sig") != "sig":
            continue
        if document.get("alg", ALGORITHM) != ALGORITHM or not isinstance(key_id, str):
            continue
        try:
            key = jwt.PyJWK(dict(document), ALGORITHM).key
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
        if key.key_size >= MIN_KEY_BITS and hasattr(key, "verify"):
            keys[key_id] = key
    return keys


def accepted(token: str, key: SigningKey, issuer: Issuer, trust: EntraTrust, now: datetime) -> Principal:
    """The caller that a token proves.

    The principal is the object id within its tenant, for users, service principals and managed identities
    alike; its role is the strongest of the app roles, or None.

    Raises:
        UnauthorizedError: signature, issuer, audience, times or object id do not hold, or it is an ID token.
    """
    try:
        claims = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            issuer=issuer.url,
            audience=sorted(trust.audiences),
            options={
                "require": ["exp", "nbf", "iss", "aud", "tid", "oid"],
                "verify_exp": False,  # below, by our clock
                "verify_nbf": False,
                "verify_iat": False,
                "verify_sub": False,
                "verify_jti": False,
            },
        )
    except jwt.InvalidAudienceError as error:
        raise UnauthorizedError("Token is for another audience") from error
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise _refused() from error
    if not isinstance(claims["aud"], str) or claims["tid"] != issuer.tenant:
        raise _refused()
    if not isinstance(claims.get(_CLIENT_CLAIMS[issuer.version]), str):
        raise UnauthorizedError("Token is not an access token")
    _check_times(claims, now.timestamp())
    return _principal(claims, trust)


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    expires, begins = claims["exp"], claims["nbf"]
    if type(expires) is not int or type(begins) is not int:
        raise _refused()
    if expires <= now - LEEWAY_SECONDS:
        raise UnauthorizedError("Token has expired")
    if begins > now + LEEWAY_SECONDS:
        raise UnauthorizedError("Token is not valid yet")


def _principal(claims: Mapping[str, Any], trust: EntraTrust) -> Principal:
    oid = claims["oid"]
    if not isinstance(oid, str) or not _GUID.fullmatch(oid):
        raise _refused()
    identifier = principal_id(claims["tid"], oid)
    given = claims.get("roles")
    roles = given if isinstance(given, list) else []
    role = next((role for role in _BY_STRENGTH if role.value in roles), None)
    tier = trust.tiers.get(identifier, trust.default_tier)
    return Principal(identifier, _name(claims) or identifier, role, tier)


def principal_id(tenant: str, object_id: str) -> str:
    """The id of an Entra principal here."""
    return f"{tenant}:{object_id}"


def _name(claims: Mapping[str, Any]) -> str:
    """For people to read only: the user's name, or the application's id. It may change and repeat."""
    for claim in ("preferred_username", "unique_name", "name", "app_displayname", "azp", "appid"):
        value = claims.get(claim)
        if isinstance(value, str) and value.strip():
            return "".join(char for char in value if char.isprintable())[:_MAX_NAME]
    return ""


def _refused() -> UnauthorizedError:
    return UnauthorizedError("Invalid credentials")
