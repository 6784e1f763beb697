"""What decides on reachability beside the listed resources."""

from __future__ import annotations

from typing import Final

from shared.scanners.collectors._lists import ArmList, Ask
from shared.scanners.network_details import ADMIN_RULES, SQL_FIREWALL_RULES

COLLECTORS: Final = (
    # https://learn.microsoft.com/rest/api/sql/firewall-rules/list-by-server
    ArmList(
        type=SQL_FIREWALL_RULES,
        parents=("microsoft.sql/servers",),
        path="/firewallRules",
        api_version="2021-11-01",
        action="Microsoft.Sql/servers/firewallRules/read",
    ),
    # https://learn.microsoft.com/rest/api/networkmanager/list-network-manager-effective-security-admin-rules
    ArmList(
        type=ADMIN_RULES,
        parents=("microsoft.network/virtualnetworks",),
        path="/listNetworkManagerEffectiveSecurityAdminRules",
        api_version="2024-05-01",
        action="Microsoft.Network/virtualNetworks/listNetworkManagerEffectiveSecurityAdminRules/action",
        ask=Ask.POST,
    ),
)
