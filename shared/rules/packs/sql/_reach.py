"""Whether firewall rules of a SQL server matter at all.

"When Public network access is set to Disable, only connections from private endpoints are allowed":
https://learn.microsoft.com/azure/azure-sql/database/connectivity-settings
"""

from __future__ import annotations

from typing import Final

from shared.rules.expectations import is_one_of

is_public: Final = is_one_of("properties.publicNetworkAccess", "Enabled", absent="Enabled")
"""The public endpoint answers, so that the firewall decides."""
