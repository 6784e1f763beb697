"""Which addresses the product may be told to call: public ones, and nothing that leads elsewhere. Pure.

Refused are all of IANA's special-purpose blocks (RFC 6890 and the registries
https://www.iana.org/assignments/iana-ipv4-special-registry and .../iana-ipv6-special-registry), multicast,
the forms of IPv6 that carry an IPv4 address (mapped RFC 4291, NAT64 RFC 6052 and RFC 8215, 6to4 RFC 3056,
Teredo RFC 4380), and Azure's platform address 168.63.129.16, which is public by number only
(https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16).
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

_REFUSED_4: Final = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_GLOBAL_6: Final = IPv6Network("2000::/3")
"""The only block of IPv6 that is handed out as global unicast; all embedded forms but three lie outside."""
_REFUSED_6: Final = tuple(
    IPv6Network(block) for block in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
"""Protocol assignments with Teredo, documentation, 6to4."""


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one of the public internet."""
    if isinstance(address, IPv4Address):
        return not any(address in block for block in _REFUSED_4)
    if address.scope_id is not None:
        return False
    return address in _GLOBAL_6 and not any(address in block for block in _REFUSED_6)


def is_public_text(text: str) -> bool:
    """The same for an address as text.

    Raises:
        ValueError: not an address.
    """
    return is_public(ip_address(text))
