"""How many credentials of an estate end within 30 days of a moment, read from its file alone."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

WINDOW = timedelta(days=30)
_OBJECTS = frozenset(f"microsoft.keyvault/vaults/{kind}" for kind in ("keys", "secrets", "certificates"))


def expiring_within(estate: Path, now: datetime) -> int:
    """Objects of vaults, and secrets and certificates of applications. Vaults nobody can list hold none."""
    ends: list[datetime] = []
    for line in estate.read_text().splitlines():
        one = json.loads(line)
        if one["type"].lower() in _OBJECTS and "exp" in one["properties"]["attributes"]:
            ends.append(datetime.fromtimestamp(one["properties"]["attributes"]["exp"], now.tzinfo))
        elif one["type"] == "graph/applications":
            held = one["properties"]["passwordCredentials"] + one["properties"]["keyCredentials"]
            ends += [datetime.fromisoformat(credential["endDateTime"]) for credential in held]
    return sum(now < end <= now + WINDOW for end in ends)
