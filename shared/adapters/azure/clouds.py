"""Azure's clouds: where Resource Manager answers, what a token must be for, and who issues it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Cloud:
    """One cloud. `audience` + `/.default` is the scope of a token; `authority` is Entra's host."""

    name: str
    resource_manager: str
    audience: str
    authority: str


# Endpoints and audiences: azure.mgmt.core.tools.get_arm_endpoints (azure-mgmt-core 1.6.0); authorities:
# azure.identity.AzureAuthorityHosts.
CLOUDS: Final = {
    "public": Cloud(
        "public",
        "https://management.azure.com",
        "https://management.azure.com",
        "login.microsoftonline.com",
    ),
    "usgov": Cloud(
        "usgov",
        "https://management.usgovcloudapi.net",
        "https://management.core.usgovcloudapi.net",
        "login.microsoftonline.us",
    ),
    "china": Cloud(
        "china",
        "https://management.chinacloudapi.cn",
        "https://management.chinacloudapi.cn",
        "login.chinacloudapi.cn",
    ),
}


def cloud_named(name: str) -> Cloud:
    """The cloud of that name; ValueError when there is none."""
    try:
        return CLOUDS[name]
    except KeyError:
        raise ValueError(f"cloud: {name[:40]!r} is none of {', '.join(CLOUDS)}") from None


def origin_of(url: str) -> str:
    """Scheme, host and port of an absolute URL, lower-cased and with the scheme's default port left out.

    Raises:
        ValueError: not an http(s) URL, or one that carries user information.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise ValueError("not an http(s) URL with a plain host")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    default = 443 if parts.scheme == "https" else 80
    port = parts.port or default
    return f"{parts.scheme}://{host}" + ("" if port == default else f":{port}")


def is_loopback(url: str) -> bool:
    """Whether a URL's host is this machine, by name `localhost` or by address."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def checked_base_url(url: str) -> str:
    """A base URL as an origin without a path.

    Raises:
        ValueError: not an absolute URL, has a path or a query, or is http to anything but this machine:
            a token would travel in the clear.
    """
    try:
        origin = origin_of(url)
    except ValueError as error:
        raise ValueError(f"base_url: {url[:80]!r} is {error}") from error
    parts = urlsplit(url)
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError(f"base_url: {url[:80]!r} has a path or a query")
    if parts.scheme == "http" and not is_loopback(url):
        raise ValueError(f"base_url: {url[:80]!r}: http is allowed to this machine only, use https")
    return origin
