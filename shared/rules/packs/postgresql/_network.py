"""How a PostgreSQL flexible server is reached.

`publicNetworkAccess` is stated for every server; one inside a virtual network (a delegated subnet) has no
public endpoint, and built-in policy 5e1de0e3-42cb-4ebc-a86d-61d0c619ca48 takes it for private:
https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-networking-private
"""

from __future__ import annotations

from typing import Final

from shared.rules.expectations import any_of, is_one_of, is_set, negated

is_private: Final = any_of(
    is_set("properties.network.delegatedSubnetResourceId"),
    is_one_of("properties.network.publicNetworkAccess", "Disabled", absent=None),
)
"""Inside a virtual network, or with its public access off."""

is_public: Final = negated(is_private, "the server has no public endpoint")
"""The public endpoint answers, so that firewall rules matter."""
