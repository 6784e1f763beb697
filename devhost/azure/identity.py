"""The App Service managed-identity endpoint and the tokens it gave.

Source: learn.microsoft.com "How to use managed identities for App Service and Azure Functions", REST
protocol, api-version 2019-08-01.
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from typing import Final

from devhost.azure.errors import ArmError

API_VERSION: Final = "2019-08-01"
TOKEN_LIFETIME_S: Final = 24 * 3600
MAX_TOKENS: Final = 10_000
MANAGEMENT_AUDIENCES: Final = frozenset(
    {
        "https://management.azure.com",
        "https://management.core.windows.net",
        "https://management.usgovcloudapi.net",
        "https://management.core.usgovcloudapi.net",
        "https://management.chinacloudapi.cn",
        "https://management.core.chinacloudapi.cn",
    }
)
"""Resources whose tokens Azure Resource Manager accepts."""

_CHALLENGE: Final = 'Bearer authorization_uri="https://login.windows.net/common", error="invalid_token"'


class IdentityError(Exception):
    """A token request is refused; ``status`` is the HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class _Grant:
    audience: str
    expires_on: float


class Identity:
    """Gives opaque tokens and tells later whether one is good.

    ``clock`` gives seconds since the epoch; ``own_audience`` is accepted beside Azure's management audiences.
    """

    def __init__(self, header: str, clock: Callable[[], float], lifetime_s: int = TOKEN_LIFETIME_S) -> None:
        self.header = header
        self.lifetime_s = lifetime_s
        self.own_audience = ""
        self.issued = 0
        self._clock = clock
        self._grants: OrderedDict[str, _Grant] = OrderedDict()

    def issue(self, headers: Mapping[str, str], query: Mapping[str, str]) -> dict[str, str]:
        """The body of the answer to ``GET /msi/token``.

        Raises:
            IdentityError: wrong header (401), api-version or resource (400).
        """
        if not secrets.compare_digest(headers.get("X-IDENTITY-HEADER", "").encode(), self.header.encode()):
            raise IdentityError(401, "X-IDENTITY-HEADER is missing or does not match")
        if query.get("api-version") != API_VERSION:
            raise IdentityError(400, f"api-version must be {API_VERSION}")
        resource = query.get("resource", "")
        if not resource:
            raise IdentityError(400, "resource is required")
        token = "standin." + secrets.token_urlsafe(32)
        expires_on = int(self._clock()) + self.lifetime_s
        self._grants[token] = _Grant(resource.rstrip("/"), expires_on)
        while len(self._grants) > MAX_TOKENS:
            self._grants.popitem(last=False)
        self.issued += 1
        answer = {"access_token": token, "expires_on": str(expires_on), "resource": resource}
        return {**answer, "token_type": "Bearer", "client_id": query.get("client_id", "")}

    def refusal(self, authorization: str | None, audiences: Set[str]) -> tuple[str, str] | None:
        """``(code, message)`` of what is wrong with an ``Authorization`` header, None when it is good.

        Good is an unexpired token of this identity for one of ``audiences`` or for the stand-in itself.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing."
        grant = self._grants.get(token.strip())
        if grant is None:
            return "InvalidAuthenticationToken", "The access token is invalid."
        if grant.expires_on <= self._clock():
            return "ExpiredAuthenticationToken", "The access token expiry has passed."
        if grant.audience not in audiences and grant.audience != self.own_audience:
            return (
                "InvalidAuthenticationTokenAudience",
                f"The access token has been obtained for wrong audience or resource '{grant.audience}'.",
            )
        return None

    def check(self, authorization: str | None) -> None:
        """Accept the ``Authorization`` header of a Resource Manager call.

        Raises:
            ArmError: 401 with a challenge, when it is no unexpired management token of this identity.
        """
        refused = self.refusal(authorization, MANAGEMENT_AUDIENCES)
        if refused is not None:
            raise ArmError(401, *refused, headers={"WWW-Authenticate": _CHALLENGE})
