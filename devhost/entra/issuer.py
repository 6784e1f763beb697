"""The tenant: its applications, the tokens they get, its metadata and its keys.

Sources: learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow (requests, errors),
.../access-token-claims-reference (claims of v1.0 and v2.0 tokens), OpenID Connect Discovery 1.0;
learn.microsoft.com/azure/app-service/overview-managed-identity (REST protocol, api-version 2019-08-01).
"""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

V1_ISSUER: Final = "https://sts.windows.net"
TOKEN_SECONDS: Final = 3600
IDENTITY_VERSION: Final = "2019-08-01"
_DEFAULT: Final = "/.default"


class TokenRefusedError(Exception):
    """An OAuth error (RFC 6749, 5.2): HTTP status, code, description as Entra words it."""

    def __init__(self, status: int, code: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Client:
    """A registered application: its secret and the app roles it was given."""

    client_id: str
    secret: str
    roles: tuple[str, ...]

    @property
    def object_id(self) -> str:
        """Of its service principal: always the same."""
        return str(uuid.uuid5(uuid.NAMESPACE_OID, self.client_id))


class TokenIssuer:
    """One tenant that protects one API. `clock` gives seconds since the epoch."""

    def __init__(
        self, tenant: str, api_uri: str, api_client_id: str, clients: list[Client], clock: Callable[[], float]
    ) -> None:
        self.tenant = tenant
        self.base_url = ""
        self._api_uri = api_uri
        self._api_client_id = api_client_id
        self._clients = {client.client_id: client for client in clients}
        self._clock = clock
        self._keys: list[tuple[str, rsa.RSAPrivateKey]] = []

    def add_key(self, key: rsa.RSAPrivateKey) -> str:
        """Sign with this key from now on; earlier ones stay published. Its id."""
        key_id = uuid.uuid5(uuid.NAMESPACE_OID, str(key.public_key().public_numbers().n)).hex
        self._keys.append((key_id, key))
        return key_id

    def metadata(self, version: str) -> dict[str, Any]:
        """OpenID metadata of `1.0` or `2.0`."""
        base = f"{self.base_url}/{self.tenant}"
        second = version == "2.0"
        return {
            "issuer": f"{base}/v2.0" if second else f"{V1_ISSUER}/{self.tenant}/",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "jwks_uri": f"{base}/discovery/v2.0/keys" if second else f"{base}/discovery/keys",
            "response_types_supported": ["code", "id_token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def keys(self) -> dict[str, Any]:
        """The key set (RFC 7517)."""
        published = []
        for key_id, key in self._keys:
            document = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
            shown = {name: document[name] for name in ("kty", "n", "e")}
            published.append({**shown, "use": "sig", "kid": key_id, "x5t": key_id})
        return {"keys": published}

    def token(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Answer to a client-credentials request.

        Raises:
            TokenRefusedError: another grant, unknown client, wrong secret or scope.
        """
        if form.get("grant_type") != "client_credentials":
            raise TokenRefusedError(400, "unsupported_grant_type", "AADSTS70003: unsupported grant type.")
        client = self._clients.get(form.get("client_id", ""))
        if client is None:
            raise TokenRefusedError(400, "unauthorized_client", "AADSTS700016: application not found.")
        if not hmac.compare_digest(form.get("client_secret", "").encode(), client.secret.encode()):
            raise TokenRefusedError(401, "invalid_client", "AADSTS7000215: Invalid client secret provided.")
        scope = form.get("scope", "")
        if not scope.endswith(_DEFAULT):
            raise TokenRefusedError(400, "invalid_scope", "AADSTS1002012: scope must end in /.default.")
        return {
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
            "ext_expires_in": TOKEN_SECONDS,
            "access_token": self._signed(client, scope.removesuffix(_DEFAULT)),
        }

    def managed_identity_token(
        self, client_id: str, headers: Mapping[str, str], query: Mapping[str, str]
    ) -> dict[str, Any]:
        """Answer to an App Service app that asks for a token of its identity, the client `client_id`.

        Raises:
            TokenRefusedError: wrong header, api-version or resource.
        """
        client = self._clients[client_id]
        given = headers.get("X-IDENTITY-HEADER", "")
        if not hmac.compare_digest(given.encode(), client.secret.encode()):
            raise TokenRefusedError(401, "invalid_client", "X-IDENTITY-HEADER is missing or does not match.")
        if query.get("api-version") != IDENTITY_VERSION:
            raise TokenRefusedError(400, "invalid_request", f"api-version must be {IDENTITY_VERSION}.")
        resource = query.get("resource", "")
        return {
            "access_token": self._signed(client, resource),
            "expires_on": str(int(self._clock()) + TOKEN_SECONDS),
            "resource": resource,
            "token_type": "Bearer",
            "client_id": client.client_id,
        }

    def knows(self, client_id: str) -> bool:
        """Whether there is such an application."""
        return client_id in self._clients

    def _signed(self, client: Client, audience: str) -> str:
        """A v1.0 token for the API's URI, a v2.0 one for its client id; nothing for other audiences."""
        now = int(self._clock())
        if audience == self._api_uri:
            own = {"iss": f"{V1_ISSUER}/{self.tenant}/", "ver": "1.0", "appid": client.client_id}
        elif audience == self._api_client_id:
            own = {"iss": f"{self.base_url}/{self.tenant}/v2.0", "ver": "2.0", "azp": client.client_id}
        else:
            raise TokenRefusedError(400, "invalid_resource", "AADSTS500011: resource principal not found.")
        claims = {
            **own,
            "aud": audience,
            "iat": now,
            "nbf": now,
            "exp": now + TOKEN_SECONDS,
            "oid": client.object_id,
            "sub": client.object_id,
            "tid": self.tenant,
            "idtyp": "app",
            "uti": uuid.uuid4().hex,
        }
        if client.roles:
            claims["roles"] = list(client.roles)
        key_id, key = self._keys[-1]
        return jwt.encode(claims, key, "RS256", headers={"kid": key_id, "x5t": key_id})
