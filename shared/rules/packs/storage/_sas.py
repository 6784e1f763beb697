"""How long the account's policy lets a shared access signature live.

https://learn.microsoft.com/azure/storage/common/sas-expiration-policy; period in the form DD.HH:MM:SS.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from shared.rules.columns import ColumnError, text_at
from shared.rules.expectations import MET, Columns, Expectation, Verdict, unmet

MOST: Final = timedelta(hours=1)
"""CIS Microsoft Azure Foundations Benchmark 3.0, 4.5."""

_PERIOD: Final = "properties.sasPolicy.sasExpirationPeriod"
_FORM: Final = re.compile(r"(?:(\d{1,6})\.)?(\d{1,2}):(\d{1,2}):(\d{1,2})")


def _short(columns: Columns) -> Verdict:
    text = text_at(columns, _PERIOD)
    if text is None:
        return unmet(f"{_PERIOD} is not set, expected at most {MOST}")
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise ColumnError(f"{_PERIOD}: not of the form DD.HH:MM:SS")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    period = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return MET if period <= MOST else unmet(f"{_PERIOD} is {text}, expected at most {MOST}")


is_short_lived: Final = Expectation((_PERIOD, "properties.sasPolicy.expirationAction"), _short)
"""A policy is set, and its period is short. Whether it blocks or only logs is in the evidence."""
