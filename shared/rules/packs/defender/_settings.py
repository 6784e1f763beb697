"""Settings of Defender for Cloud in a subscription: `Microsoft.Security/settings`.

`GET /subscriptions/{id}/providers/Microsoft.Security/settings` (API version 2022-05-01) lists them by name;
`properties.enabled` is required of each.
"""

from typing import Final

from shared.rules.expectations import flag_is

SETTINGS: Final = "microsoft.security/settings"
SETTINGS_REFERENCE: Final = "https://learn.microsoft.com/rest/api/defenderforcloud/settings/list"

ENABLED: Final = flag_is("properties.enabled", True)
"""The setting is on."""
