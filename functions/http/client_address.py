"""Where a call comes from, as far as it can be known behind the platform's front end.

Each proxy appends the address it was called from to `X-Forwarded-For`; App Service's front end, behind which
Functions stand, does so too, with the port (`203.0.113.7:51234`). Whatever stands left of what trusted
proxies appended was written by the caller and says nothing. With one trusted hop the last entry counts, with
two the one before it, and so on.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

HEADER: Final = "X-Forwarded-For"
UNKNOWN: Final = "unknown"
"""Network of callers whose address nobody named: they share a limit."""
_MAX_HEADER: Final = 4096
_IPV6_SITE: Final = 64


def client_address(headers: Mapping[str, str], trusted_hops: int) -> str | None:
    """The caller's address in canonical form; None when the header is absent or names none there."""
    header = headers.get(HEADER) or headers.get(HEADER.lower())
    if not header:
        return None
    entries = header[-_MAX_HEADER:].split(",")
    parsed = _address(entries[-min(trusted_hops, len(entries))])
    return None if parsed is None else str(parsed)


def network_of(address: str | None) -> str:
    """What failed attempts are counted by: an IPv4 address, or the /64 that one IPv6 customer has."""
    if address is None:
        return UNKNOWN
    if ip_address(address).version == 4:
        return address
    return str(ip_network(f"{address}/{_IPV6_SITE}", strict=False))


def _address(entry: str) -> IPv4Address | IPv6Address | None:
    text = entry.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        parsed = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed
