"""How long ago a secret was set.

Each new value is a new version with its own `created`; `updated` also changes with tags and dates, so it
does not tell: https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from shared.domain.timestamps import wire_time
from shared.rules.packs.keyvault._objects import CREATED, Objection, instant
from shared.rules.resources import ResourceColumns, SubscriptionResources

MOST: Final = timedelta(days=365)


def set_long_ago(one: ResourceColumns, resources: SubscriptionResources) -> Objection | None:
    """Objects to a secret whose value is older than a year."""
    created = instant(one, CREATED)
    age = resources.as_of - created
    if age <= MOST:
        return None
    words = f"was last set {age.days} days ago, expected a year at most"
    return words, {"set_on": wire_time(created), "age_days": age.days}
