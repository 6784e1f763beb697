"""Settings of Defender for Cloud in a subscription: `Microsoft.Security/settings`.

`GET /subscriptions/{id}/providers/Microsoft.Security/settings` (API version 2022-05-01) lists them by name;
`properties.enabled` is required of each.
"""

from typing import Final

from shared.rules.columns import ColumnError, value_at
from shared.rules.expectations import MET, Columns, Expectation, Verdict, unmet

SETTINGS: Final = "microsoft.security/settings"
SETTINGS_REFERENCE: Final = "https://learn.microsoft.com/rest/api/defenderforcloud/settings/list"
_ENABLED: Final = "properties.enabled"


def _judge(columns: Columns) -> Verdict:
    value = value_at(columns, _ENABLED)
    if not isinstance(value, bool):
        raise ColumnError(f"{_ENABLED}: {'missing' if value is None else 'neither true nor false'}")
    return MET if value else unmet("it is turned off")


ENABLED: Final = Expectation((_ENABLED,), _judge)
"""The setting is on."""
