"""How long a certificate of a vault lives.

Its own span tells, from `nbf` to `exp`; where its policy was read, what the next one is asked for tells too:
https://learn.microsoft.com/rest/api/keyvault/certificates/get-certificate-policy/get-certificate-policy
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from shared.rules.columns import ColumnError, value_at
from shared.rules.instants import epoch_at
from shared.rules.packs.keyvault._objects import BEGINS, CREATED, ENDS, Objection, instant
from shared.rules.resources import ResourceColumns, SubscriptionResources

MOST_MONTHS: Final = 12
"""CIS Microsoft Azure Foundations Benchmark 6.0, 8.3.11."""

MOST: Final = timedelta(days=367)
"""Twelve months with a leap day, and a day because issuers date certificates back a little."""

_MONTHS: Final = "properties.policy.x509_props.validity_months"
PATHS: Final = (BEGINS, CREATED, ENDS, _MONTHS)


def lives_too_long(one: ResourceColumns, resources: SubscriptionResources) -> Objection | None:
    """Objects to a certificate that is, or will be renewed, for more than twelve months."""
    months = value_at(one.columns, _MONTHS)
    if months is not None and (isinstance(months, bool) or not isinstance(months, int)):
        raise ColumnError(f"{_MONTHS}: not a number of months")
    if months is not None and months > MOST_MONTHS:
        return f"is issued for {months} months by its policy", {"validity_months": months}
    begins = epoch_at(one.columns, BEGINS) or instant(one, CREATED)
    span = instant(one, ENDS) - begins
    if span <= MOST:
        return None
    return f"is valid for {span.days} days, expected a year at most", {"validity_days": span.days}
