"""Who gets the reports of vulnerability scans.

https://learn.microsoft.com/rest/api/sql/server-vulnerability-assessments/list-by-server
"""

from __future__ import annotations

from typing import Final

from shared.rules.columns import ColumnError, value_at
from shared.rules.expectations import MET, Columns, Expectation, Verdict, unmet

_EMAILS: Final = "properties.recurringScans.emails"


def _some_address(columns: Columns) -> Verdict:
    value = value_at(columns, _EMAILS)
    if value is not None and not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
        raise ColumnError(f"{_EMAILS}: not a list of text")
    # Azure answers with one empty text where nobody is named.
    return MET if any(one.strip() for one in value or ()) else unmet(f"{_EMAILS} names nobody")


has_recipients: Final = Expectation((_EMAILS,), _some_address)
"""At least one address is named."""
